"""Courses of a sweep's runs: what its claims are made from, beside the table of ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resnet_viz.experiments.sweep_spec import SEED
from resnet_viz.findings.claims.learning import Course, Standing
from resnet_viz.findings.colours import contestant_colours
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.final_level import FINAL
from resnet_viz.findings.nets import Net
from resnet_viz.findings.sweeps.grid import FINISHED, REFUSED, Grid, Line, Place
from resnet_viz.lab.sweeps import OVER, Cell
from resnet_viz.quantities.points import FINAL_NAMES
from resnet_viz.quantities.quantity import Along
from resnet_viz.quantities.records import History
from resnet_viz.store.sweep_rows import HOPELESS

Histories = Mapping[str, History]
"""The losses, accuracies and measured ends of runs, by their ids."""
_HEADER = {FINAL: Along("final", FINAL_NAMES)}


def is_over(cell: Cell) -> bool:
    """Whether nothing more comes of a cell."""
    return cell.status in OVER or cell.status == REFUSED


def runs_of(place: Place, histories: Histories, name: str = "") -> Sequence[Contestant | None]:
    """A place's runs as the rules for their course see them; None for those without a step.

    They have no recipe: whatever differs between two places of a sweep is what is compared.
    """
    spec = place.first.spec
    if spec is None:
        return [None] * len(place.cells)
    return [
        Contestant(
            f"{name}, seed {cell.values[SEED]}",
            "",
            (),
            history,
            spec.adapted.num_classes,
            _HEADER,
            config=spec.adapted,
            net=name,
            net_name=name,
            batch_size=spec.batch_size,
            is_over=is_over(cell),
        )
        if (history := histories.get(cell.run_id or "")) is not None and len(history)
        else None
        for cell in place.cells
    ]


def came_to_an_end(cell: Cell, course: Course) -> bool:
    """Whether a run did all of its steps, or ended early because nothing more would come of it."""
    is_hopeless = cell.message.startswith(HOPELESS) or course.diverged is not None
    return cell.status == FINISHED or is_hopeless


def standing_of(grid: Grid, place: Place, histories: Histories) -> Standing | None:
    """How a place's runs ended; None until all of its seeds are over, and where one was not let
    come to its end: what is left of the seeds is a selection, and says little of the rest.

    A run that a rule ended as hopeless counts, with its losses.
    """
    if not all(map(is_over, place.cells)):
        return None
    name = grid.name_of(place)
    found = runs_of(place, histories, name)
    courses = [Course(run, len(run.history)) for run in found if run is not None]
    if len(courses) < len(found):
        return None
    ended = zip(place.cells, courses, strict=True)
    if not all(came_to_an_end(cell, course) for cell, course in ended):
        return None
    runs = [course.run for course in courses]
    return Standing(Net(name, runs[0].config, runs), tuple(courses))


def colours(lines: Sequence[Line]) -> Sequence[str]:
    """A colour for each line: blues for residual nets, oranges for plain ones."""
    return contestant_colours([line.config for line in lines])
