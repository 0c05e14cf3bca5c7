"""Dispatcher: the launcher's loop, which starts a worker for each run and job in its turn."""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from resnet_viz.scheduler.jobs import job_table
from resnet_viz.scheduler.launcher_client import fail_waiting
from resnet_viz.scheduler.parking import MOST_STEPPING
from resnet_viz.scheduler.places import has_place, in_turn, queue_of
from resnet_viz.scheduler.run_status import Snapshot
from resnet_viz.scheduler.sweeps import cell_queue
from resnet_viz.scheduler.task_table import JOBS, RUNS, TABLES
from resnet_viz.store import saved_states
from resnet_viz.store.classes import class_rows
from resnet_viz.store.database import Store, StoreError
from resnet_viz.store.runs_table import ACTIVE, BUSY, select_runs
from resnet_viz.workers.tasks import JobTask, RunTask, Task
from resnet_viz.workers.worker_pool import WorkerPool, make_pool

LOOK_SECONDS = 0.02
"""For so long a press of Start waits; to ask whether the store has changed takes microseconds."""
CARE_SECONDS = 1.0
IDLE_SECONDS = 900.0
_RETRY_SECONDS = 0.5


class Dispatcher:
    """Starts the worker of each run and job in the store whose turn has come."""

    def __init__(self, store: Store, pool: WorkerPool) -> None:
        self._store, self._pool = store, pool
        self._busy_at = time.monotonic()

    def serve(self) -> None:
        """Work until there was nothing under way for long, or the store is gone."""
        self._busy_at = time.monotonic()
        while self._store.file.exists() and time.monotonic() - self._busy_at < IDLE_SECONDS:
            try:
                with self._store.session() as connection:
                    tasks = self._await_tasks(connection)
                for task in tasks:  # no connection is open here: none crosses a fork
                    self._start(task)
                if self._pool.needs_spare:
                    self._pool.add_spare()
            except (StoreError, OSError) as error:  # OSError: no more processes can be made
                print(error, file=sys.stderr)
                time.sleep(_RETRY_SECONDS)

    def is_needed(self) -> bool:
        """Whether a run or a job waits for its worker, or a sweep is under way."""
        if not self._store.file.exists():
            return False
        with self._store.session() as connection:
            return cell_queue.renew(connection) or any(
                table.has(connection, table.waiting) for table in TABLES
            )

    def _await_tasks(self, connection: sqlite3.Connection) -> Sequence[Task]:
        """The runs and jobs whose turn has come, as soon as there are some; none after
        `CARE_SECONDS`, or where there is time to make a spare."""
        self._care(connection)
        until, version = time.monotonic() + CARE_SECONDS, -1
        while time.monotonic() < until:
            ended = self._pool.reap_workers()
            for task in ended:
                task.end(connection, self._store.home)
            newest = int(connection.execute("PRAGMA data_version").fetchone()[0])
            if ended or newest != version:  # where others have written
                version = newest
                if tasks := self._due_tasks(connection):
                    return tasks
            if self._pool.needs_spare:
                return ()
            time.sleep(LOOK_SECONDS)
        return ()

    def _care(self, connection: sqlite3.Connection) -> None:
        """Say of those that wait that somebody cares, and write down which were interrupted."""
        for table in TABLES:
            if table.has(connection, table.busy):
                self._busy_at = time.monotonic()
            table.renew(connection)
        if cell_queue.renew(connection):
            self._busy_at = time.monotonic()
        Snapshot.take(connection, ACTIVE).settle(connection, self._store.home)
        saved_states.sweep(connection, self._store.home)
        job_table.care(connection, self._store.home)
        class_rows.forget_old(connection)

    def _due_tasks(self, connection: sqlite3.Connection) -> Sequence[Task]:
        cell_queue.fill(connection, self._store)
        started = self._pool.started
        tasks: list[Task] = []
        if RUNS.has(connection, RUNS.waiting):
            rows = due(select_runs(connection, BUSY))
            tasks += [RunTask(r["id"], r["attempts"]) for r in rows if r["id"] not in started]
        if JOBS.has(connection, JOBS.waiting):
            tasks += map(JobTask, job_table.due(connection, started))
        return tasks

    def _start(self, task: Task) -> None:
        try:
            self._pool.start_worker(task)
        except OSError as error:
            with self._store.session() as connection:
                task.fail(connection, f"The worker process cannot be started: {error}")


def make_dispatcher(home: Path) -> Dispatcher:
    """One for the store in `home`, with all imported that workers need.

    Raises:
        Exception: where that cannot be; the runs that wait have then failed.
    """
    store = Store(home)
    try:
        return Dispatcher(store, make_pool(home))
    except Exception as error:
        fail_waiting(store, f"The worker process cannot be started: {error}")
        raise


def due(active: Sequence[sqlite3.Row]) -> Iterator[sqlite3.Row]:
    """The rows of the `active` runs without a worker whose turn it is.

    One that is paused needs no place for a single step, but not all do theirs at once.
    """
    stepping = sum(row["status"] == "paused" and row["pid"] is not None for row in active)
    for row in active:
        steps = row["pid"] is None and row["control"] == "pause" and row["extra_steps"] > 0
        if steps and stepping < MOST_STEPPING:
            stepping += 1
            yield row
    full: set[str] = set()
    for row in in_turn(active):
        is_waiting = row["pid"] is None and row["control"] != "pause"
        if is_waiting and queue_of(row) not in full:
            if has_place(row, active):
                yield row
            else:  # and so has none whose turn is later
                full.add(queue_of(row))
