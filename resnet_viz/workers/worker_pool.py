"""Worker pool: a launcher's worker processes, and spares that are kept warm for what comes next."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from math import inf
from pathlib import Path
from typing import Protocol

from resnet_viz.store.paths import log_file, remove_empty
from resnet_viz.workers.spawned_worker import SpawnedWorker
from resnet_viz.workers.tasks import Task, load

FORK_VARIABLE = "RESNET_VIZ_FORK"
"""With "0" no worker is forked, as on macOS and Windows."""
_SPARES = 2
_REST_SECONDS = 5.0


class Worker(Protocol):
    """The launcher's side of a worker process, which is made with a task or as a spare."""

    def __init__(self, home: Path, task: Task | None = None) -> None: ...

    def assign(self, task: Task) -> None:
        """Give it its task; OSError if it has ended."""

    def has_ended(self) -> bool:
        """Whether it has; it is reaped then."""


class WorkerPool:
    """The workers of the store in `home`, and two spares; to `make` one is to begin a process.

    A fork is made only while nothing is at work, a new process at any time, for it takes seconds
    to get warm. No connection to a store may be open then: SQLite's must not cross a fork.
    """

    def __init__(self, home: Path, make: type[Worker] = SpawnedWorker) -> None:
        self._home, self._make = home, make
        self._spares: list[Worker] = []
        self._tasks: dict[Worker, Task] = {}
        self._rests_until = -inf

    @property
    def started(self) -> Sequence[str]:
        """The ids of the runs and jobs whose workers have not ended, as far as it is known."""
        return [task.id for task in self._tasks.values()]

    @property
    def needs_spare(self) -> bool:
        """Whether fewer spares wait than there should be.

        Where one has ended unasked, as where memory is short, so would the next: that one waits.
        """
        waiting = [spare for spare in self._spares if not spare.has_ended()]
        if len(waiting) < len(self._spares):
            self._rests_until = time.monotonic() + _REST_SECONDS
        self._spares = waiting
        if len(waiting) >= _SPARES or time.monotonic() < self._rests_until:
            return False
        return self._make is SpawnedWorker or not self._tasks

    def add_spare(self) -> None:
        """Make one; OSError where the system has no room for it."""
        try:
            self._spares.append(self._make(self._home))
        except OSError:
            self._rests_until = time.monotonic() + _REST_SECONDS
            raise

    def start_worker(self, task: Task) -> None:
        """Give a run or job to the spare that is warm the longest, or to a new process.

        Raises:
            OSError: where the system has no room for one.
        """
        log = log_file(self._home, task.id)
        log.parent.mkdir(exist_ok=True)
        log.write_bytes(b"")
        while self._spares:
            worker = self._spares.pop(0)
            with suppress(OSError):  # that one was killed: Windows knows no broken pipe
                worker.assign(task)
                self._tasks[worker] = task
                return
            worker.has_ended()  # which reaps it
        self._tasks[self._make(self._home, task)] = task

    def reap_workers(self) -> Sequence[Task]:
        """The tasks whose workers have ended since this was last asked; empty logs are deleted."""
        tasks = [self._tasks.pop(worker) for worker in list(self._tasks) if worker.has_ended()]
        for task in tasks:
            remove_empty(log_file(self._home, task.id))
        return tasks


def make_pool(home: Path) -> WorkerPool:
    """A pool that forks where that is safe; what its workers need has then been imported."""
    if sys.platform == "linux" and may_fork():
        from resnet_viz.workers.forked_worker import ForkedWorker, threads  # noqa: PLC0415

        load()
        # A fork takes over one thread; what the others held locked would stay so for ever.
        if threads() == 1:
            gc.collect()
            gc.freeze()  # else the collector would write to, and so copy, what the workers share
            return WorkerPool(home, ForkedWorker)
    return WorkerPool(home)


def may_fork() -> bool:
    """Whether workers may be forked: macOS has fork, but its own libraries do not survive it."""
    return sys.platform == "linux" and os.environ.get(FORK_VARIABLE) != "0"
