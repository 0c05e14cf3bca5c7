"""Spawned worker: a new process of the launcher's, which imports torch ahead of its task.

    python -m resnet_viz.workers.spawned_worker PROCESS_NUMBER_OF_THE_LAUNCHER

Its task comes on its standard input: that ends with the launcher, and the process with it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from resnet_viz.scheduler.launcher_client import LAUNCHER, environment
from resnet_viz.store.paths import log_file
from resnet_viz.workers import lifeline

if TYPE_CHECKING:
    from resnet_viz.workers.tasks import Task


class SpawnedWorker:
    """The launcher's side of such a process."""

    def __init__(self, home: Path, task: Task | None = None) -> None:
        with log_file(home, LAUNCHER).open("ab") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "resnet_viz.workers.spawned_worker", str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=stderr,
                stderr=stderr,
                cwd=home,
                env=environment(home),
                start_new_session=True,
            )
        if task:
            self.assign(task)

    def assign(self, task: Task) -> None:
        """Give it its task; OSError if it has ended."""
        assert self._process.stdin is not None
        with self._process.stdin as pipe:
            pipe.write(task.message)

    def has_ended(self) -> bool:
        """Whether it has; it is reaped then."""
        return self._process.poll() is not None


def main(launcher: int) -> int:
    """Be such a process; the exit status."""
    lifeline.tie_to(launcher)  # before anything is imported that takes long
    message = lifeline.Message()
    from resnet_viz.workers.tasks import be_worker, load, task_of  # noqa: PLC0415

    load()
    task = task_of(message.content())
    lifeline.untie()
    return be_worker(task, Path(os.environ["RESNET_VIZ_HOME"]))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
