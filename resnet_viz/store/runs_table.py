"""Runs table: its rows, how they are read, and which are damaged."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from math import inf
from typing import NamedTuple

from resnet_viz.text import shorten

OVER = ("stopped", "finished", "failed", "interrupted")
STATUSES = ("queued", "running", "paused", *OVER)
ACTIVE = "status IN ('queued', 'running', 'paused')"
WITHOUT_WORKER = f"pid IS NULL AND host = '' AND {ACTIVE}"
"""A row, and no process. What is not this machine's says so in `host`."""
RESTING = (
    "(status = 'paused' AND control = 'pause' AND extra_steps <= 0 AND pid IS NULL AND host = '')"
)
"""Paused, and without a process: it needs nobody until its user wants more of it."""
BUSY = f"{ACTIVE} AND NOT {RESTING}"
WAITING = f"{WITHOUT_WORKER} AND NOT {RESTING}"
"""Waits for a worker."""

OF_SWEEP = f"(sweep = ? AND sweep <> '' AND {ACTIVE})"
"""Under way for the sweep with that id."""
IS_OVER = "status IN ('stopped', 'finished', 'failed', 'interrupted')"

# A spec that is not even JSON must not hide the others.
_SELECT = f"""
SELECT runs.*, CASE WHEN NOT {IS_OVER} AND json_valid(spec) THEN json_extract(spec, '$.device')
        ELSE 'auto' END AS asked_device,
    CASE WHEN status = 'queued' THEN (
        SELECT max(started) FROM runs AS other WHERE other.race_id = runs.race_id
    ) END AS race_started,
    CASE WHEN status = 'queued' THEN (
        SELECT max(started) FROM runs AS other
        WHERE other.race_id = runs.race_id AND other.seed = runs.seed
    ) END AS seed_started,
    (SELECT step FROM states WHERE run = position) AS state_step
FROM runs
"""


_TEXT, _WHOLE = (str,), (int,)
_MAYBE_WHOLE, _MAYBE_REAL = (int, type(None)), (float, type(None))
TYPES: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("id", "name", "status", "message", "device", "host"), _TEXT),
    **dict.fromkeys(("spec", "seal", "header", "control", "sweep", "key"), _TEXT),
    **dict.fromkeys(("position", "contestant", "seed", "steps", "bytes"), _WHOLE),
    **dict.fromkeys(("steps_done", "params", "extra_steps"), _WHOLE),
    **dict.fromkeys(("created", "heartbeat"), (float,)),
    **dict.fromkeys(("started", "ended", "pid_created", "pace"), _MAYBE_REAL),
    **dict.fromkeys(("threads", "pid"), _MAYBE_WHOLE),
    "race_id": (str, type(None)),
}
"""What each column of a run is, where its row is sound: SQLite itself takes anything."""
MOMENTS = ("created", "started", "ended", "heartbeat")
LAST_MOMENT = 2.5e11
"""Seconds since the epoch, in the year 9892: no calendar goes much further."""


def local_time(moment: float) -> datetime | None:
    """A moment in epoch seconds as local time; None if no calendar has it."""
    try:
        return datetime.fromtimestamp(moment).astimezone()
    except (ValueError, OverflowError, OSError):
        return None


@lru_cache(maxsize=64)
def _ill_typed(names: tuple[str, ...], types: tuple[type, ...]) -> str:
    typed = zip(names, types, strict=True)
    return next((name for name, kind in typed if kind not in TYPES.get(name, (kind,))), "")


def fault_of(names: tuple[str, ...], values: Sequence[object]) -> str:
    """The fault of a row of these columns, in a few words; "" if it is sound."""
    types = tuple(map(type, values))
    if name := _ill_typed(names, types):
        return f"{name} is {shorten(values[names.index(name)])}"
    for place, limit in _numbers(names, types):
        if not 0 <= values[place] < limit:  # type: ignore[operator]
            return f"{names[place]} is {shorten(values[place])}"
    for name, is_sound in _SOUND_TEXTS.items():
        if name in names and not is_sound(str(text := values[names.index(name)])):
            return f"{name} is {shorten(text)}"
    return ""


def are_sound(names: tuple[str, ...], rows: Sequence[sqlite3.Row]) -> bool:
    """Whether `fault_of` finds nothing in many rows: column by column, which is quicker."""
    for name, column in zip(names, zip(*rows, strict=True), strict=False):  # no rows: no columns
        types = set(map(type, column))
        if not types <= set(TYPES.get(name, types)):
            return False
        if types & {int, float}:
            is_full = types <= {int, float}
            numbers = column if is_full else [n for n in column if isinstance(n, int | float)]
            if not 0 <= min(numbers) <= max(numbers) < _limit(name):
                return False
        if name in _SOUND_TEXTS and not all(map(_SOUND_TEXTS[name], set(column))):
            return False
    return True


@lru_cache(maxsize=64)
def _numbers(names: tuple[str, ...], types: tuple[type, ...]) -> tuple[tuple[int, float], ...]:
    """The places of the numbers in such a row, each with what it has to be below."""
    typed = enumerate(zip(names, types, strict=True))
    return tuple((i, _limit(name)) for i, (name, t) in typed if t in (int, float))


def _limit(name: str) -> float:
    """What a number in that column has to be below."""
    return LAST_MOMENT if name in MOMENTS else 2.0**31 if name == "pid" else inf


def _is_id(text: str) -> bool:
    return text.isascii() and text.isprintable() and text.strip() == text != ""


_SOUND_TEXTS = {"id": _is_id, "status": frozenset(STATUSES).__contains__}


def name_of(position: int, id: object) -> str:
    """The id of a run; if it is damaged, its position in the store, such as "#12"."""
    return id if isinstance(id, str) and _is_id(id) else f"#{position}"


def select_runs(
    connection: sqlite3.Connection, where: str = "1", *values: object
) -> Sequence[sqlite3.Row]:
    """The rows of runs, oldest first, without damaged ones: lab/run_list.py lists those.

    With `asked_device` where it is not over; `race_started` and `seed_started` where it is queued:
    when the last of its race's runs began, and the last of those with its seed. `state_step` is
    the step that its saved state begins with, if it has one.
    """
    rows = connection.execute(f"{_SELECT} WHERE {where} ORDER BY position", values).fetchall()
    return [row for row in rows if not fault_of(tuple(row.keys()), tuple(row))]


OF_ID = (
    "SELECT position, id, name, race_id FROM runs "
    "WHERE id = :id OR race_id = :id OR '#' || position = :id"
)
"""Rows by the id of a run or of its race, or by the place that stands for a damaged id."""


def first_of(id: str, rows: Sequence[sqlite3.Row]) -> sqlite3.Row:
    """The first row with an id; ValueError if there is none."""
    if not rows:
        raise ValueError(f"there is no run or race with the id {shorten(id)}")
    return rows[0]


class State(NamedTuple):
    """A run's status for the user, a sentence on it or "", and when it ended (epoch seconds)."""

    status: str
    message: str
    ended: float | None
