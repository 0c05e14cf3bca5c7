"""Parallel coordinates of a sweep: each run a line through its values and its end, as colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from resnet_viz.experiments.sweep_spec import SEED
from resnet_viz.figures import style
from resnet_viz.figures.sweeps.axes import colour_axis, coloured, shown
from resnet_viz.findings.sweeps.grid import ENDS, Axis, Grid
from resnet_viz.lab.sweeps import Cell
from resnet_viz.text import number

_Run = tuple[Mapping[str, int], Cell, float]
COLOURS = 12
"""Colours that lines have: all lines of one colour are one trace, so that thousands are drawn."""


def parallel(grid: Grid, end: str) -> go.Figure:
    """The chart: one upright axis for each swept one and a last one for the end, from 0 to 1.

    A point's customdata is the number of its cell.
    """
    runs = [(place.at, cell, value) for place in grid.places for cell, value in place.ends(end)]
    values = [value for *_, value in runs]
    scaled = np.array(coloured(end, values, values)) if values else np.empty(0)
    colours = colour_axis(end, values)
    low, high = colours["cmin"], colours["cmax"]
    shares = np.clip((scaled - low) / (high - low), 0, 1) if len(scaled) else scaled
    bins = np.minimum((shares * COLOURS).astype(int), COLOURS - 1)
    traces = []
    for bin_ in range(COLOURS):
        own = [(runs[i], float(shares[i])) for i in np.flatnonzero(bins == bin_)]
        if own:
            traces.append(_lines(grid.axes, own, (bin_ + 0.5) / COLOURS, end))
    # Without a mark: it gives the figure the bar of its colours.
    traces.append(
        {
            "type": "scatter",
            "x": [None],
            "y": [None],
            "mode": "markers",
            "marker": {"color": [low], "coloraxis": "coloraxis"},
            "showlegend": False,
            "hoverinfo": "skip",
        }
    )
    titles = [axis.title.replace(" [", "<br>[") for axis in grid.axes]
    titles.append(ENDS[end].words)
    ticks = {"tickmode": "array", "tickvals": list(range(len(titles))), "ticktext": titles}
    layout: style.Layout = {
        "xaxis": style.axis("")
        | ticks
        | {"range": [-0.4, len(titles) - 0.6], "gridcolor": style.FAINT, "showline": False},
        "yaxis": {"visible": False, "range": [-0.08, 1.08]},
        "coloraxis": colours,
        "annotations": [
            *(label for n, axis in enumerate(grid.axes) for label in _labels(n, axis)),
            *_ends(len(grid.axes), end, values),
        ],
        "margin": style.MARGIN | {"l": 30},
        "meta": style.narrow({}),
        "hovermode": "closest",
        "uirevision": end,
    }
    return style.figure(traces, layout)


def _place(axis: Axis, index: int) -> float:
    return axis.in_order.index(index) / (len(axis) - 1)


def _lines(
    axes: Sequence[Axis],
    runs: Sequence[tuple[_Run, float]],
    share: float,
    end: str,
) -> style.Trace:
    """Runs of one colour as one trace: each a line, with a gap after it."""
    x: list[float | None] = []
    y: list[float | None] = []
    numbers: list[str | None] = []
    texts: list[str] = []
    for (at, cell, value), height in runs:
        x += [*range(len(axes) + 1), None]
        y += [*(_place(axis, at[axis.name]) for axis in axes), height, None]
        said = ", ".join(axis.phrase(at[axis.name]) for axis in axes)
        said = f"{said}, seed {cell.values[SEED]}: {shown(end, value)}".removeprefix(", ")
        numbers += [str(cell.number)] * (len(axes) + 1) + [None]
        texts += [style.name_of(said)] * (len(axes) + 1) + [""]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "customdata": numbers,
        "text": texts,
        "line": {"color": sample_colorscale("Viridis", [share])[0], "width": 1.5},
        "showlegend": False,
        "hovertemplate": "%{text}<extra></extra>",
    }


def _labels(place: int, axis: Axis) -> Sequence[style.Layout]:
    """The values of an axis beside it."""
    return [_label(place, _place(axis, index), axis.labels[index]) for index in range(len(axis))]


def _ends(place: int, end: str, values: Sequence[float]) -> Sequence[style.Layout]:
    if not values:
        return ()
    about = ENDS[end]
    if about.scale == "share":
        return [_label(place, 0.0, "0 %"), _label(place, 1.0, "100 %")]
    return [_label(place, 0.0, number(min(values), 2)), _label(place, 1.0, number(max(values), 2))]


def _label(place: int, height: float, text: str) -> style.Layout:
    at = {"x": place, "y": height, "xref": "x", "yref": "y", "xanchor": "left", "xshift": 5}
    words = {"text": style.name_of(text), "showarrow": False, "font": {"size": 12}}
    return at | words | {"yanchor": "bottom"}
