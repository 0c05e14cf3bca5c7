"""Orders to runs, as changes of their rows: pause, resume, step, pace, stop.

A worker reads its row before each step (worker_turn.py); one that waits is a row alone. Each
function takes the id of a run, a race or a sweep, whose runs that are under way it changes.

Raises:
    ValueError: in all of them, for an unknown id, and for a run in a program of its own.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from resnet_viz.scheduler.run_status import Snapshot
from resnet_viz.scheduler.worker_turn import check_pace
from resnet_viz.store import sweep_rows
from resnet_viz.store.database import Store
from resnet_viz.store.migrations import transaction
from resnet_viz.store.run import WATCHED
from resnet_viz.store.runs_table import ACTIVE, OF_SWEEP, OVER, first_of
from resnet_viz.text import shorten

_PAUSE = """
UPDATE runs SET looked = :now, control = 'pause',
    status = CASE status WHEN 'queued' THEN 'paused' ELSE status END
WHERE position = :position AND control = 'run'
"""
# Where it has no process it waits for a worker from now on.
_RESUME = """
UPDATE runs SET message = '', heartbeat = CASE WHEN pid IS NULL THEN :now ELSE heartbeat END,
    control = 'run', extra_steps = 0,
    status = CASE status WHEN 'paused' THEN 'queued' ELSE status END
WHERE position = :position AND control = 'pause'
"""
_STEP = """
UPDATE runs SET message = '', heartbeat = CASE WHEN pid IS NULL THEN :now ELSE heartbeat END,
    looked = :now, control = 'pause', extra_steps = extra_steps + 1
WHERE position = :position AND control <> 'stop'
"""
_PACE = "UPDATE runs SET pace = :pace WHERE position = :position"
# No worker has begun it, or none has it now: nobody has to obey.
_STOP_UNBEGUN = """
UPDATE runs SET status = 'stopped', ended = :now WHERE position = :position
AND status IN ('queued', 'paused') AND (started IS NULL OR (pid IS NULL AND host = ''))
"""
_STOP = f"UPDATE runs SET control = 'stop' WHERE position = :position AND {ACTIVE}"
_PAUSE_SWEEP = "UPDATE sweeps SET status = 'paused' WHERE id = ? AND status = 'running'"
_STOP_SWEEP = (
    "UPDATE sweeps SET status = 'stopped' WHERE id = ? AND status IN ('running', 'paused')"
)
_END = "UPDATE runs SET status = 'stopped', ended = :now WHERE position = :position"


def pause(store: Store, id: str) -> None:
    """Pause after the step under way; what is in the queue at once."""
    _order(store, id, _PAUSE, of_sweep=_PAUSE_SWEEP)


def resume(store: Store, id: str) -> None:
    """Go on as soon as there is a free place; a sweep also with the cells that did not finish."""
    with _under_way(store, id) as (connection, rows):
        _change(connection, rows, _RESUME)
        sweep_rows.go_on(connection, id)


def step(store: Store, id: str) -> None:
    """One more step of a run, or of those of a race that are at work; all others are paused.

    A queued run would begin with it, and the race's pictures go back to its first step. Where none
    is at work it is those whose turn comes first: the contestants of one seed.
    """
    with _under_way(store, id) as (connection, rows):
        # It has begun, or its worker has, or it was told to.
        chosen = [r for r in rows if r["started"] is not None or r["pid"] or r["extra_steps"] > 0]
        chosen = chosen or [row for row in rows if row["seed"] == rows[0]["seed"]]
        _change(connection, rows, _PAUSE)
        _change(connection, chosen, _STEP)


def slow(store: Store, id: str, pace: float | None) -> None:
    """So many steps a second at most; None: as fast as it goes."""
    check_pace(pace)
    _order(store, id, _PACE, pace=pace)


def stop(store: Store, id: str) -> None:
    """Have workers end; what no worker has to obey is over now."""
    _order(store, id, _STOP_UNBEGUN, _STOP, of_sweep=_STOP_SWEEP)


def end(store: Store, id: str) -> None:
    """Write down as stopped what has not obeyed in time."""
    _order(store, id, _END)


def mark_looked_at(connection: sqlite3.Connection, ids: Sequence[str]) -> None:
    """Somebody looks at these runs: those that are paused keep their process a while longer."""
    query = "UPDATE runs SET looked = ? WHERE id = ? AND status = 'paused' AND pid IS NOT NULL"
    connection.executemany(query, [(time.time(), run_id) for run_id in ids])


def _order(
    store: Store, id: str, *queries: str, pace: float | None = None, of_sweep: str = ""
) -> None:
    with _under_way(store, id) as (connection, rows):
        if of_sweep:
            connection.execute(of_sweep, (id,))
        for query in queries:
            _change(connection, rows, query, pace)


@contextmanager
def _under_way(store: Store, id: str) -> Iterator[tuple[sqlite3.Connection, Sequence[sqlite3.Row]]]:
    """A transaction with the rows of a run, or of all of a race or sweep, that are under way,
    oldest first.

    What has become of those whose process is gone is written down before.
    """
    with store.session() as connection:
        where = f"(id = ? OR race_id = ?) AND {ACTIVE} OR {OF_SWEEP}"
        snapshot = Snapshot.take(connection, where, id, id, id)
        snapshot.settle(connection, store.home)
        with transaction(connection):
            query = (
                f"SELECT * FROM runs WHERE id = ? OR race_id = ? OR {OF_SWEEP} ORDER BY position"
            )
            rows = connection.execute(query, (id, id, id)).fetchall()
            is_sweep = sweep_rows.is_sweep(connection, id)
            if not is_sweep and first_of(id, rows)["host"] == WATCHED:
                raise ValueError(
                    f"the run {shorten(id)} goes on in a program of its own: end it there"
                )
            yield connection, [row for row in rows if row["status"] not in OVER]


def _change(
    connection: sqlite3.Connection,
    rows: Sequence[sqlite3.Row],
    query: str,
    pace: float | None = None,
) -> None:
    common = {"now": time.time(), "pace": pace}
    connection.executemany(query, [{**common, "position": row["position"]} for row in rows])
