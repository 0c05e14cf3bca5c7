"""Training loss and accuracy by step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import plotly.graph_objects as go

from resnet_viz.plots import style
from resnet_viz.plots.contestant import Contestant, thinned

MOST_POINTS = 4000


def training_curves(contestants: Sequence[Contestant]) -> go.Figure:
    """Loss (above) and accuracy (below) of each minibatch, before its update, by step.

    Nothing is smoothed. Of a run of more than 4,000 steps 4,000 are drawn, evenly, and the axis
    says so. A loss that is not finite leaves a gap, and a note under the axis says from when.
    """
    traces = [t for number, c in enumerate(contestants) for t in _traces(number, c)]
    said = [text for c in contestants if (text := _not_finite(c))]
    last = max((int(c.history.steps[-1]) for c in contestants if len(c.history)), default=0)
    x = {"range": style.step_range(last), "anchor": "y2"}
    loss = {"domain": [0.52, 1], "rangemode": "tozero", "anchor": "x"}
    accuracy = {"domain": [0, 0.46], "range": [0, 1.02], "tickformat": ".0%", "anchor": "x"}
    layout: style.Layout = {
        "xaxis": style.axis(_x_title(contestants)) | x,
        "yaxis": style.axis("training loss (nats)") | loss,
        "yaxis2": style.axis("accuracy (minibatch)") | accuracy,
        "annotations": style.below(said)
        if any(len(c.history) for c in contestants)
        else [style.waiting(0.75)],
        "hovermode": "x unified",
    }
    return style.figure(traces, layout)


def _x_title(contestants: Sequence[Contestant]) -> str:
    most = max((len(c.history) for c in contestants), default=0)
    return "step" if most <= MOST_POINTS else f"step ({MOST_POINTS:,} of {most:,} drawn)"


def _traces(number: int, contestant: Contestant) -> Iterator[style.Trace]:
    history = contestant.history
    rows = thinned(len(history), MOST_POINTS)
    line = {
        "color": contestant.colour,
        "width": 3,
        "dash": style.DASHES[number % len(style.DASHES)],
    }
    common = {
        "type": "scatter",
        "x": history.steps[rows],
        "name": style.name_of(contestant.name),
        "legendgroup": str(number),
        "mode": "lines",
        "line": line,
    }
    loss = np.where(np.isfinite(history.loss), history.loss, np.nan)[rows]
    yield common | {"y": loss, "hovertemplate": "loss %{y:.3g}"}
    accuracy = {"y": history.accuracy[rows], "yaxis": "y2", "showlegend": False}
    yield common | accuracy | {"hovertemplate": "accuracy %{y:.1%}"}


def _not_finite(contestant: Contestant) -> str:
    broken = np.flatnonzero(~np.isfinite(contestant.history.loss))
    if not broken.size:
        return ""
    first = int(contestant.history.steps[broken[0]])
    steps = style.count(broken.size, "step")
    return f"{style.name_of(contestant.name)}: loss not finite in {steps}, first at step {first}"
