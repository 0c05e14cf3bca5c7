"""When a run may go on: as its user wants, and as there are places.

A run's row has two writers. Its user (`Lab`) writes `control` ("run", "pause", "stop") and asks for
single steps (`extra_steps`) and slow motion (`pace`); its worker writes `status`. Each reads and
writes in one transaction, so that whatever one does in between is seen by the other, and none of
these can come about: a run told to go on that stays paused, a single step used up twice.
"""

from __future__ import annotations

import sqlite3
import time

from resnet_viz.scheduler.places import has_place
from resnet_viz.store.migrations import transaction
from resnet_viz.store.runs_table import BUSY, OVER, select_runs

SLOWEST, FASTEST = 0.01, 1000.0
MOST_BEHIND = 20
"""Steps that a paused net may be behind another of its race and seed and still catch up with it, so
that all stop at the same step; of nets that are further apart each stops where it is."""
_FURTHEST = """
SELECT max(steps_done) FROM runs WHERE race_id = ? AND seed = ? AND position <> ?
AND control = 'pause' AND status = 'paused' AND pid IS NOT NULL
"""


def check_pace(pace: float | None) -> None:
    """ValueError unless `pace`, in steps a second, is one for slow motion, or None for none."""
    if pace is not None and not SLOWEST <= pace <= FASTEST:
        raise ValueError(
            f"pace = {pace} steps a second is not allowed; allowed are {SLOWEST:g} to "
            f"{FASTEST:g}, or none for full speed"
        )


class Stopped(Exception):  # noqa: N818
    """The user ended the run, or its row is gone."""


class Turns:
    """The turns of the run at `position`; each method raises `Stopped` where there is no more."""

    def __init__(self, connection: sqlite3.Connection, position: int) -> None:
        self._connection = connection
        self._position = position
        self._done = 0
        self.interval = 0.0
        """Seconds from the begin of a step to that of the next, at least; 0 for a single step."""

    def may_begin(self) -> bool:
        """Whether to load what the run needs: it has a place, or a single step was asked for."""
        return self._settle(self._read(), uses_step=False)

    def may_step(self, done: int = 0) -> bool:
        """Whether to do a step now, where `done` are; a single step that was asked for is used up
        by it."""
        self._done = done
        row = self._read()
        if (row["control"], row["status"]) == ("run", "running"):
            return True  # most often; nothing to write, so that nobody need be locked out
        return self._settle(row, uses_step=True)

    def _settle(self, row: sqlite3.Row, *, uses_step: bool) -> bool:
        """Decide, in a transaction unless nothing has changed for a run that waits."""
        if self._stays(row):
            return False
        with transaction(self._connection):
            return self._decide(uses_step=uses_step)

    def _stays(self, row: sqlite3.Row) -> bool:
        """Whether `row` waits and will: read many times a second, while others write."""
        if row["control"] == "run":
            return row["status"] == "queued" and not self._has_place(row)
        waits = row["status"] == "paused" and row["extra_steps"] <= 0
        return bool(waits and not self._is_behind(row))

    def _has_place(self, row: sqlite3.Row) -> bool:
        return has_place(row, select_runs(self._connection, BUSY))

    def _decide(self, *, uses_step: bool) -> bool:
        row = self._read()
        if row["control"] == "run":
            if row["status"] != "running":
                if not self._has_place(row):
                    return False
                self._begin("status = 'running'")
            return True
        if row["extra_steps"] > 0:
            self._begin(f"status = 'paused', extra_steps = extra_steps - {int(uses_step)}")
            return True
        if row["status"] != "paused":
            self._change("status = 'paused'")
        return self._is_behind(row)

    def _is_behind(self, row: sqlite3.Row) -> bool:
        """Whether a paused run is to catch up with another of its race.

        What the others have recorded they have done: nobody goes on for one that is not there yet.
        """
        if not self._done or row["race_id"] is None:
            return False
        values = row["race_id"], row["seed"], self._position
        (furthest,) = self._connection.execute(_FURTHEST, values).fetchone()
        return 0 < (furthest or 0) - self._done <= MOST_BEHIND

    def _read(self) -> sqlite3.Row:
        rows = select_runs(self._connection, "position = ?", self._position)
        if not rows or rows[0]["control"] == "stop" or rows[0]["status"] in OVER:
            raise Stopped
        is_slow = rows[0]["control"] == "run" and rows[0]["pace"]
        self.interval = 1 / rows[0]["pace"] if is_slow else 0.0
        return rows[0]

    def _begin(self, change: str) -> None:
        self._change(f"{change}, started = coalesce(started, ?)", time.time())

    def _change(self, change: str, *values: object) -> None:
        query = f"UPDATE runs SET {change} WHERE position = ?"
        self._connection.execute(query, (*values, self._position))
