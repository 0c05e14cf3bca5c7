"""Gradient flow bars: the largest and the average absolute gradient of each layer at one step, as
many training scripts draw them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil

import numpy as np
import plotly.graph_objects as go

from resnet_viz.figures import style
from resnet_viz.findings.contestant import Contestant, decades, shown

AVERAGE, LARGEST = "grad_mean_abs", "grad_max_abs"
ABOUT_BARS = (
    "Pale bars: the largest number in a layer's gradient. Full bars: the average size of a number. "
    "Only layers of the main path have bars."
)
_KINDS = ((LARGEST, "largest", 0.35), (AVERAGE, "average", 1.0))
"""A quantity, its word in the legend, and the opacity of its bars: the average stands before."""


def gradient_flow_bars(contestants: Sequence[Contestant], step: int) -> go.Figure:
    """Absolute gradients (y, log) of the layers of the main path (x: their positions) at `step`, or
    at the newest step before at which they were taken, which the legend says.

    A net has a bar at each layer: pale up to the largest, full up to the average.
    """
    traces = [trace for i, net in enumerate(contestants) for trace in _bars(i, net, step)]
    ends = [decades(contestants, name) for name, *_ in _KINDS]
    low, high = min(low for low, _ in ends), max(high for _, high in ends)
    places = [net.place(AVERAGE) for net in contestants]
    deepest = max((int(p) for own in places for p in own.positions), default=1)
    where = {
        of: [position]
        for own in places
        for of, position in zip(own.names, own.positions.tolist(), strict=True)
    }
    waiting = [] if traces else [style.waiting()]
    layout = {
        "barmode": "group",
        "bargap": 0.1,
        "xaxis": style.axis("layer, from input to output")
        | {"range": [0, deepest + 1], "unifiedhovertitle": {"text": "<b>layer %{x}</b>"}},
        "yaxis": style.axis("absolute gradient |∂L/∂W|")
        | {
            "type": "log",
            "range": [low, high],
            "dtick": max(1, ceil((high - low) / 8)),
            "exponentformat": "power",
        },
        "annotations": waiting,
        "hovermode": "x unified",
        "uirevision": AVERAGE,
        "meta": style.narrow({}) | {"places": {"xaxis": where}},
    }
    return style.figure(traces, layout)


def _bars(index: int, net: Contestant, step: int) -> Iterator[style.Trace]:
    for name, word, opacity in _KINDS:
        series = net.history.series(name)
        row = series.row_at(step)
        if row is None:
            continue
        own = int(series.steps[row])
        at = "" if own == step else f" (step {own})"
        main = net.place(name).only("main")
        yield {
            "type": "bar",
            "x": main.positions,
            "y": shown(series.values[row, main.columns]).astype(np.float32),
            "text": list(main.names),
            "textposition": "none",
            "name": f"{style.name_of(net.name)}, {word}{at}",
            "offsetgroup": f"net{index}",
            "legendgroup": f"net{index}",
            "marker": {"color": net.colour, "line": {"width": 0}},
            "opacity": opacity,
            "hovertemplate": "%{y:.3g}",
        }
