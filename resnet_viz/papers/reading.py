"""Reading: what a lab already has of an exhibit, and its statements judged by that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf, isfinite
from typing import Any

from resnet_viz.findings.sweeps.courses import is_over
from resnet_viz.lab.lab import Lab
from resnet_viz.lab.sweeps import Cell
from resnet_viz.measurements import measurement
from resnet_viz.papers.exhibit import Counted, New, Part, Trained
from resnet_viz.papers.statements import Judged, Numbers

Results = Mapping[str, Mapping[str, Any]]
"""Of the nets of a `New`: name -> array -> numbers, from one seed."""


def judged(part: Part, numbers: Numbers) -> Sequence[Judged]:
    """The statements of a part, held against its numbers."""
    return tuple(statement.judge(numbers) for statement in part.statements)


def numbers_of(lab: Lab, part: Part, results: Sequence[Results] = ()) -> Numbers:
    """The numbers of a part, as far as they are there; `results` are those of a `New`, by seed."""
    if isinstance(part, Counted):
        return part.count()
    if isinstance(part, New):
        return of_new(part, results)
    return of_cells(lab, part, lab.sweep_cells(part.sweep))


def of_new(part: New, results: Sequence[Results]) -> Numbers:
    """What is read of the measurements of new nets, a number per seed."""
    return {name: [part.read(one[name]) for one in results] for name in part.nets if results}


def of_cells(lab: Lab, part: Trained, cells: Sequence[Cell]) -> Numbers:
    """What is read of a sweep's cells: the groups of which each seed has come to its end."""
    found: dict[str, Sequence[float]] = {}
    for group, values in part.groups.items():
        own = [cell for cell in cells if _has(cell, values)]
        read = [_number(lab, part, cell) for cell in own]
        if own and None not in read:
            found[group] = [value for value in read if value is not None]
    return found


def left_to_measure(lab: Lab, part: Trained, cells: Sequence[Cell]) -> Sequence[str]:
    """The runs of a part's groups that are trained and not yet measured, by their ids."""
    if not part.measurement:
        return ()
    groups = part.groups.values()
    own = [cell for cell in cells if any(_has(cell, values) for values in groups)]
    return tuple(
        cell.run_id
        for cell in own
        if cell.status == "finished" and cell.run_id and _measured(lab, part, cell) is None
    )


def _has(cell: Cell, values: Mapping[str, object]) -> bool:
    return all(cell.values.get(axis) == value for axis, value in values.items())


def _number(lab: Lab, part: Trained, cell: Cell) -> float | None:
    """The number of a cell; None before it has one, and infinity where it diverged."""
    if not is_over(cell) or not cell.end:
        return None
    if part.measurement or part.quantity:
        arrays = _measured(lab, part, cell) if part.measurement else _last(lab, part, cell)
        return None if arrays is None or part.read is None else part.read(arrays)
    value = cell.end.get(part.of)
    return value if value is not None and isfinite(value) else inf


def _measured(lab: Lab, part: Trained, cell: Cell) -> Mapping[str, Any] | None:
    """What the part's measurement, as it is by default, has found last of a run's last weights."""
    if cell.run_id is None:
        return None
    asked = cell.steps_done, part.measurement, measurement(part.measurement).checked({})
    found = (
        one.found
        for one in reversed(lab.measured(cell.run_id))
        if (one.step, one.measurement, one.settings) == asked
    )
    return next(found, None)


def _last(lab: Lab, part: Trained, cell: Cell) -> Mapping[str, Any] | None:
    """The last values of the part's quantity, along its layers or blocks."""
    if cell.run_id is None:
        return None
    run = lab.get(cell.run_id)
    series = lab.series(run, part.quantity, (0, cell.steps_done))
    return {part.quantity: series.values[-1]} if len(series.values) else None
