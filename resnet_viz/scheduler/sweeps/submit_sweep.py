"""A sweep submitted: its row and those of its cells, and what is known before anything starts."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import replace

from resnet_viz.experiments.cell_key import cell_key
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.sweep_spec import PlannedCell, SweepSpec, title
from resnet_viz.scheduler.preflight import check_ready
from resnet_viz.store import sweep_rows
from resnet_viz.store.database import Store
from resnet_viz.store.run import insert, new_id

MOST_OF_VISITOR = 60
"""Cells of a visitor's sweep, of which each has one under way. The owner may have any."""
# One that is there stays as it is, unless it trains something else now, or can be trained now.
_CELL = """
INSERT INTO sweep_cells (sweep, number, key, status, message) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET key = excluded.key, status = excluded.status, run = NULL,
    message = excluded.message, attempts = 0, steps_done = 0, seconds = NULL, final = NULL
WHERE key <> excluded.key
"""
_SAME_HERE = ("dataset", "classes", "subset", "image_size", "batch_size", "device", "precision")
"""Fields on which it depends whether a run can begin on this computer."""


def planned(spec: SweepSpec) -> Sequence[tuple[PlannedCell, str]]:
    """The cells of a sweep with their keys; those are refused, too, and have none, that cannot be
    trained on this computer, or train what an earlier one does."""
    whys: dict[tuple[object, ...], str] = {}
    first: dict[str, int] = {}

    def checked(cell: PlannedCell) -> tuple[PlannedCell, str]:
        if cell.spec is None:
            return cell, ""
        where = (*(getattr(cell.spec, name) for name in _SAME_HERE), cell.spec.adapted.image_size)
        if where not in whys:
            whys[where] = _why_not(cell.spec)
        key = "" if whys[where] else cell_key(cell.spec)
        if not key or first.setdefault(key, cell.number) != cell.number:
            why = whys[where] or f"it is the same training as cell {first[key]}"
            return replace(cell, spec=None, why=why), ""
        return cell, key

    return tuple(map(checked, spec.cells()))


def _why_not(spec: RunSpec) -> str:
    try:
        check_ready([spec])
    except ValueError as error:
        return str(error)
    return ""


def submit(store: Store, spec: SweepSpec, asker: str, host: str = "") -> str:
    """Begin a sweep, which the engine `host` carries out; its id. The same sweep of the same asker
    is gone on with, under its id.

    Cells that were trained in this folder, by a sweep, a race or a single run, are not trained
    again. A sweep with more values, or fewer, therefore goes on from what there is.

    Raises:
        ValueError: where no cell can be trained, and for more than a visitor may have.
    """
    if asker and len(spec) > MOST_OF_VISITOR:
        raise ValueError(
            f"{len(spec):,} cells are too many: each visitor may have sweeps of {MOST_OF_VISITOR}; "
            "choose fewer values or seeds"
        )
    cells = planned(spec)
    keys = {cell.number: key for cell, key in cells if key}
    if not keys:
        raise ValueError(f"no cell can be trained: {cells[0][0].why}")
    text = spec.model_copy(update={"name": ""}).model_dump_json()
    with store.writing() as connection:
        same = "SELECT position, id FROM sweeps WHERE spec = ? AND asker = ?"
        row = connection.execute(same, (text, asker)).fetchone()
        sweep_id = new_id() if row is None else str(row["id"])
        if row is None:
            position = _insert(connection, sweep_id, spec, text, asker)
        else:
            position = int(row["position"])
        connection.execute("UPDATE sweeps SET host = ? WHERE position = ?", (host, position))
        connection.executemany(
            _CELL, [(position, c.number, key, _status(c), c.why) for c, key in cells]
        )
        sweep_rows.fill_keys(connection)
        for number, key in keys.items():
            sweep_rows.reuse(connection, position, number, key)
        sweep_rows.go_on(connection, sweep_id)
    return sweep_id


def _insert(
    connection: sqlite3.Connection, sweep_id: str, spec: SweepSpec, text: str, asker: str
) -> int:
    """Add the row of a sweep; its position."""
    now, name = time.time(), spec.name or title(spec)
    about = {"id": sweep_id, "name": name, "spec": text, "asker": asker}
    return insert(connection, "sweeps", {**about, "created": now, "heartbeat": now})


def _status(cell: PlannedCell) -> str:
    return "refused" if cell.spec is None else "waiting"
