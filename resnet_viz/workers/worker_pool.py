"""How a launcher begins the processes of runs and jobs: from spares kept warm, forked from itself
where that is safe."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from resnet_viz.scheduler.launcher_client import LAUNCHER, environment
from resnet_viz.store.paths import log_file
from resnet_viz.workers import lifeline
from resnet_viz.workers.tasks import Task, load, open_log, tidied, use

FORK_VARIABLE = "RESNET_VIZ_FORK"
"""With "0" no worker is forked, as on macOS and Windows."""
_SPARES = 2


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
    if sys.platform == "linux" and may_fork():
        from resnet_viz.workers.forked_workers import Forks, threads  # noqa: PLC0415

        load()
        # A fork takes over one thread; what the others held locked would stay so for ever.
        if threads() == 1:
            return Forks(home)
    return Spares(home)


def may_fork() -> bool:
    """Whether workers may be forked: macOS has fork, but its own libraries do not survive it."""
    return sys.platform == "linux" and os.environ.get(FORK_VARIABLE) != "0"


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
        open_log(self._home, task.id).close()
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
        return [tidied(self._home, self._tasks.pop(process)) for process in gone]


def be_spare(told: lifeline.Told) -> int:
    """Import what a worker needs, wait for a task, and be its worker; the exit status."""
    load()
    task = Task(*told.words())
    lifeline.untie()
    home = Path(os.environ["RESNET_VIZ_HOME"])
    with log_file(home, task.id).open("ab") as log:
        use(log)
    return task.work()


def _spare(home: Path) -> subprocess.Popen[str]:
    with log_file(home, LAUNCHER).open("ab") as stderr:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "resnet_viz.workers.spare_worker", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=stderr,
            stderr=stderr,
            cwd=home,
            env=environment(home),
            start_new_session=True,
            text=True,
            encoding="utf-8",
        )
