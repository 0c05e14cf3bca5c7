"""All runs of a store: of those that are over only what is plain, milliseconds for thousands."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields

from resnet_viz.scheduler.engine import BoundEngine
from resnet_viz.scheduler.run_status import Snapshot
from resnet_viz.scheduler.sweeps import cell_queue
from resnet_viz.store.database import Store, StoreError
from resnet_viz.store.recovery.guarded_store import GuardedStore
from resnet_viz.store.run import COLUMNS, Run, UnreadableRun, run_of, why_unreadable
from resnet_viz.store.runs_table import (
    ACTIVE,
    BUSY,
    IS_OVER,
    LAST_MOMENT,
    are_sound,
    fault_of,
    first_of,
    name_of,
)
from resnet_viz.store.stored_spec import LateTexts, Texts, seal

# The index alone is read: the rows, with their specs, are many times larger.
_OVER = (
    f"SELECT position, seal, {', '.join(COLUMNS)} FROM runs INDEXED BY runs_listed "
    f"WHERE {IS_OVER} AND sweep = '' ORDER BY position"
)


# Whether a status is a word for one is seen later.
_OTHERS = f"SELECT position FROM runs WHERE (status IS NULL OR NOT {IS_OVER}) AND sweep = ''"
_NAMES = ("position", "seal", *COLUMNS)
_TOGETHER = 64
_TEXTS = """
SELECT beside.id, beside.spec, beside.header FROM runs AS asked JOIN runs AS beside
ON beside.position BETWEEN asked.position / :n * :n AND asked.position / :n * :n + :n - 1
WHERE asked.id = :id
"""
_DAMAGED = "its row in the store is damaged ({fault}); delete it, by this id"


class RunList:
    """The runs of a store, looked at with their processes."""

    def __init__(self, store: GuardedStore, engine: BoundEngine) -> None:
        self._store, self._engine = store, engine

    def snapshot(self, where: str, *values: str) -> Snapshot:
        """The runs `where`; the launcher is started again where one waits in nobody's care."""
        snapshot, sweeps = self._store.read(_look, where, *values)
        self._engine.revive([*snapshot.active, *sweeps])
        return snapshot

    def of(self, column: str, id: str) -> list[Run]:
        """The runs whose `column` is this id, in order; ValueError where there are none, or one
        cannot be read."""
        snapshot = self.snapshot(f"{column} = ? OR ({BUSY})", id)  # BUSY: it may wait for others
        rows = [row for row in snapshot.rows if row[column] == id]
        first_of(id, rows)
        runs = [run_of(row, snapshot.state(row, self._store.home)) for row in rows]
        for run in runs:
            if reason := why_unreadable(run):
                raise ValueError(reason)
        return runs

    def everything(self) -> Sequence[Run | UnreadableRun]:
        """All runs but those of sweeps, the newest first, also those that cannot be read."""
        return self._store.use(_all_runs, self.snapshot(ACTIVE))


def _look(
    connection: sqlite3.Connection, where: str, *values: str
) -> tuple[Snapshot, Sequence[sqlite3.Row]]:
    """The runs `where`, and the sweeps that need the launcher."""
    snapshot = Snapshot.take(connection, where, *values, with_times=True)
    return snapshot, cell_queue.waiting(connection)


def _all_runs(store: Store, active: Snapshot) -> Sequence[Run | UnreadableRun]:
    """All runs, the newest first; `active` are those under way, looked at a moment ago."""
    with store.session() as connection:
        # After the others: what ended in between is in both, and not in neither.
        over = _over(connection)
        damaged = _damaged(connection, {row["position"] for row in active.rows})
    if not are_sound(_NAMES, over):
        damaged += [row for row in over if fault_of(_NAMES, tuple(row))]
    if damaged:
        bad = {row["position"] for row in damaged}
        over = [row for row in over if row["position"] not in bad]
    texts = LateTexts(lambda run_id: _read_texts(store, run_id))
    own = [row for row in active.rows if not row["sweep"]]
    runs = {row["position"]: run_of(row, active.state(row, store.home)) for row in own}
    runs |= {row[0]: Run._make((*row[2:], texts)) for row in over}
    seals = {row["position"]: row["seal"] for row in (*own, *over)}
    unsealed = [position for position, own in seals.items() if own != seal()]
    reasons = {position: why_unreadable(runs[position]) for position in unsealed}
    _seal(store, [position for position, reason in reasons.items() if not reason])
    listed: dict[int, Run | UnreadableRun] = {**runs}
    for position, reason in reasons.items():
        if reason:
            listed[position] = _unreadable(runs[position], reason)
    listed |= {row["position"]: _of_damaged(row) for row in damaged}
    return [listed[position] for position in sorted(listed, reverse=True)]


def _over(connection: sqlite3.Connection) -> list[sqlite3.Row]:
    """The rows of the runs that are over; the texts of all sound ones are read by SQLite itself."""
    lenient = connection.text_factory
    try:
        connection.text_factory = str
        return connection.execute(_OVER).fetchall()
    except sqlite3.OperationalError:  # such as for a damaged text
        connection.text_factory = lenient
        return connection.execute(_OVER).fetchall()
    finally:
        connection.text_factory = lenient


def _unreadable(run: Run, reason: str) -> UnreadableRun:
    names = (field.name for field in fields(UnreadableRun) if field.name != "reason")
    return UnreadableRun(**{name: getattr(run, name) for name in names}, reason=reason)


def _damaged(connection: sqlite3.Connection, known: Collection[int]) -> list[sqlite3.Row]:
    """The rows that are damaged, of those that are not over."""
    positions = [row["position"] for row in connection.execute(_OTHERS)]
    left = ", ".join(str(int(position)) for position in positions if position not in known)
    if not left:
        return []
    rows = connection.execute(f"SELECT * FROM runs WHERE position IN ({left})").fetchall()
    # Those that are sound came into the store, or ended, a moment ago: the next list has them.
    return [row for row in rows if fault_of(tuple(row.keys()), tuple(row))]


def _of_damaged(row: sqlite3.Row) -> UnreadableRun:
    """What can be said of it: each part as far as it is one."""
    race_id, name, created = row["race_id"], row["name"], row["created"]
    fault = fault_of(tuple(row.keys()), tuple(row))
    is_moment = isinstance(created, float) and 0 <= created < LAST_MOMENT
    return UnreadableRun(
        name_of(row["position"], row["id"]),
        race_id if isinstance(race_id, str) else None,
        name if isinstance(name, str) else "a damaged run",
        created if is_moment else 0.0,
        row["bytes"] if isinstance(row["bytes"], int) else 0,
        _DAMAGED.format(fault=fault),
    )


def _read_texts(store: Store, run_id: str) -> Mapping[str, Texts]:
    """Those of a run and of its block of neighbours: a page shows a few of thousands."""
    with store.session() as connection:
        rows = connection.execute(_TEXTS, {"id": run_id, "n": _TOGETHER})
        return {row["id"]: Texts(row["spec"], row["header"]) for row in rows}


def _seal(store: Store, positions: Sequence[int]) -> None:
    """Spare the next list the specs that were read for this one; a store that cannot be written
    can still be listed."""
    if not positions:
        return
    with suppress(StoreError), store.writing() as connection:
        query = "UPDATE runs SET seal = ? WHERE position = ?"
        connection.executemany(query, [(seal(), position) for position in positions])
