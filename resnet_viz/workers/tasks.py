"""Tasks of workers: a run or a job each; and what a worker process does with its own."""

from __future__ import annotations

import os
import sqlite3
import sys
import traceback
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from resnet_viz.scheduler.jobs import job_table
from resnet_viz.scheduler.task_table import ERROR_MARK, JOBS, RUNS, TaskTable
from resnet_viz.store.database import StoreError
from resnet_viz.store.paths import log_file, remove_empty
from resnet_viz.workers import job_worker, run_worker


@dataclass(frozen=True)
class Task(ABC):
    """What a worker is started for: a row of a table, by its id."""

    id: str
    kind: ClassVar[str]
    table: ClassVar[TaskTable]

    @property
    def message(self) -> bytes:
        """It, as a message to a worker."""
        return f"{self.kind} {self.id}".encode()

    def fail(self, connection: sqlite3.Connection, reason: str) -> None:
        """Write down that it gets no worker."""
        self.table.end_waiting(connection, "failed", reason, "id = ?", self.id)

    @abstractmethod
    def end(self, connection: sqlite3.Connection, home: Path) -> None:
        """Write down that its worker has ended, where that could not do so itself."""

    @abstractmethod
    def work(self) -> None:
        """Be its worker."""


@dataclass(frozen=True)
class RunTask(Task):
    """A run that `attempts` workers had taken up before.

    One whose worker ends before it takes it up would get others for ever; one that was taken up,
    and has given up its process since, has one attempt more.
    """

    attempts: int = 0
    kind: ClassVar[str] = "run"
    table: ClassVar[TaskTable] = RUNS

    def end(self, connection: sqlite3.Connection, home: Path) -> None:
        where, values = "id = ? AND attempts = ?", (self.id, self.attempts)
        why = RUNS.why_gone(home, self.id)
        RUNS.end_waiting(connection, "interrupted", why, where, *values)

    def work(self) -> None:
        run_worker.main(self.id)


@dataclass(frozen=True)
class JobTask(Task):
    """A job."""

    kind: ClassVar[str] = "job"
    table: ClassVar[TaskTable] = JOBS

    def end(self, connection: sqlite3.Connection, home: Path) -> None:
        job_table.interrupt(connection, home, self.id)

    def work(self) -> None:
        job_worker.main(self.id)


def task_of(message: bytes) -> Task:
    """The task in a message to a worker."""
    kind, id = message.decode().split()
    return JobTask(id) if kind == JobTask.kind else RunTask(id)


def load() -> None:
    """Import what workers need."""
    run_worker.load()
    job_worker.load()


def be_worker(task: Task, home: Path) -> int:
    """Work on a task in this process, which prints to the task's log; the exit status."""
    log = log_file(home, task.id)
    with log.open("ab") as stream, open(os.devnull, "rb") as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), 0)
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)
    try:
        task.work()
    except StoreError as error:
        print(f"{ERROR_MARK}{error}", file=sys.stderr)
        return 1
    except BaseException:  # noqa: BLE001  as an interpreter does that ends
        traceback.print_exc()
        return 1
    finally:
        sys.stderr.flush()
        remove_empty(log)
    return 0
