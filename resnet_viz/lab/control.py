"""What is told to runs, as changes of their rows: pause, go on, one step, a pace, stop.

A worker reads its row before each step (lab/turns.py); one that waits for its turn is a row alone.
"""

from __future__ import annotations

import time

from resnet_viz.arch.config import shorten
from resnet_viz.lab.rows import ACTIVE, first_of
from resnet_viz.lab.run import WATCHED
from resnet_viz.lab.store import Store

Order = tuple[str, str]
"""A change of a run's row, and of which rows: both SQL."""

NOT_BEGUN = "status IN ('queued', 'paused') AND started IS NULL"

PAUSE: Order = (
    "control = 'pause', status = CASE status WHEN 'queued' THEN 'paused' ELSE status END",
    "control = 'run'",
)
RESUME: Order = (
    "control = 'run', extra_steps = 0, "
    "status = CASE status WHEN 'paused' THEN 'queued' ELSE status END",
    "control = 'pause'",
)
STEP: Order = ("control = 'pause', extra_steps = extra_steps + 1", "control <> 'stop'")
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
    with store.writing() as connection:
        query = "SELECT id, host FROM runs WHERE id = ? OR race_id = ?"
        if first_of(id, connection.execute(query, (id, id)).fetchall())["host"] == WATCHED:
            raise ValueError(f"the run {shorten(id)} goes on in a program of its own: end it there")
        where = f"(id = ? OR race_id = ?) AND {ACTIVE} AND ({condition})"
        connection.execute(f"UPDATE runs SET {change} WHERE {where}", (id, id))
