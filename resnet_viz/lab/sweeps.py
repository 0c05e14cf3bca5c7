"""Sweeps of a lab: each cell with its run and how it ended, and the table of them."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from resnet_viz.arch.config import explain
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.sweep_spec import AxisValue, PlannedCell, SweepSpec, flat
from resnet_viz.quantities.points import FINAL_NAMES
from resnet_viz.scheduler.engine import BoundEngine
from resnet_viz.scheduler.sweeps import cell_queue, expectation, submit_sweep
from resnet_viz.scheduler.sweeps.cell_queue import read_sweep_spec
from resnet_viz.store import sweep_rows
from resnet_viz.store.recovery.guarded_store import GuardedStore
from resnet_viz.text import shorten

if TYPE_CHECKING:
    from pandas import DataFrame

SweepStatus = Literal["running", "paused", "stopped", "finished"]
OVER = ("finished", "stopped", "failed", "interrupted")
_MOST_PRIORITY = 10**12


@dataclass(frozen=True)
class Cell:
    """One cell of a sweep.

    `status` is "waiting", "refused" or a run's. `run_id` is None where there is no run yet, or no
    longer: `end` is kept even then. `end` has what the run's final record holds, by the names of
    `quantities.points.FINAL_NAMES`; a number that is not finite is None, and it is empty before
    the end. `seconds` is how long the steps took, `message` why it failed or was ended early.
    """

    number: int
    values: Mapping[str, AxisValue]
    run_id: str | None
    status: str
    steps_done: int
    message: str
    end: Mapping[str, float | None]
    seconds: float | None
    of: SweepSpec = field(repr=False)

    @property
    def spec(self) -> RunSpec | None:
        """What the cell trains; None where its combination is refused."""
        return self.of.cell(self.number).spec


@dataclass(frozen=True)
class Sweep:
    """A sweep as it is now, with its cells in the order of their turns."""

    id: str
    name: str
    spec: SweepSpec
    status: SweepStatus
    created: float
    cells: Sequence[Cell]
    seconds_left: float | None
    reused: int = 0
    """How many cells have their end from a run of another sweep, or of a race."""


@dataclass(frozen=True)
class SweepSummary:
    """A sweep in a list: how many cells have which status, and not the cells themselves.

    `spec` is None where it cannot be read, as one of another version: it can still be deleted.
    """

    id: str
    name: str
    spec: SweepSpec | None
    status: SweepStatus
    created: float
    counts: Mapping[str, int]

    @property
    def runs(self) -> int:
        """How many runs it has, those to come included."""
        return sum(number for status, number in self.counts.items() if status != "refused")

    @property
    def over(self) -> int:
        """How many of them are over."""
        return sum(self.counts.get(status, 0) for status in OVER)


_CELLS = """
SELECT c.number, iif(c.status = 'waiting', NULL, c.run) AS run, c.final, c.seconds,
    coalesce(r.status, c.status) AS status, coalesce(r.steps_done, c.steps_done) AS steps_done,
    coalesce(r.message, c.message) AS message
FROM sweep_cells AS c LEFT JOIN runs AS r ON c.status = 'under way' AND r.id = c.run
WHERE c.sweep = ? ORDER BY c.number
"""
_REUSED = """
SELECT count(*) FROM sweep_cells AS c JOIN runs AS r ON r.id = c.run
WHERE c.sweep = ? AND c.final IS NOT NULL AND r.sweep <> ?
"""
_COUNTS = """
SELECT c.sweep, coalesce(r.status, c.status) AS status, count(*) AS count
FROM sweep_cells AS c LEFT JOIN runs AS r ON c.status = 'under way' AND r.id = c.run
GROUP BY c.sweep, coalesce(r.status, c.status)
"""


_DONE = "SELECT * FROM sweep_cells WHERE key = ? AND final IS NOT NULL LIMIT 1"
_RUN = """
SELECT *, (SELECT max(seconds) FROM records WHERE run = position) AS seconds FROM runs
WHERE key = ? AND status IN ('finished', 'queued', 'running', 'paused') ORDER BY status LIMIT 1
"""


class Sweeps:
    """The sweeps in a store; `Lab` says what its methods do."""

    def __init__(self, store: GuardedStore, engine: BoundEngine) -> None:
        self._store, self._engine = store, engine

    def submit(self, spec: SweepSpec, asker: str) -> str:
        """Begin a sweep, or go on with it; its id."""
        self._engine.prepare()
        sweep_id = self._store.use(submit_sweep.submit, spec, asker, self._engine.host)
        self._engine.start()
        return sweep_id

    def everything(self) -> Sequence[SweepSummary]:
        """All sweeps, the newest first, without their cells."""
        self._revive()
        return self._store.read(_summaries)

    def get(self, sweep_id: str) -> Sweep:
        """One sweep as it is now."""
        self._revive()
        return self._store.read(_read, sweep_id)

    def cells(self, spec: SweepSpec) -> Sequence[Cell]:
        """The cells of a sweep as far as they are trained here; nothing starts."""
        return self._store.read(_cells_here, spec)

    def prioritise(self, sweep_id: str, priority: int) -> None:
        """Have a sweep served before those of a lower priority."""
        if not -_MOST_PRIORITY <= priority <= _MOST_PRIORITY:
            raise ValueError(
                f"priority = {shorten(priority)} is not allowed; allowed: whole numbers from "
                f"{-_MOST_PRIORITY:,} to {_MOST_PRIORITY:,}"
            )
        self._store.write(_prioritise, sweep_id, priority)

    def _revive(self) -> None:
        self._engine.revive(self._store.read(cell_queue.waiting, self._engine.host))


def _prioritise(connection: sqlite3.Connection, sweep_id: str, priority: int) -> None:
    position = _row(connection, sweep_id)["position"]
    query = "UPDATE sweeps SET priority = ? WHERE position = ?"
    connection.execute(query, (priority, position))


def _row(connection: sqlite3.Connection, sweep_id: str) -> sqlite3.Row:
    query = "SELECT * FROM sweeps WHERE id = ?"
    row: sqlite3.Row | None = connection.execute(query, (sweep_id,)).fetchone()
    if row is None:
        raise ValueError(f"there is no sweep with the id {shorten(sweep_id)}")
    return row


def _read(connection: sqlite3.Connection, sweep_id: str) -> Sweep:
    cell_queue.settle(connection)
    row = _row(connection, sweep_id)
    try:
        spec = read_sweep_spec(row["spec"])
    except ValueError as error:
        said = f"the sweep {shorten(sweep_id)} cannot be read, but it can be deleted"
        raise ValueError(f"{said}: {explain(error)}") from error
    rows = connection.execute(_CELLS, (row["position"],)).fetchall()
    cells = tuple(_cell(cell, spec, cell["number"]) for cell in rows)
    about = row["id"], row["name"], spec, row["status"], row["created"]
    (reused,) = connection.execute(_REUSED, (row["position"], row["id"])).fetchone()
    return Sweep(*about, cells, expectation.seconds_left(row["spec"], rows), reused)


def _cells_here(connection: sqlite3.Connection, spec: SweepSpec) -> Sequence[Cell]:
    cell_queue.settle(connection)
    return tuple(
        _cell_here(connection, cell, key, spec) for cell, key in submit_sweep.planned(spec)
    )


def _cell_here(
    connection: sqlite3.Connection, planned: PlannedCell, key: str, spec: SweepSpec
) -> Cell:
    """A cell by whatever trained, or trains, the same: another sweep, a race or a single run."""
    of = planned.number, spec.values(planned.number)
    if not key:
        return Cell(*of, None, "refused", 0, planned.why, {}, None, spec)
    if done := connection.execute(_DONE, (key,)).fetchone():
        return _cell(done, spec, planned.number)
    run = connection.execute(_RUN, (key,)).fetchone()
    if run is None:
        return Cell(*of, None, "waiting", 0, "", {}, None, spec)
    steps = run["steps_done"]
    is_finished = run["status"] == "finished"
    end = sweep_rows.end_values(connection, run["position"], steps) if is_finished else {}
    return Cell(*of, run["id"], run["status"], steps, run["message"], end, run["seconds"], spec)


def _cell(row: sqlite3.Row, spec: SweepSpec, number: int) -> Cell:
    end = json.loads(row["final"]) if row["final"] else {}
    counts = row["steps_done"], row["message"], end, row["seconds"]
    return Cell(number, spec.values(number), row["run"], row["status"], *counts, spec)


def _summaries(connection: sqlite3.Connection) -> Sequence[SweepSummary]:
    cell_queue.settle(connection)
    counts: dict[int, Counter[str]] = {}
    for row in connection.execute(_COUNTS):
        counts.setdefault(row["sweep"], Counter())[row["status"]] = row["count"]
    rows = connection.execute("SELECT * FROM sweeps ORDER BY position DESC").fetchall()
    return [
        SweepSummary(
            *(row["id"], row["name"], _readable(row["spec"]), row["status"]),
            *(row["created"], counts.get(row["position"], Counter())),
        )
        for row in rows
    ]


def _readable(text: str) -> SweepSpec | None:
    with suppress(ValueError):
        return read_sweep_spec(text)
    return None


def frame(sweep: Sweep) -> DataFrame:
    """The table of a sweep: the axes, seed, run, status, steps, end values, seconds a step."""
    import pandas as pd  # noqa: PLC0415  a second of its own

    cells = sweep.cells
    axes = (*sweep.spec.axes, "seed")
    columns: dict[str, list[object]] = {
        axis: [flat(axis, cell.values[axis]) for cell in cells] for axis in axes
    }
    for name in ("run_id", "status", "steps_done"):
        columns[name] = [getattr(cell, name) for cell in cells]
    numbers = {name: [cell.end.get(name) for cell in cells] for name in FINAL_NAMES}
    numbers["step_seconds"] = [
        cell.seconds / cell.steps_done if cell.seconds and cell.steps_done else None
        for cell in cells
    ]
    floats = {name: pd.array(values, dtype="float64") for name, values in numbers.items()}
    messages = {"message": [cell.message for cell in cells]}
    return pd.DataFrame({**columns, **floats, **messages})
