"""Distribution of an end over the seeds: a point for each run, a bar at each median."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from resnet_viz.experiments.sweep_spec import SEED
from resnet_viz.figures import style
from resnet_viz.figures.sweeps.axes import end_axis, names_in_a_row, shown
from resnet_viz.findings.sweeps.courses import colours
from resnet_viz.findings.sweeps.grid import Axis, Grid, Line, Place
from resnet_viz.lab.sweeps import Cell

_WIDTH = 0.7
"""Of the room of one value, that its lines' points take."""


@dataclass(frozen=True)
class _Lane:
    """The points of one line: how many lines there are, which one it is, its colour, its end."""

    number: int
    of: int
    line: Line
    colour: str
    axis: Axis
    end: str

    def span(self, place: Place) -> tuple[float, float]:
        """The room that it has at the value of a place, on the axis of values in a row."""
        each = _WIDTH / self.of
        middle = self.axis.in_order.index(place.at[self.axis.name])
        left = middle - _WIDTH / 2 + self.number * each
        return left + 0.1 * each, left + 0.9 * each

    @property
    def trace(self) -> style.Trace:
        """A mark for each run, beside each other in the order of the seeds."""
        xs: list[float] = []
        found: list[tuple[Cell, float]] = []
        for place in self.line.places:
            at = np.linspace(*self.span(place), len(place.cells) + 2)[1:-1].tolist()
            where = {cell.number: x for cell, x in zip(place.cells, at, strict=True)}
            ends = place.ends(self.end)
            xs += [where[cell.number] for cell, _ in ends]
            found += ends
        name = style.name_of(self.line.name or "all runs")
        return {
            "type": "scatter",
            "mode": "markers",
            "name": name,
            "x": xs,
            "y": [value for _, value in found],
            "marker": style.marker_of(self.number, self.colour, 8),
            "customdata": [str(cell.number) for cell, _ in found],
            "text": [
                f"seed {cell.values[SEED]}: {shown(self.end, value)}" for cell, value in found
            ],
            "hovertemplate": f"%{{text}}<extra>{name}</extra>",
        }

    @property
    def medians(self) -> Sequence[style.Layout]:
        """A bar at the median of each place with several runs."""
        bars = []
        for place in self.line.places:
            if len(place.ends(self.end)) > 1:
                left, right = self.span(place)
                middle = place.middle(self.end)
                ends = {"x0": left, "x1": right, "y0": middle, "y1": middle}
                line = {"color": self.colour, "width": 2}
                bars.append({"type": "line", "line": line} | ends)
        return bars


def seeds(grid: Grid, x: str, end: str) -> go.Figure:
    """The chart: the values of `x` in a row, and at each its lines beside each other.

    A point's customdata is the number of its cell.
    """
    axis, lines = grid.axis(x), grid.lines(x)
    lanes = [
        _Lane(number, len(lines), line, colour, axis, end)
        for number, (line, colour) in enumerate(zip(lines, colours(lines), strict=True))
    ]
    values = [value for line in lines for place in line.places for _, value in place.ends(end)]
    layout: style.Layout = {
        "xaxis": names_in_a_row(axis),
        "yaxis": end_axis(end, values),
        "shapes": [bar for lane in lanes for bar in lane.medians],
        "margin": style.MARGIN | {"l": 70},
        "meta": style.narrow({}),
        "hovermode": "closest",
        "uirevision": f"{x} {end}",
    }
    return style.figure([lane.trace for lane in lanes], layout)
