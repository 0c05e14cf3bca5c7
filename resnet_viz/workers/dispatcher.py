"""What is begun when: the launcher's loop; no connection to the store crosses a fork."""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from resnet_viz.scheduler.jobs import job_table as jobs
from resnet_viz.scheduler.launcher_client import fail_waiting, why_gone
from resnet_viz.scheduler.parking import MOST_STEPPING
from resnet_viz.scheduler.places import has_place, in_turn, queue_of
from resnet_viz.scheduler.run_status import Snapshot
from resnet_viz.store import saved_states
from resnet_viz.store.database import Store, StoreError
from resnet_viz.store.runs_table import ACTIVE, BUSY, RESTING, WAITING, WITHOUT_WORKER, select_runs
from resnet_viz.workers.tasks import Task
from resnet_viz.workers.worker_pool import Brood, make_brood

LOOK_SECONDS = 0.02
"""For so long a press of Start waits; to ask whether the store has changed takes microseconds."""
CARE_SECONDS = 1.0
IDLE_SECONDS = 900.0
_RETRY_SECONDS = 0.5


class Dispatcher:
    """Begins the worker of each run and job in the store whose turn has come."""

    def __init__(self, store: Store, brood: Brood) -> None:
        self._store, self._brood = store, brood
        self._attempts: dict[str, int] = {}  # how many there had been of a run before its worker
        self._busy = time.monotonic()

    def serve(self) -> None:
        """Work until there was nothing under way for long, or the store is gone."""
        self._busy = time.monotonic()
        while self._store.file.exists() and time.monotonic() - self._busy < IDLE_SECONDS:
            try:
                with self._store.session() as connection:
                    due = self._await_due(connection)
                for task in due:  # no connection is open here: none crosses a fork
                    self._begin(task)
                if self._brood.is_short:
                    self._brood.add_spare()
            except (StoreError, OSError) as error:  # OSError: no more processes can be made
                print(error, file=sys.stderr)
                time.sleep(_RETRY_SECONDS)

    def is_needed(self) -> bool:
        """Whether a run or a job waits for its worker."""
        if not self._store.file.exists():
            return False
        with self._store.session() as connection:
            return _any(connection, WAITING) or jobs.is_any(connection, jobs.WAITING)

    def _await_due(self, connection: sqlite3.Connection) -> Sequence[Task]:
        """The runs and jobs whose turn has come, as soon as there are some; none after
        `CARE_SECONDS`, or where there is time to make a spare."""
        self._care(connection)
        until, seen = time.monotonic() + CARE_SECONDS, -1
        while time.monotonic() < until:
            if ended := self._brood.ended():
                self._note_ended(connection, ended)
            now = int(connection.execute("PRAGMA data_version").fetchone()[0])
            if ended or now != seen:  # where others have written
                seen = now
                if due := self._due(connection):
                    return due
            if self._brood.is_short:
                return ()
            time.sleep(LOOK_SECONDS)
        return ()

    def _care(self, connection: sqlite3.Connection) -> None:
        """Say of those that wait that somebody cares, and write down which were interrupted."""
        if _any(connection, BUSY) or jobs.is_any(connection, jobs.ACTIVE):
            self._busy = time.monotonic()
        if _any(connection, WAITING):
            connection.execute(f"UPDATE runs SET heartbeat = ? WHERE {WAITING}", (time.time(),))
        Snapshot.take(connection, ACTIVE).settle(connection, self._store.home)
        saved_states.sweep(connection, self._store.home)
        jobs.care(connection, self._store.home)

    def _due(self, connection: sqlite3.Connection) -> Sequence[Task]:
        begun, tasks = self._brood.begun, []
        if _any(connection, WAITING):
            rows = select_runs(connection, BUSY)
            ids = [run_id for run_id in due(rows) if run_id not in begun]
            self._attempts |= {row["id"]: row["attempts"] for row in rows if row["id"] in ids}
            tasks += [Task("runs", run_id) for run_id in ids]
        if jobs.is_any(connection, jobs.WAITING):
            tasks += [Task("jobs", job_id) for job_id in jobs.due(connection, begun)]
        return tasks

    def _begin(self, task: Task) -> None:
        try:
            self._brood.begin(task)
        except OSError as error:
            message = f"The worker process cannot be started: {error}"
            with self._store.session() as connection:
                _end(connection, task, "failed", message)

    def _note_ended(self, connection: sqlite3.Connection, tasks: Sequence[Task]) -> None:
        """Of a worker that ended before it took up its run: else it would be begun for ever.

        A run that was taken up, and has given up its process since, has one attempt more.
        """
        for task in tasks:
            if task.table == "jobs":
                jobs.end(connection, self._store.home, task.id, "interrupted")
            else:
                attempts = self._attempts.pop(task.id, None)
                why = why_gone(self._store.home, task.id)
                _end(connection, task, "interrupted", why, attempts)


def make_dispatcher(home: Path) -> Dispatcher:
    """One for the store in `home`, with all imported that workers need.

    Raises:
        Exception: where that cannot be; the runs that wait have then failed.
    """
    store = Store(home)
    try:
        return Dispatcher(store, make_brood(home))
    except Exception as error:
        fail_waiting(store, f"The worker process cannot be started: {error}")
        raise


def due(active: Sequence[sqlite3.Row]) -> Iterator[str]:
    """Of the `active` runs those without a worker whose turn it is.

    One that is paused needs no place for a single step, but not all do theirs at once.
    """
    stepping = sum(row["status"] == "paused" and row["pid"] is not None for row in active)
    for row in active:
        steps = row["pid"] is None and row["control"] == "pause" and row["extra_steps"] > 0
        if steps and stepping < MOST_STEPPING:
            stepping += 1
            yield row["id"]
    full: set[str] = set()
    for row in in_turn(active):
        is_waiting = row["pid"] is None and row["control"] != "pause"
        if is_waiting and queue_of(row) not in full:
            if has_place(row, active):
                yield row["id"]
            else:  # and so has none whose turn is later
                full.add(queue_of(row))


def _any(connection: sqlite3.Connection, where: str) -> bool:
    return connection.execute(f"SELECT 1 FROM runs WHERE {where} LIMIT 1").fetchone() is not None


def _end(
    connection: sqlite3.Connection,
    task: Task,
    status: str,
    message: str,
    attempts: int | None = None,
) -> None:
    """The end of a job, or of a run that no worker has taken up since there were so many
    `attempts` (None: since whenever); what could go on later is paused."""
    if task.table == "jobs":
        jobs.finish(connection, task.id, status, message=message)
        return
    where = f"id = ? AND {WITHOUT_WORKER} AND attempts = coalesce(?, attempts)"
    saved_states.pause_again(connection, message, where, task.id, attempts)
    query = f"UPDATE runs SET status = ?, message = ?, ended = ? WHERE NOT {RESTING} AND {where}"
    connection.execute(query, (status, message, time.time(), task.id, attempts))
