"""Gradient shares: how much of the gradient at each block's input comes through its shortcut."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from resnet_viz.figures import style
from resnet_viz.findings.contestant import Contestant

_WHOLE, _SHORTCUT, _BRANCH = "grad_input_norm", "grad_shortcut_norm", "grad_branch_norm"


def gradient_shares(contestants: Sequence[Contestant], step: int) -> go.Figure:
    """The share (y) by block (x) at the newest measured step up to `step`, for nets with shortcuts.

    The gradient at a block's input is the sum of two parts, through shortcut and branch. The share
    is the shortcut's part projected on the sum, so that both shares add up to 1. It follows from
    the three norms alone: (w^2 + s^2 - b^2) / 2 w^2.
    """
    traces = []
    for index, net in enumerate(contestants):
        shares = shares_of(net, step)
        if not len(shares):
            continue
        traces.append(
            {
                "type": "scatter",
                "x": np.arange(1, len(shares) + 1),
                "y": shares,
                "name": style.name_of(net.name),
                "mode": "lines+markers",
                "line": {"color": net.colour, "width": 2.5},
                "marker": style.marker_of(index, net.colour, 8),
                "hovertemplate": "block %{x}: %{y:.0%}",
            }
        )
    layout = {
        "xaxis": style.axis("block, from input to output"),
        "yaxis": style.axis("shortcut's share of the gradient")
        | {"range": [0, 1.05], "tickformat": ".0%"},
        "annotations": [] if traces else [style.waiting()],
        "hovermode": "x unified",
        "uirevision": "shares",
    }
    return style.figure(traces, layout)


def shares_of(net: Contestant, step: int) -> NDArray[np.float64]:
    """The share of each block; empty where it was not measured."""
    rows = []
    for name in (_WHOLE, _SHORTCUT, _BRANCH):
        series = net.history.series(name)
        row = series.row_at(step)
        if row is None:
            return np.empty(0)
        rows.append(series.values[row, net.place(name).columns].astype(float))
    if len({len(row) for row in rows}) > 1:
        return np.empty(0)
    whole, shortcut, branch = rows
    with np.errstate(all="ignore"):
        share: NDArray[np.float64] = (whole**2 + shortcut**2 - branch**2) / (2 * whole**2)
    return share
