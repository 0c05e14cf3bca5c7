"""An end of a sweep's runs along one axis: each seed a point, lines through their medians.

Of depth and loss this is He et al. 2015, Fig. 1 and 6, in one.
"""

from __future__ import annotations

from collections.abc import Iterator

import plotly.graph_objects as go

from resnet_viz.experiments.sweep_spec import SEED
from resnet_viz.figures import style
from resnet_viz.figures.sweeps.axes import end_axis, places_on, shown, swept_axis
from resnet_viz.findings.sweeps.courses import colours
from resnet_viz.findings.sweeps.grid import Axis, Grid, Line


def along_axis(grid: Grid, x: str, end: str) -> go.Figure:
    """The chart: a line for each combination of the other axes, with a bar over all of its seeds.

    A point's customdata is the number of its cell.
    """
    axis, lines = grid.axis(x), grid.lines(x)
    made = zip(lines, colours(lines), strict=True)
    traces = [
        t for n, (line, colour) in enumerate(made) for t in _traces(n, line, colour, axis, end)
    ]
    values = [value for line in lines for place in line.places for _, value in place.ends(end)]
    layout: style.Layout = {
        "xaxis": swept_axis(axis),
        "yaxis": end_axis(end, values),
        "margin": style.MARGIN | {"l": 70},
        "meta": style.narrow({}),
        "hovermode": "closest",
        "uirevision": f"{x} {end}",
    }
    return style.figure(traces, layout)


def _traces(number: int, line: Line, colour: str, axis: Axis, end: str) -> Iterator[style.Trace]:
    at = places_on(axis)
    known = [(at[p.at[axis.name]], p, p.ends(end)) for p in line.places]
    known = [one for one in known if one[2]]
    middles = [place.middle(end) for _, place, _ in known]
    name = style.name_of(line.name or "all runs")
    common: style.Trace = {"type": "scatter", "name": name, "legendgroup": str(number)}
    yield common | {
        "x": [x for x, *_ in known],
        "y": middles,
        "mode": "lines",
        "line": style.line_of(number, colour),
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [
                max(v for _, v in ends) - middle
                for (*_, ends), middle in zip(known, middles, strict=True)
            ],
            "arrayminus": [
                middle - min(v for _, v in ends)
                for (*_, ends), middle in zip(known, middles, strict=True)
            ],
            "color": colour,
            "thickness": 1.5,
            "width": 5,
        },
        "hoverinfo": "skip",
    }
    points = [(x, cell, value) for x, _, ends in known for cell, value in ends]
    yield common | {
        "x": [x for x, *_ in points],
        "y": [value for *_, value in points],
        "mode": "markers",
        "marker": style.marker_of(number, colour, 8) | {"opacity": 0.75},
        "showlegend": False,
        "customdata": [str(cell.number) for _, cell, _ in points],
        "text": [f"seed {cell.values[SEED]}: {shown(end, value)}" for _, cell, value in points],
        "hovertemplate": f"%{{text}}<extra>{name}</extra>",
    }
