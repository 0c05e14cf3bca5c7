"""Runs queued: their rows, and those of what had to go to make room for them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from resnet_viz.experiments.race_spec import contestants_of
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.scheduler import retention
from resnet_viz.scheduler.preflight import check_ready
from resnet_viz.scheduler.run_status import Snapshot
from resnet_viz.scheduler.worker_turn import check_pace
from resnet_viz.store.database import Store
from resnet_viz.store.run import WATCHED, insert, new_id, new_row, race_columns
from resnet_viz.store.runs_table import BUSY, RESTING

MOST_CONTESTANTS = 32
MOST_ACTIVE = 64
"""Those that wait are rows in the store: this bounds what a page lists, not processes. One that is
paused and has given up its process is not among them."""
SHARE = 32
"""Of one visitor, those that are paused without a process included."""
GUARANTEED, MOST_IN_ALL = 8, 256
"""So many runs a visitor may have even where others fill the queue, up to so many of all."""


class Queued(NamedTuple):
    """The ids of runs that are in the queue now, and a word on what was deleted for them."""

    ids: Sequence[str]
    notice: str | None


def queue(
    store: Store,
    specs: Sequence[RunSpec],
    race_id: str | None,
    pace: float | None,
    asker: str = "",
    *,
    share: int = SHARE,
    host: str = "",
    instead_of: str = "",
) -> Queued:
    """Put runs into the queue of the engine `host`, as a race where it has an id; all of them or
    none. Each `asker` but "" may have a `share` of runs. Those of the race `instead_of`, which
    will be stopped for them, take no places.

    Raises:
        ValueError: for what cannot run here, and for more than there may be in a race or the queue.
    """
    check_pace(pace)
    if not 1 <= len(specs) <= MOST_CONTESTANTS:
        raise ValueError(
            f"a race of {len(specs)} nets is not allowed: it has at least one net and at most "
            f"{MOST_CONTESTANTS}"
        )
    if not host:  # else who asks has done so, and the machine does when it begins
        check_ready(specs)
    ids = [new_id() for _ in specs]
    rows = [
        new_row(run_id, race_id, contestant, spec)
        for run_id, contestant, spec in zip(ids, contestants_of(specs), specs, strict=True)
    ]
    logs = retention.log_sizes(store.home)
    with store.session() as connection:
        Snapshot.take(connection, BUSY).settle(connection, store.home)
    with store.writing() as connection:
        active = Snapshot.take(connection, BUSY).active
        others = [row for row in active if not row["sweep"] and row["race_id"] != instead_of]
        own = _check_share(connection, others, asker, len(rows), share=share, instead_of=instead_of)
        busy = sum(row["host"] != WATCHED for row in others)
        is_guaranteed = own + len(rows) <= GUARANTEED and bool(asker)
        _check_room(busy, len(rows), MOST_IN_ALL if is_guaranteed else MOST_ACTIVE)
        gone, notice = retention.make_room(connection, logs)
        for row in rows:
            insert(connection, "runs", {**row, "pace": pace, "asker": asker, "host": host})
        if race_id is not None:
            names, seeds = [s.display_name for s in specs], [s.seed for s in specs]
            insert(connection, "races", race_columns(race_id, names, seeds))
    if gone:
        retention.give_back(store, gone)
    return Queued(ids, notice)


def _check_share(
    connection: sqlite3.Connection,
    others: Sequence[sqlite3.Row],
    asker: str,
    more: int,
    *,
    share: int,
    instead_of: str,
) -> int:
    """How many runs a visitor has: nobody but the owner, who is the asker "", takes all places."""
    if not asker:
        return 0
    counted = "asker = ? AND sweep = '' AND race_id IS NOT ?"
    query = f"SELECT count(*) FROM runs WHERE {RESTING} AND {counted}"
    resting = int(connection.execute(query, (asker, instead_of)).fetchone()[0])
    own: int = resting + sum(row["asker"] == asker for row in others)
    if own + more > share:
        raise ValueError(
            f"you have {own} runs that are queued, running or paused, and {more} more are too "
            f"many: each visitor may have {share}; wait for some, or stop them on the Runs page"
        )
    return own


def _check_room(active: int, more: int, most: int) -> None:
    if active + more > most:
        raise ValueError(
            f"{active} runs are queued, running or paused and {more} more are too many: at most "
            f"{most} may be; wait for some, or stop them"
        )
