"""Rows of sweeps and of their cells, and what becomes of a cell when its run has ended.

A cell is "waiting", "under way" (its run says more), "refused", or has a run's last status.
`final` holds its end values as JSON once no run could add to them, so that they outlive the run;
`run` is the id of its run, which may be another sweep's, or one of a race. All functions are for
within the caller's transaction.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from math import isfinite

from resnet_viz.experiments.cell_key import cell_key
from resnet_viz.quantities.points import FINAL, FINAL_NAMES
from resnet_viz.store.records.chunk_format import ForeignRecordError
from resnet_viz.store.records.chunks import select_series
from resnet_viz.store.runs_table import IS_OVER
from resnet_viz.store.stored_spec import read_spec

HOPELESS = "Ended early: "
"""How the message begins of a run that was ended because it could not recover."""
MOST_ATTEMPTS = 3
"""Runs that a cell gets whose worker ends without a word: it may be what ends it."""
NO_LONGER = "The records were deleted."
_ENDED = f"""
SELECT c.sweep, c.number, c.attempts, s.id = r.sweep AS is_own, r.position, r.status, r.message,
    r.steps_done, (SELECT max(seconds) FROM records WHERE run = r.position) AS seconds
FROM sweep_cells AS c INDEXED BY sweep_cells_under_way
JOIN sweeps AS s ON s.position = c.sweep JOIN runs AS r ON r.id = c.run
WHERE c.status = 'under way' AND r.{IS_OVER}
"""
_LOST = """
UPDATE sweep_cells SET status = 'waiting', run = NULL WHERE status = 'under way'
AND NOT EXISTS (SELECT 1 FROM runs WHERE id = sweep_cells.run)
"""
# Whoever paused it alone knows when it goes on.
_PAUSED = """
UPDATE sweep_cells SET status = 'waiting', run = NULL WHERE status = 'under way' AND EXISTS (
    SELECT 1 FROM runs AS r JOIN sweeps AS s ON s.position = sweep_cells.sweep
    WHERE r.id = sweep_cells.run AND r.sweep <> s.id AND r.status = 'paused'
)
"""
_END = """
UPDATE sweep_cells SET status = ?, attempts = ?, steps_done = ?, seconds = ?, message = ?, final = ?
WHERE sweep = ? AND number = ?
"""
_OTHERS = """
SELECT 1 FROM sweeps AS s JOIN sweeps AS other ON other.asker = s.asker AND other.id <> s.id
WHERE s.id = ? AND s.asker <> '' AND other.status IN ('running', 'paused')
"""
_FINISH = """
UPDATE sweeps SET status = 'finished' WHERE status IN ('running', 'paused')
AND NOT EXISTS (SELECT 1 FROM sweep_cells WHERE sweep = position AND status = 'waiting')
AND NOT EXISTS (SELECT 1 FROM sweep_cells WHERE sweep = position AND status = 'under way')
"""


def is_sweep(connection: sqlite3.Connection, id: str) -> bool:
    """Whether an id is a sweep's."""
    return connection.execute("SELECT 1 FROM sweeps WHERE id = ?", (id,)).fetchone() is not None


def settle(connection: sqlite3.Connection) -> None:
    """Write down how the cells ended whose runs are over. A cell whose run was interrupted, or is
    another sweep's or a race's that somebody stopped or paused, waits for another."""
    for row in connection.execute(_ENDED).fetchall():
        connection.execute(_END, (*_end_of(connection, row), row["sweep"], row["number"]))
    connection.execute(_LOST)
    connection.execute(_PAUSED)
    connection.execute(_FINISH)


def go_on(connection: sqlite3.Connection, sweep_id: str) -> None:
    """Have a sweep go on: what was stopped, failed or interrupted waits again.

    Raises:
        ValueError: for a visitor who has another under way; the owner, who is the asker "", may
            have any number.
    """
    if connection.execute(_OTHERS, (sweep_id,)).fetchone():
        raise ValueError(
            "you have a sweep under way, and each visitor may have one; wait for it, or stop it"
        )
    connection.execute(
        "UPDATE sweep_cells SET status = 'waiting', attempts = 0, message = '' WHERE sweep = "
        "(SELECT position FROM sweeps WHERE id = ?) AND final IS NULL "
        "AND status IN ('stopped', 'failed', 'interrupted')",
        (sweep_id,),
    )
    change = "UPDATE sweeps SET status = 'running', heartbeat = ? WHERE id = ?"
    connection.execute(change, (time.time(), sweep_id))
    settle(connection)


def fill_keys(connection: sqlite3.Connection) -> None:
    """Give runs their keys that an earlier version has trained; none from elsewhere gets one."""
    rows = connection.execute(
        "SELECT position, id, spec FROM runs WHERE key = '' AND status = 'finished' AND host = '' "
        "AND NOT EXISTS (SELECT 1 FROM races WHERE id = race_id AND steering = 'nobody')"
    ).fetchall()
    for row in rows:
        with suppress(ValueError):  # of another version, or of images that are gone
            key = cell_key(read_spec(row["id"], row["spec"]))
            change = "UPDATE runs SET key = ? WHERE position = ?"
            connection.execute(change, (key, row["position"]))


def _end_of(connection: sqlite3.Connection, row: sqlite3.Row) -> tuple[object, ...]:
    """What `_END` sets for a cell by its run."""
    status, message = str(row["status"]), str(row["message"])
    counts = row["steps_done"], row["seconds"]
    if status == "finished" or (status == "stopped" and message.startswith(HOPELESS)):
        end = json.dumps(end_values(connection, row["position"], row["steps_done"]))
        return (status, 0, *counts, message, end)
    attempts = row["attempts"] + 1
    if (status == "interrupted" and attempts < MOST_ATTEMPTS) or not row["is_own"]:
        return ("waiting", attempts, 0, None, "", None)
    return (status, 0, *counts, message, None)


def end_values(
    connection: sqlite3.Connection, position: int, steps_done: int
) -> Mapping[str, float | None]:
    """What the final record of a run holds, by the names of FINAL_NAMES; empty if it has none."""
    of, last = (FINAL, len(FINAL_NAMES)), (steps_done - 1, steps_done)
    try:
        found = select_series(connection, position, of, last, 1).values
    except ForeignRecordError:
        return {}
    if not len(found):
        return {}
    values = map(float, found[-1])
    return {n: v if isfinite(v) else None for n, v in zip(FINAL_NAMES, values, strict=True)}


def reuse(connection: sqlite3.Connection, sweep: int, number: int, key: str) -> bool:
    """Whether a cell need not be trained, since what it trains has been, or is being, trained: it
    is then that of the run, or of the other cell, found."""
    where = "WHERE sweep = ? AND number = ?"
    done = connection.execute(
        "SELECT * FROM sweep_cells WHERE key = ? AND final IS NOT NULL LIMIT 1", (key,)
    ).fetchone()
    if done is not None:
        columns = ("status", "run", "steps_done", "seconds", "message", "final")
        change = ", ".join(f"{column} = ?" for column in columns)
        values = [done[column] for column in columns]
        connection.execute(f"UPDATE sweep_cells SET {change} {where}", (*values, sweep, number))
        return True
    run = connection.execute(
        "SELECT id FROM runs WHERE key = ? AND key <> '' "
        "AND status IN ('finished', 'queued', 'running') ORDER BY status LIMIT 1",
        (key,),
    ).fetchone()
    if run is None:
        return False
    link(connection, sweep, number, run["id"])
    return True


def link(connection: sqlite3.Connection, sweep: int, number: int, run_id: str) -> None:
    """Have a cell be trained by this run."""
    query = "UPDATE sweep_cells SET status = 'under way', run = ? WHERE sweep = ? AND number = ?"
    connection.execute(query, (run_id, sweep, number))


def keep_ends(connection: sqlite3.Connection, run_ids: Collection[str]) -> None:
    """Before these runs are deleted: their cells keep the end values, and say that the records are
    gone; one that has none waits again."""
    settle(connection)
    for run_id in run_ids:
        connection.execute(
            "UPDATE sweep_cells SET run = NULL, "
            "message = iif(final IS NULL, message, trim(message || ' ' || ?)) WHERE run = ?",
            (NO_LONGER, run_id),
        )
