"""All runs of a store: of those that are over only what is plain, milliseconds for thousands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from resnet_viz.lab.rows import IS_OVER, Snapshot
from resnet_viz.lab.run import COLUMNS, Run, UnreadableRun, run_of, why_unreadable
from resnet_viz.lab.specs import LateTexts, Texts, seal
from resnet_viz.lab.store import Store, StoreError

# The index alone is read: the rows, with their specs, are many times larger.
_OVER = (
    f"SELECT position, seal, {', '.join(COLUMNS)} FROM runs INDEXED BY runs_listed "
    f"WHERE {IS_OVER} ORDER BY position"
)


def all_runs(store: Store, seen: Snapshot) -> Sequence[Run | UnreadableRun]:
    """All runs, the newest first; `seen` are those under way, looked at a moment ago."""
    with store.session() as connection:
        # After the others: what ended in between is in both, and not in neither.
        over = connection.execute(_OVER).fetchall()
    texts = LateTexts(lambda: _read_texts(store))
    found = {row["position"]: run_of(row, seen.state(row, store.home)) for row in seen.rows}
    found |= {position: Run._make((*plain, texts)) for position, _, *plain in over}
    seals = {row["position"]: row["seal"] for row in (*seen.rows, *over)}
    unsealed = [position for position, found_seal in seals.items() if found_seal != seal()]
    reasons = {position: why_unreadable(found[position]) for position in unsealed}
    _seal(store, [position for position, reason in reasons.items() if not reason])
    listed: dict[int, Run | UnreadableRun] = {**found}
    for position, reason in reasons.items():
        if reason:
            listed[position] = _unreadable(found[position], reason)
    return [listed[position] for position in sorted(listed, reverse=True)]


def _unreadable(run: Run, reason: str) -> UnreadableRun:
    return UnreadableRun(run.id, run.race_id, run.name, run.created, run.bytes, reason)


def _read_texts(store: Store) -> Mapping[str, Texts]:
    with store.session() as connection:
        rows = connection.execute("SELECT id, spec, header FROM runs")
        return {row["id"]: Texts(row["spec"], row["header"]) for row in rows}


def _seal(store: Store, positions: Sequence[int]) -> None:
    """Spare the next list the specs that were read for this one; a store that cannot be written
    can still be listed."""
    if not positions:
        return
    with suppress(StoreError), store.writing() as connection:
        query = "UPDATE runs SET seal = ? WHERE position = ?"
        connection.executemany(query, [(seal(), position) for position in positions])
