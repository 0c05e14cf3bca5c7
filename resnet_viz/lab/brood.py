"""How a launcher begins workers: forked from itself, or taken from spare processes kept warm."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import IO, NoReturn, Protocol

from resnet_viz.lab import worker
from resnet_viz.lab.launch import LAUNCHER, environment, log_file, remove_empty

_SPARES = 2
_TASKS = Path("/proc/self/task")


class Brood(Protocol):
    """The workers that a launcher has begun."""

    def begin(self, run_id: str) -> None:
        """Begin the worker of a run; OSError where the system has no room for it."""

    def ended(self) -> Sequence[str]:
        """The runs whose workers have ended since this was last asked."""

    @property
    def runs(self) -> Sequence[str]:
        """The runs whose workers have not ended, as far as it is known."""


def make_brood(home: Path) -> Brood:
    """Forks where that is safe; what workers need has been imported by the time it returns."""
    if sys.platform != "linux":  # macOS has fork, but its own libraries do not survive it
        return Spares(home)
    worker.load()
    # A fork takes over one thread; what the others held locked would stay so for ever.
    return Forks(home) if _threads() == 1 else Spares(home)


def _threads() -> int:
    return sum(1 for _ in _TASKS.iterdir())


class Forks:
    """Workers forked from this process, which has imported torch and run nothing on it.

    No connection to a store may be open when one begins: SQLite's must not cross a fork.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._runs: dict[int, str] = {}
        gc.collect()
        gc.freeze()  # else the collector would write to, and so copy, what the workers share

    @property
    def runs(self) -> Sequence[str]:
        """The runs whose workers have not ended, as far as it is known."""
        return list(self._runs.values())

    def begin(self, run_id: str) -> None:
        """Fork the worker of a run."""
        if _threads() > 1:
            raise OSError("the launcher has more than one thread, and must not fork")
        with _open_log(self._home, run_id) as log:
            if pid := os.fork():
                self._runs[pid] = run_id
                return
            _be_worker(self._home, run_id, log)

    def ended(self) -> Sequence[str]:
        """The runs whose workers have ended; they are reaped, and their empty logs deleted."""
        gone = [pid for pid in self._runs if os.waitpid(pid, os.WNOHANG)[0]]
        return [_tidied(self._home, self._runs.pop(pid)) for pid in gone]


class Spares:
    """Processes that have imported torch and wait to be told a run, on their standard input.

    Where this process ends, so does their input, and they go.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._warm = [_spare(home) for _ in range(_SPARES)]
        self._runs: dict[subprocess.Popen[str], str] = {}

    @property
    def runs(self) -> Sequence[str]:
        """The runs whose workers have not ended, as far as it is known."""
        return list(self._runs.values())

    def close(self) -> None:
        """Let those that nobody needed go, as the end of this process would."""
        for process in self._warm:
            process.communicate()

    def begin(self, run_id: str) -> None:
        """Give a run to the spare that is warm the longest, and begin another."""
        _open_log(self._home, run_id).close()
        self._warm.append(_spare(self._home))
        process = self._warm.pop(0)
        self._runs[process] = run_id
        assert process.stdin is not None
        with process.stdin as told:
            told.write(f"{run_id}\n")

    def ended(self) -> Sequence[str]:
        """The runs whose workers have ended; they are reaped, and their empty logs deleted."""
        gone = [process for process in self._runs if process.poll() is not None]
        return [_tidied(self._home, self._runs.pop(process)) for process in gone]


def be_spare() -> int:
    """Import what a worker needs, wait for a run's id, and be its worker; the exit status."""
    worker.load()
    run_id = sys.stdin.readline().strip()
    if not run_id:
        return 0
    home = Path(os.environ["RESNET_VIZ_HOME"])
    with log_file(home, run_id).open("ab") as log:
        _use(log)
    return worker.main(run_id)


def _spare(home: Path) -> subprocess.Popen[str]:
    with log_file(home, LAUNCHER).open("ab") as stderr:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "resnet_viz.lab.launcher", "spare"],
            stdin=subprocess.PIPE,
            stdout=stderr,
            stderr=stderr,
            cwd=home,
            env=environment(home),
            start_new_session=True,
            text=True,
            encoding="utf-8",
        )


def _be_worker(home: Path, run_id: str, log: IO[bytes]) -> NoReturn:
    """What a forked process does: its run, and nothing of what the launcher would have done."""
    status = 1
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.closerange(3, log.fileno())
        os.closerange(log.fileno() + 1, 256)
        _use(log)
        Path("/proc/self/comm").write_bytes(b"resnet_viz run")
        status = worker.main(run_id)
    except BaseException:  # noqa: BLE001  as an interpreter does that ends
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        remove_empty(log_file(home, run_id))
        os._exit(status)


def _use(log: IO[bytes]) -> None:
    """Let what is printed go to `log`, and read nothing."""
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), 0)
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(log.fileno(), 1)
    os.dup2(log.fileno(), 2)


def _open_log(home: Path, run_id: str) -> IO[bytes]:
    log = log_file(home, run_id)
    log.parent.mkdir(exist_ok=True)
    return log.open("wb")


def _tidied(home: Path, run_id: str) -> str:
    remove_empty(log_file(home, run_id))
    return run_id
