"""Heat map of an end over two axes of a sweep: the median over the seeds and over other axes."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from resnet_viz.figures import style
from resnet_viz.figures.sweeps.axes import colour_axis, coloured, names_in_a_row, shown
from resnet_viz.findings.sweeps.grid import ENDS, Axis, Grid
from resnet_viz.text import count


def heat_map(grid: Grid, x: str, y: str, end: str) -> go.Figure:
    """The chart; a cell's customdata is the number of the first of the sweep's cells in it."""
    across, up = grid.axis(x), grid.axis(y)
    shape = len(up), len(across)
    found: dict[tuple[int, int], list[float]] = {}
    firsts: dict[tuple[int, int], int] = {}
    row, column = _ranks(up), _ranks(across)
    for place in grid.places:
        at = row[place.at[y]], column[place.at[x]]
        firsts.setdefault(at, place.first.number)
        found.setdefault(at, []).extend(value for _, value in place.ends(end))
    values = np.full(shape, np.nan)
    texts = np.full(shape, "", object)
    for at, own in found.items():
        if own:
            values[at] = median(own)
            texts[at] = f"{shown(end, values[at])}<br>median of {count(len(own), 'run')}"
    among = values.ravel().tolist()
    drawn = np.array(coloured(end, among, among)).reshape(shape)
    trace: style.Trace = {
        "type": "heatmap",
        "z": drawn,
        "x": list(range(shape[1])),
        "y": list(range(shape[0])),
        "customdata": [
            [str(firsts[i, j]) if (i, j) in firsts else None for j in range(shape[1])]
            for i in range(shape[0])
        ],
        "text": texts.tolist(),
        "hovertemplate": "%{text}<extra></extra>",
        "coloraxis": "coloraxis",
        "xgap": 2,
        "ygap": 2,
    }
    colours = colour_axis(end, among)
    layout: style.Layout = {
        "xaxis": names_in_a_row(across),
        "yaxis": names_in_a_row(up),
        "coloraxis": colours,
        "margin": style.MARGIN | {"l": 110},
        "annotations": _texts(drawn, texts, colours)
        if np.isfinite(values).any()
        else [style.waiting() | {"text": NOTHING}],
        "meta": style.narrow({}),
        "uirevision": f"{x} {y} {end}",
        "hovermode": "closest",
    }
    return style.figure([trace], layout)


LIGHT = 0.45
"""From this share of Viridis on black is read better than white."""
MOST_TEXTS = 36
"""Of so many fields each has its value written in it."""
NOTHING = "Fills in as runs end"


def _ranks(axis: Axis) -> dict[int, int]:
    return {index: rank for rank, index in enumerate(axis.in_order)}


def _texts(
    drawn: NDArray[np.float64], texts: NDArray[Any], colours: style.Layout
) -> Sequence[style.Layout]:
    """The value of each field in it, white on dark colours and black on light ones."""
    if drawn.size > MOST_TEXTS:
        return []
    shares = (drawn - colours["cmin"]) / (colours["cmax"] - colours["cmin"])
    return [
        {
            "x": column,
            "y": row,
            "text": str(texts[row, column]).partition("<br>")[0],
            "showarrow": False,
            "font": {"color": "#000000" if share > LIGHT else "#ffffff", "size": 12},
        }
        for (row, column), share in np.ndenumerate(shares)
        if np.isfinite(share)
    ]


def words(grid: Grid, x: str, y: str, end: str) -> str:
    """What the map shows, in a sentence."""
    others = [axis for axis in grid.axes if axis.name not in (x, y)]
    over = "seeds" if not others else f"seeds and {', '.join(a.noun or a.title for a in others)}"
    return f"Each field is the median {ENDS[end].words} over {over}. Empty fields have none yet."
