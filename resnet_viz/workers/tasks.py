"""What a worker process is begun for, and what all of them do first."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import IO, NamedTuple

from resnet_viz.store.paths import log_file, remove_empty
from resnet_viz.workers import job_worker, run_worker


class Task(NamedTuple):
    """What a worker is begun for: a row of the table `runs` or `jobs`."""

    table: str
    id: str

    def work(self) -> int:
        """Be its worker; the exit status."""
        return job_worker.main(self.id) if self.table == "jobs" else run_worker.main(self.id)


def load() -> None:
    """Import what workers need."""
    run_worker.load()
    job_worker.load()


def use(log: IO[bytes]) -> None:
    """Let what is printed go to `log`, and read nothing."""
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), 0)
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(log.fileno(), 1)
    os.dup2(log.fileno(), 2)


def open_log(home: Path, id: str) -> IO[bytes]:  # noqa: A002
    """The log of a run or job, made anew."""
    log = log_file(home, id)
    log.parent.mkdir(exist_ok=True)
    return log.open("wb")


def tidied(home: Path, task: Task) -> Task:
    """A task that is over; its log is deleted if nothing is in it."""
    remove_empty(log_file(home, task.id))
    return task
