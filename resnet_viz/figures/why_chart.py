"""Why chart: the small picture of one of the three steps that tell why a race went as it did."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from resnet_viz.figures import style
from resnet_viz.findings.why import WhyStep


def why_chart(step: WhyStep) -> go.Figure:
    """A line of each net over depth or steps; the names are at hand in the legend above."""
    traces = [
        {
            "type": "scatter",
            "mode": "lines" if len(line.x) > 1 else "markers",
            "name": line.name,
            "x": line.x,
            "y": line.y,
            "line": style.line_of(place, line.colour),
            "marker": style.marker_of(place, line.colour, 9),
            "hovertemplate": "%{y:.3g}<extra>%{fullData.name}</extra>",
        }
        for place, line in enumerate(step.lines)
    ]
    layout: style.Layout = {
        "xaxis": style.axis(step.x_title)
        | ({"autorange": "reversed"} if step.is_of_layers else {}),
        "yaxis": style.axis(step.y_title) | _vertical(step),
        "margin": {"l": 64, "r": 8, "t": 56, "b": 52},
        "hovermode": "x",
        "uirevision": step.title,
    }
    return style.figure(traces, layout)


def _vertical(step: WhyStep) -> style.Layout:
    """Powers of ten for what is shown by its logarithm, else from 0 up."""
    if not step.is_log:
        return {"rangemode": "tozero", "nticks": 5}
    values = np.concatenate([line.y for line in step.lines]) if step.lines else np.empty(0)
    known = values[np.isfinite(values) & (values > 0)]
    if not known.size:
        return {"type": "log"}
    low, high = float(known.min()), float(known.max())
    room = 0.05 * max(1.0, np.log10(high / low))
    limits = [float(np.log10(low)) - room, float(np.log10(high)) + room]
    return {"type": "log", "range": limits} | style.log_ticks(low, high)
