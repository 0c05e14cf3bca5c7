"""Groups of numbers: one row for each, each seed a mark, and a bar at their median."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

import numpy as np
import plotly.graph_objects as go

from resnet_viz.figures import style
from resnet_viz.text import number

_COLOUR = "#0072B2"
HEIGHT_OF_ROW = 34
_SPREAD = 20
"""From this ratio of the largest to the smallest on, the axis is logarithmic."""


def groups(numbers: Mapping[str, Sequence[float]], unit: str) -> go.Figure:
    """The chart; `unit` is the axis' title. What is not finite has no mark."""
    known = {name: [v for v in values if np.isfinite(v)] for name, values in numbers.items()}
    names = [style.name_of(name) for name in known]
    marks = [(name, v) for name, own in zip(names, known.values(), strict=True) for v in own]
    middles = [(name, median(own)) for name, own in zip(names, known.values(), strict=True) if own]
    values = [v for _, v in marks]
    is_log = bool(values) and min(values) > 0 and max(values) / min(values) >= _SPREAD
    traces: list[style.Trace] = [
        {
            "type": "scatter",
            "x": [v for _, v in middles],
            "y": [name for name, _ in middles],
            "mode": "markers",
            "marker": {
                "symbol": "line-ns-open",
                "size": 18,
                "color": _COLOUR,
                "line": {"width": 3},
            },
            "text": [f"median {number(v)}" for _, v in middles],
            "hovertemplate": "%{text}<extra>%{y}</extra>",
            "showlegend": False,
        },
        {
            "type": "scatter",
            "x": values,
            "y": [name for name, _ in marks],
            "mode": "markers",
            "marker": {"size": 8, "color": _COLOUR, "opacity": 0.6},
            "text": [number(v) for v in values],
            "hovertemplate": "%{text}<extra>%{y}</extra>",
            "showlegend": False,
        },
    ]
    ticks = style.log_ticks(min(values), max(values)) if is_log else {}
    order = {"categoryorder": "array", "categoryarray": names[::-1], "automargin": True}
    layout: style.Layout = {
        "xaxis": style.axis(unit) | ticks,
        "yaxis": style.axis("") | order,
        "margin": style.MARGIN | {"l": 20, "t": 10},
        "hovermode": "closest",
        "uirevision": unit,
    }
    return style.figure(traces, layout)
