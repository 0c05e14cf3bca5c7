"""Workers forked from the launcher, or ahead of what comes; on Linux alone."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import inf
from pathlib import Path
from typing import IO, NoReturn

from resnet_viz.store.paths import log_file, remove_empty
from resnet_viz.workers import job_worker, lifeline
from resnet_viz.workers.tasks import Task, open_log, tidied, use

assert sys.platform == "linux"

_SPARES = 2
_REST_SECONDS = 5.0
_MOST_BYTES = 1024
_TASKS, _NAME = Path("/proc/self/task"), Path("/proc/self/comm")


def threads() -> int:
    """How many this process has: with more than one it must not fork."""
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
        return threads() == 1

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
        if threads() > 1:
            raise OSError("the launcher has more than one thread, and must not fork")
        with open_log(self._home, task.id) as log:
            if pid := os.fork():
                self._tasks[pid] = task
                return
            _be_worker(self._home, task, log)

    def ended(self) -> Sequence[Task]:
        """Those whose workers have ended; they are reaped, and their empty logs deleted."""
        gone = [pid for pid in self._tasks if _has_ended(pid)]
        return [tidied(self._home, self._tasks.pop(pid)) for pid in gone]


def _has_ended(pid: int) -> bool:
    """Whether a forked process is gone; it is reaped, unless whoever killed it has done so."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return True


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
        with open_log(home, task.id) as log:
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
    use(log)
    _NAME.write_bytes(f"resnet_viz {task.table[:-1]}".encode())
    try:
        return task.work()
    except BaseException:  # noqa: BLE001  as an interpreter does that ends
        traceback.print_exc()
        return 1
    finally:
        sys.stderr.flush()
        remove_empty(log_file(home, task.id))
