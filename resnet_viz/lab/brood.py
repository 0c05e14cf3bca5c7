"""How a launcher begins the processes of runs and jobs: from spares kept warm, forked from itself
where that is safe."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import inf
from pathlib import Path
from typing import IO, NamedTuple, NoReturn, Protocol

from resnet_viz.lab import lifeline, worker
from resnet_viz.lab.data.sources import digits
from resnet_viz.lab.jobs import worker as job_worker
from resnet_viz.lab.launch import LAUNCHER, environment, log_file, remove_empty

FORK_VARIABLE = "RESNET_VIZ_FORK"
"""With "0" no worker is forked, as on macOS and Windows."""
_SPARES = 2
_REST_SECONDS = 5.0
_MOST_BYTES = 1024
_TASKS, _NAME = Path("/proc/self/task"), Path("/proc/self/comm")


class Task(NamedTuple):
    """What a worker is begun for: a row of the table `runs` or `jobs`."""

    table: str
    id: str

    def work(self) -> int:
        """Be its worker; the exit status."""
        return job_worker.main(self.id) if self.table == "jobs" else worker.main(self.id)


class Brood(Protocol):
    """The workers that a launcher has begun."""

    def begin(self, task: Task) -> None:
        """Begin the worker of a run or job; OSError where the system has no room for it."""

    def ended(self) -> Sequence[Task]:
        """Those whose workers have ended since this was last asked."""

    @property
    def begun(self) -> Sequence[str]:
        """The ids of those whose workers have not ended, as far as it is known."""

    @property
    def is_short(self) -> bool:
        """Whether nothing is at work, and a spare process should be made for what comes next."""

    def add_spare(self) -> None:
        """Make one."""


def make_brood(home: Path) -> Brood:
    """Forks where that is safe; what workers need has been imported by the time it returns."""
    if not _may_fork():
        return Spares(home)
    if _threads() == 1:
        digits.read_ahead()
    _load()
    # A fork takes over one thread; what the others held locked would stay so for ever.
    return Forks(home) if _threads() == 1 else Spares(home)


def _may_fork() -> bool:
    """macOS has fork, but its own libraries do not survive it."""
    return sys.platform == "linux" and os.environ.get(FORK_VARIABLE) != "0"


def _load() -> None:
    worker.load()
    job_worker.load()


def _threads() -> int:
    return sum(1 for _ in _TASKS.iterdir())


class Forks:
    """Workers forked from this process, which has imported torch and run nothing on it.

    No connection to a store may be open when one begins: SQLite's must not cross a fork. While
    nothing is at work spares are forked ahead, which do run something: a net's first passes in a
    process take half as long again as later ones. A spare waits at a pipe, and goes where the other
    end does, with this process.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._tasks: dict[int, Task] = {}
        self._spares: dict[int, int] = {}  # process -> where it is told its task
        self._rests_until = -inf
        gc.collect()
        gc.freeze()  # else the collector would write to, and so copy, what the workers share

    @property
    def begun(self) -> Sequence[str]:
        """The ids of those whose workers have not ended, as far as it is known."""
        return [task.id for task in self._tasks.values()]

    @property
    def is_short(self) -> bool:
        """Whether nothing is at work, and fewer spares wait than there should be.

        Where one has ended unasked, as where memory is short, so would the next: that one waits.
        """
        for pid in [pid for pid in self._spares if _has_ended(pid)]:
            os.close(self._spares.pop(pid))
            self._rests_until = time.monotonic() + _REST_SECONDS
        if self._tasks or len(self._spares) >= _SPARES or time.monotonic() < self._rests_until:
            return False
        return _threads() == 1

    def add_spare(self) -> None:
        """Fork one."""
        told, tell = os.pipe()
        me = os.getpid()
        try:
            pid = os.fork()
        except OSError:
            os.close(told)
            os.close(tell)
            raise
        if pid:
            os.close(told)
            self._spares[pid] = tell
            return
        _be_forked_spare(self._home, told, me)

    def begin(self, task: Task) -> None:
        """Let a spare be the worker of a run or job, or fork it."""
        while self._spares:
            pid = next(iter(self._spares))
            with suppress(BrokenPipeError), open(self._spares.pop(pid), "w") as tell:  # noqa: PTH123
                tell.write(f"{task.table} {task.id}")
                tell.flush()
                self._tasks[pid] = task
                return
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)  # it was killed
        if _threads() > 1:
            raise OSError("the launcher has more than one thread, and must not fork")
        with _open_log(self._home, task.id) as log:
            if pid := os.fork():
                self._tasks[pid] = task
                return
            _be_worker(self._home, task, log)

    def ended(self) -> Sequence[Task]:
        """Those whose workers have ended; they are reaped, and their empty logs deleted."""
        gone = [pid for pid in self._tasks if _has_ended(pid)]
        return [_tidied(self._home, self._tasks.pop(pid)) for pid in gone]


def _has_ended(pid: int) -> bool:
    """Whether a forked process is gone; it is reaped, unless whoever killed it has done so."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return True


class Spares:
    """Processes that have imported torch and wait to be told a task, on their standard input.

    Where this process ends, so does their input, and they go.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._warm = [_spare(home) for _ in range(_SPARES)]
        self._tasks: dict[subprocess.Popen[str], Task] = {}

    @property
    def begun(self) -> Sequence[str]:
        """The ids of those whose workers have not ended, as far as it is known."""
        return [task.id for task in self._tasks.values()]

    @property
    def is_short(self) -> bool:
        """Never: each that is given away is replaced at once."""
        return False

    def add_spare(self) -> None:
        """There are enough."""

    def close(self) -> None:
        """Let those that nobody needed go, as the end of this process would."""
        for process in self._warm:
            process.communicate()

    def begin(self, task: Task) -> None:
        """Give a run or job to the spare that is warm the longest, and begin another."""
        _open_log(self._home, task.id).close()
        for _ in range(_SPARES + 1):
            self._warm.append(_spare(self._home))
            process = self._warm.pop(0)
            assert process.stdin is not None
            with suppress(OSError):  # that one was killed: Windows knows no broken pipe
                with process.stdin as told:
                    told.write(f"{task.table} {task.id}\n")
                self._tasks[process] = task
                return
            process.wait()
        raise OSError("none of the processes that were made for it is there any more")

    def ended(self) -> Sequence[Task]:
        """Those whose workers have ended; they are reaped, and their empty logs deleted."""
        gone = [process for process in self._tasks if process.poll() is not None]
        return [_tidied(self._home, self._tasks.pop(process)) for process in gone]


def be_spare(told: lifeline.Told) -> int:
    """Import what a worker needs, wait for a task, and be its worker; the exit status."""
    _load()
    task = Task(*told.words())
    lifeline.untie()
    home = Path(os.environ["RESNET_VIZ_HOME"])
    with log_file(home, task.id).open("ab") as log:
        _use(log)
    return task.work()


def _spare(home: Path) -> subprocess.Popen[str]:
    with log_file(home, LAUNCHER).open("ab") as stderr:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "resnet_viz.lab.spare", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=stderr,
            stderr=stderr,
            cwd=home,
            env=environment(home),
            start_new_session=True,
            text=True,
            encoding="utf-8",
        )


def _be_worker(home: Path, task: Task, log: IO[bytes]) -> NoReturn:
    """What a process does that is forked for a task."""
    _be_forked(lambda: _work(home, task, log), log.fileno())


def _be_forked_spare(home: Path, told: int, launcher: int) -> NoReturn:
    """What a process does that is forked ahead: it gets warm, and waits for its task."""

    def wait() -> int:
        lifeline.tie_to(launcher)
        try:
            job_worker.warm()
        except Exception:  # noqa: BLE001  it can work all the same; the next would fail as well
            traceback.print_exc()
        words = os.read(told, _MOST_BYTES).decode().split()
        lifeline.untie()
        if not words:
            return 0
        task = Task(*words)
        with _open_log(home, task.id) as log:
            return _work(home, task, log)

    _be_forked(wait, told)


def _be_forked(do: Callable[[], int], kept: int) -> NoReturn:
    """Let a forked process do that, and nothing of what the launcher would have done; of the open
    files it keeps one."""
    status = 1
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.closerange(3, kept)
        os.closerange(kept + 1, 256)
        _NAME.write_bytes(b"resnet_viz idle")
        status = do()
    except BaseException:  # noqa: BLE001  as an interpreter does that ends
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _work(home: Path, task: Task, log: IO[bytes]) -> int:
    """Be a task's worker, as a forked process; the exit status."""
    _use(log)
    _NAME.write_bytes(f"resnet_viz {task.table[:-1]}".encode())
    try:
        return task.work()
    except BaseException:  # noqa: BLE001  as an interpreter does that ends
        traceback.print_exc()
        return 1
    finally:
        sys.stderr.flush()
        remove_empty(log_file(home, task.id))


def _use(log: IO[bytes]) -> None:
    """Let what is printed go to `log`, and read nothing."""
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), 0)
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(log.fileno(), 1)
    os.dup2(log.fileno(), 2)


def _open_log(home: Path, id: str) -> IO[bytes]:  # noqa: A002
    log = log_file(home, id)
    log.parent.mkdir(exist_ok=True)
    return log.open("wb")


def _tidied(home: Path, task: Task) -> Task:
    remove_empty(log_file(home, task.id))
    return task
