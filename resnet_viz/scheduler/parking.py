"""When a paused run gives up its process, and how: its state is saved, and its row needs nobody.

A process that waits holds some 50 MB, and the memory of its net. Whoever looks at a paused run, or
orders something, leaves a mark in its row (`looked`); the run's own worker sees when no new one
comes. That does not depend on the clock, nor on any other process.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from math import inf

from resnet_viz.store.migrations import transaction

VARIABLE = "RESNET_VIZ_PARK"
DEFAULT_SECONDS = 300
MOST_WARM = 12
"""Paused runs that keep their processes, however many are looked at: the newest looks count."""
MOST_STEPPING = MOST_WARM + 4
"""Up to so many paused runs with a process more get one for a single step; others follow later."""
_SETTLE_SECONDS = 2.0
_LOOK_SECONDS = 1.0

_QUERY = """
SELECT status, looked, (
    SELECT count(*) FROM runs AS other WHERE other.status = 'paused' AND other.pid IS NOT NULL
    AND (coalesce(other.looked, 0), other.position) > (coalesce(runs.looked, 0), runs.position)
) AS newer FROM runs WHERE position = ?
"""
_GIVE_UP = """
UPDATE runs SET pid = NULL, pid_created = NULL
WHERE position = ? AND status = 'paused' AND control = 'pause' AND extra_steps <= 0
"""


class Parked(Exception):  # noqa: N818
    """The run has given up its process, which is to end."""


def park_seconds() -> int:
    """For so long a paused run keeps its process while nobody looks; RESNET_VIZ_PARK overrides."""
    given = os.environ.get(VARIABLE, "")
    return int(given) if given.isdecimal() else DEFAULT_SECONDS


class Patience:
    """How much longer the run at `position` keeps its process while it is paused."""

    def __init__(self, connection: sqlite3.Connection, position: int) -> None:
        self._connection, self._position = connection, position
        self._looked: float | None = -inf
        self._since = time.monotonic()
        self._paused = self._since
        self._next = -inf

    def is_over(self) -> bool:
        """Whether it is paused and its process to be given up; for to be asked often."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + _LOOK_SECONDS
        row = self._connection.execute(_QUERY, (self._position,)).fetchone()
        if row is None or row["status"] != "paused":
            self._since = self._paused = now
            return False
        if row["looked"] != self._looked:
            self._looked, self._since = row["looked"], now
        is_one_too_many = now - self._paused >= _SETTLE_SECONDS and row["newer"] >= MOST_WARM
        return is_one_too_many or now - self._since >= park_seconds()

    def renew(self) -> None:
        """It could not be given up: that is tried again when it would have been, once more."""
        self._since = self._paused = time.monotonic()


def give_up(
    connection: sqlite3.Connection, position: int, save: Callable[[], None] = lambda: None
) -> None:
    """Have the run's row name no process, unless its user wants it to go on; both that and what
    `save` does, or neither.

    Raises:
        Parked: when it is done.
    """
    with transaction(connection):
        if connection.execute(_GIVE_UP, (position,)).rowcount != 1:
            return
        save()
    raise Parked
