"""What is told to runs, as changes of their rows: pause, go on, one step, a pace, stop.

A worker reads its row before each step (worker_turn.py); one that waits is a row alone.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from resnet_viz.scheduler.run_status import Snapshot
from resnet_viz.store.database import Store
from resnet_viz.store.migrations import transaction
from resnet_viz.store.run import WATCHED
from resnet_viz.store.runs_table import ACTIVE, OVER, first_of
from resnet_viz.text import shorten

Order = tuple[str, str]
"""A change of a run's row, and of which rows: both SQL."""

NOT_AT_WORK = "status IN ('queued', 'paused') AND (started IS NULL OR (pid IS NULL AND host = ''))"
"""No worker has begun it, or none has it now: nobody has to obey."""
NOW = "(julianday('now') - 2440587.5) * 86400.0"
"""Epoch seconds, in SQL."""
_CALL = f"message = '', heartbeat = CASE WHEN pid IS NULL THEN {NOW} ELSE heartbeat END"
"""It waits for a worker from now on."""

PAUSE: Order = (
    f"looked = {NOW}, "
    "control = 'pause', status = CASE status WHEN 'queued' THEN 'paused' ELSE status END",
    "control = 'run'",
)
RESUME: Order = (
    f"{_CALL}, control = 'run', extra_steps = 0, "
    "status = CASE status WHEN 'paused' THEN 'queued' ELSE status END",
    "control = 'pause'",
)
_STEP: Order = (
    f"{_CALL}, looked = {NOW}, control = 'pause', extra_steps = extra_steps + 1",
    "control <> 'stop'",
)
STOP: Order = ("control = 'stop'", "1")


def at_pace(pace: float | None) -> Order:
    """So many steps a second at most; None: as fast as it goes."""
    return f"pace = {'NULL' if pace is None else float(pace)}", "1"


def stopped(of: str = "1") -> Order:
    """What no worker has to obey any more: it is over now."""
    return f"status = 'stopped', ended = {time.time()}", of


def change(store: Store, id: str, change: str, condition: str) -> None:  # noqa: A002
    """Change the rows of a run, or of all of a race, that are under way.

    Raises:
        ValueError: for an unknown id, and for a run in a program of its own.
    """
    with _steering(store, id) as (connection, rows):
        _change(connection, rows, (change, condition))


def step(store: Store, id: str) -> None:  # noqa: A002
    """One more step of a run, or of those of a race that are at work; all others are paused.

    A queued run would begin with it, and the race's pictures go back to its first step. Where none
    is at work it is those whose turn comes first: the contestants of one seed.

    Raises:
        ValueError: as `change`.
    """
    with _steering(store, id) as (connection, rows):
        chosen = [row for row in rows if _is_at_work(row)]
        chosen = chosen or [row for row in rows if row["seed"] == rows[0]["seed"]]
        _change(connection, rows, PAUSE)
        _change(connection, chosen, _STEP)


def _is_at_work(row: sqlite3.Row) -> bool:
    """Whether a run has begun, or its worker has, or it was told to."""
    return row["started"] is not None or row["pid"] is not None or row["extra_steps"] > 0


def looked_at(store: Store, ids: Sequence[str]) -> None:
    """Somebody looks at these runs: those that are paused keep their process a while longer."""
    query = f"UPDATE runs SET looked = {NOW} WHERE id = ? AND status = 'paused' AND pid IS NOT NULL"
    with store.writing() as connection:
        connection.executemany(query, [(run_id,) for run_id in ids])


@contextmanager
def _steering(
    store: Store,
    id: str,  # noqa: A002
) -> Iterator[tuple[sqlite3.Connection, Sequence[sqlite3.Row]]]:
    """A transaction with the rows of a run, or of all of a race, that are under way, oldest first.

    What has become of those whose process is gone is written down before.
    """
    with store.session() as connection:
        seen = Snapshot.take(connection, f"(id = ? OR race_id = ?) AND {ACTIVE}", id, id)
        seen.settle(connection, store.home)
        with transaction(connection):
            query = "SELECT * FROM runs WHERE id = ? OR race_id = ? ORDER BY position"
            rows = connection.execute(query, (id, id)).fetchall()
            if first_of(id, rows)["host"] == WATCHED:
                raise ValueError(
                    f"the run {shorten(id)} goes on in a program of its own: end it there"
                )
            yield connection, [row for row in rows if row["status"] not in OVER]


def _change(connection: sqlite3.Connection, rows: Sequence[sqlite3.Row], order: Order) -> None:
    change, condition = order
    query = f"UPDATE runs SET {change} WHERE position = ? AND ({condition})"
    connection.executemany(query, [(row["position"],) for row in rows])
