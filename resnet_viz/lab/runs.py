"""Lab: start runs, steer them, read what they measured; neither torch nor streamlit."""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from resnet_viz.arch.config import shorten
from resnet_viz.arch.plan import plan
from resnet_viz.lab import launch, liveness, queue, steering
from resnet_viz.lab.records import StepRecord
from resnet_viz.lab.spec import RunSpec
from resnet_viz.lab.store import CorruptStoreError, Store, default_home, select_records

OVER = ("stopped", "finished", "failed", "interrupted")
STOP_SECONDS = 0.8

_Result = TypeVar("_Result")
_SELECT = """
SELECT runs.*, json_extract(spec, '$.device') AS asked_device,
    coalesce((SELECT max(step) + 1 FROM records WHERE run = position), 0) AS steps_done
FROM runs
"""
_ACTIVE = "status IN ('queued', 'running', 'paused')"


@dataclass(frozen=True, slots=True)
class Run:
    """What the store knows of a run. Times are epoch seconds.

    `status`: queued, running, paused, stopped, finished, failed or interrupted (its worker is
    gone). `message` says why it failed or was interrupted, or what it waits for; else "".
    `device` is "" and `threads` None until training begins.
    """

    id: str
    race_id: str | None
    name: str
    spec: RunSpec
    status: str
    message: str
    created: float
    started: float | None
    ended: float | None
    steps_done: int
    device: str
    params: int
    threads: int | None

    @property
    def is_over(self) -> bool:
        """Whether no more records will come."""
        return self.status in OVER

    @property
    def layer_names(self) -> tuple[str, ...]:
        """The weighted layers in forward order: the columns of every record."""
        return self.spec.layer_names


Runs = list[Run]  # these names since `Lab.list` hides the type
Records = list[StepRecord]


class Lab:
    """The runs in the folder `path` (RESNET_VIZ_HOME or the user's data directory by default).

    Threads and processes may share a folder, each with a Lab of its own or with one. A store file
    found damaged, now or later, is set aside and a new one begun: `notice` then says so.

    Raises:
        StoreError: here and in every method, where the store cannot be used.
        ValueError: for an unknown id.
    """

    def __init__(self, path: Path | str | None = None) -> None:
        self._store = Store(default_home() if path is None else Path(path))
        self.notice: str | None = None
        self._guarded(self._store.check)

    @property
    def home(self) -> Path:
        """The folder that holds the store."""
        return self._store.home

    def start(self, spec: RunSpec) -> str:
        """Queue one run, in a process of its own; its unguessable id."""
        return self._start([spec], None)[0]

    def race(self, specs: Sequence[RunSpec]) -> str:
        """Queue several runs back to back; the race's unguessable id."""
        if not specs:
            raise ValueError("a race needs at least one net; specs is empty")
        race_id = secrets.token_urlsafe(16)
        self._start(specs, race_id)
        return race_id

    def list(self) -> Runs:
        """All runs, the newest first."""
        rows = self._rows()
        return [self._run(row, rows) for row in reversed(rows)]

    def get(self, run_id: str) -> Run:
        """One run as it is now."""
        rows = self._rows(f"id = ? OR {_ACTIVE}", run_id)
        return self._run(_one(run_id, [row for row in rows if row["id"] == run_id]), rows)

    def race_runs(self, race_id: str) -> Runs:
        """The runs of a race, in the order they were given."""
        rows = self._rows(f"race_id = ? OR {_ACTIVE}", race_id)
        mine = [row for row in rows if row["race_id"] == race_id]
        _one(race_id, mine)
        return [self._run(row, rows) for row in mine]

    def records(self, run_id: str, since: int = 0) -> Records:
        """What a run measured, from step `since` on: poll with `since=len(history)`."""

        def read() -> Records:
            with self._store.session() as connection:
                query = "SELECT position FROM runs WHERE id = ?"
                row = _one(run_id, connection.execute(query, (run_id,)).fetchall())
                return select_records(connection, row["position"], since)

        return self._guarded(read)

    def pause(self, id: str) -> None:  # noqa: A002
        """Pause a run, or all of a race, after the step under way."""
        self._steer(id, "control = 'pause'", "control = 'run'")

    def resume(self, id: str) -> None:  # noqa: A002
        """Let a paused run, or race, go on, as soon as there is a free place."""
        self._steer(id, "control = 'run', extra_steps = 0", "control = 'pause'")

    def step(self, id: str) -> None:  # noqa: A002
        """One more step of a paused run or race; one that is running is paused by it."""
        self._steer(id, "control = 'pause', extra_steps = extra_steps + 1", "control <> 'stop'")

    def stop(self, id: str) -> None:  # noqa: A002
        """End a run, or all of a race, within a second; what was measured stays.

        A worker that has not obeyed after 0.8 s (a step takes longer) is marked stopped and its
        process ended. A run that is over is left as it is.
        """
        waiting = "status = 'queued' AND started IS NULL"
        self._steer(id, f"status = 'stopped', ended = {time.time()}", waiting)
        self._steer(id, "control = 'stop'", "1")
        deadline = time.monotonic() + STOP_SECONDS
        while (rows := self._obeying(id)) and time.monotonic() < deadline:
            time.sleep(0.03)
        for row in rows:
            self._steer(row["id"], f"status = 'stopped', ended = {time.time()}", "1")
        if rows:
            launch.end_processes(filter(None, map(liveness.find_process, rows)))

    def steering_key(self, race_id: str) -> str:
        """What a link must hold to steer a race, and not only to show it."""
        return steering.steering_key(self.home, race_id)

    def may_steer(self, race_id: str, key: str) -> bool:
        """Whether `key` is that of the race."""
        return steering.is_key(self.home, race_id, key)

    def _obeying(self, id: str) -> Sequence[sqlite3.Row]:  # noqa: A002
        rows = self._rows(f"(id = ? OR race_id = ?) AND {_ACTIVE}", id, id)
        return [row for row in rows if row["pid"] is None or liveness.find_process(row)]

    def _steer(self, id: str, change: str, condition: str) -> None:  # noqa: A002
        def write() -> None:
            with self._store.writing() as connection:
                query = "SELECT id FROM runs WHERE id = ? OR race_id = ?"
                _one(id, connection.execute(query, (id, id)).fetchall())
                where = f"(id = ? OR race_id = ?) AND {_ACTIVE} AND ({condition})"
                connection.execute(f"UPDATE runs SET {change} WHERE {where}", (id, id))

        self._guarded(write)

    def _start(self, specs: Sequence[RunSpec], race_id: str | None) -> Sequence[str]:
        ids = [secrets.token_urlsafe(16) for _ in specs]
        rows = [_new_row(run_id, race_id, spec) for run_id, spec in zip(ids, specs, strict=True)]

        def write() -> None:
            with self._store.writing() as connection:
                columns = "id, race_id, name, spec, created, heartbeat, params"
                query = f"INSERT INTO runs ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)"
                connection.executemany(query, rows)

        self._guarded(write)
        for run_id in ids:
            launch.start_worker(self._store, run_id)
        return ids

    def _rows(self, where: str = "1", *values: str) -> Sequence[sqlite3.Row]:
        def read() -> Sequence[sqlite3.Row]:
            with self._store.session() as connection:
                return select_runs(connection, where, *values)

        return self._guarded(read)

    def _run(self, row: sqlite3.Row, rows: Sequence[sqlite3.Row]) -> Run:
        status, message, ended = self._state(row, rows)
        return Run(
            spec=RunSpec.model_validate_json(row["spec"]),
            status=status,
            message=message,
            ended=ended,
            **{name: row[name] for name in _PLAIN_COLUMNS},
        )

    def _state(
        self, row: sqlite3.Row, rows: Sequence[sqlite3.Row]
    ) -> tuple[str, str, float | None]:
        if row["status"] in OVER:
            return row["status"], row["message"], row["ended"]
        if not liveness.is_alive(row):
            message = launch.last_words(self.home, row["id"]) or liveness.why_dead(row)
            return "interrupted", message, row["heartbeat"]
        queued = row["status"] == "queued"
        message = queue.place(row, [r for r in rows if r["status"] not in OVER]).message
        return row["status"], message if queued else "", None

    def _guarded(self, action: Callable[[], _Result]) -> _Result:
        try:
            return action()
        except CorruptStoreError as error:
            if aside := self._store.set_aside():
                self.notice = f"{error}; it was set aside as {aside.name} and a new one begun"
            return action()


_PLAIN_COLUMNS = (
    "id",
    "race_id",
    "name",
    "created",
    "started",
    "steps_done",
    "device",
    "params",
    "threads",
)


def select_runs(connection: sqlite3.Connection, where: str, *values: object) -> list[sqlite3.Row]:
    """Rows of runs, oldest first, with their columns `steps_done` and `asked_device`."""
    query = f"{_SELECT} WHERE {where} ORDER BY position"
    return connection.execute(query, values).fetchall()


def select_active(connection: sqlite3.Connection) -> list[sqlite3.Row]:
    """Rows of the runs that the store does not know to be over."""
    return select_runs(connection, _ACTIVE)


def _new_row(run_id: str, race_id: str | None, spec: RunSpec) -> tuple[object, ...]:
    now, params = time.time(), plan(spec.adapted).params
    return run_id, race_id, spec.display_name, spec.model_dump_json(), now, now, params


def _one(id: str, rows: Sequence[sqlite3.Row]) -> sqlite3.Row:  # noqa: A002
    if not rows:
        raise ValueError(f"there is no run or race with the id {shorten(id)}")
    return rows[0]
