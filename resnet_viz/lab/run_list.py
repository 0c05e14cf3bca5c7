"""All runs of a store: of those that are over only what is plain, milliseconds for thousands."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from resnet_viz.scheduler.run_status import Snapshot
from resnet_viz.store.database import Store, StoreError
from resnet_viz.store.run import COLUMNS, Run, UnreadableRun, run_of, why_unreadable
from resnet_viz.store.runs_table import IS_OVER, LAST_MOMENT, are_sound, fault_of, first_of, name_of
from resnet_viz.store.stored_spec import LateTexts, Texts, seal

# The index alone is read: the rows, with their specs, are many times larger.
_OVER = (
    f"SELECT position, seal, {', '.join(COLUMNS)} FROM runs INDEXED BY runs_listed "
    f"WHERE {IS_OVER} ORDER BY position"
)


# Whether a status is a word for one is seen later.
_OTHERS = f"SELECT position FROM runs WHERE status IS NULL OR NOT {IS_OVER}"
_NAMES = ("position", "seal", *COLUMNS)
_TOGETHER = 64
_TEXTS = """
SELECT beside.id, beside.spec, beside.header FROM runs AS asked JOIN runs AS beside
ON beside.position BETWEEN asked.position / :n * :n AND asked.position / :n * :n + :n - 1
WHERE asked.id = :id
"""
_DAMAGED = "its row in the store is damaged ({fault}); delete it, by this id"


def all_runs(store: Store, seen: Snapshot) -> Sequence[Run | UnreadableRun]:
    """All runs, the newest first; `seen` are those under way, looked at a moment ago."""
    with store.session() as connection:
        # After the others: what ended in between is in both, and not in neither.
        over = _over(connection)
        damaged = _damaged(connection, {row["position"] for row in seen.rows})
    if not are_sound(_NAMES, over):
        damaged += [row for row in over if fault_of(_NAMES, tuple(row))]
    if damaged:
        bad = {row["position"] for row in damaged}
        over = [row for row in over if row["position"] not in bad]
    texts = LateTexts(lambda run_id: _read_texts(store, run_id))
    found = {row["position"]: run_of(row, seen.state(row, store.home)) for row in seen.rows}
    found |= {row[0]: Run._make((*row[2:], texts)) for row in over}
    seals = {row["position"]: row["seal"] for row in (*seen.rows, *over)}
    unsealed = [position for position, found_seal in seals.items() if found_seal != seal()]
    reasons = {position: why_unreadable(found[position]) for position in unsealed}
    _seal(store, [position for position, reason in reasons.items() if not reason])
    listed: dict[int, Run | UnreadableRun] = {**found}
    for position, reason in reasons.items():
        if reason:
            listed[position] = _unreadable(found[position], reason)
    listed |= {row["position"]: _of_damaged(row) for row in damaged}
    return [listed[position] for position in sorted(listed, reverse=True)]


def runs_of(seen: Snapshot, column: str, id: str, home: Path) -> list[Run]:  # noqa: A002
    """The runs among `seen` whose `column` is this id, in order; ValueError where there are none,
    or one cannot be read."""
    rows = [row for row in seen.rows if row[column] == id]
    first_of(id, rows)
    runs = [run_of(row, seen.state(row, home)) for row in rows]
    for run in runs:
        if reason := why_unreadable(run):
            raise ValueError(reason)
    return runs


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
    return UnreadableRun(
        run.id,
        run.race_id,
        run.name,
        run.created,
        run.bytes,
        reason,
        run.status,
        run.message,
        run.steps,
        run.steps_done,
    )


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
