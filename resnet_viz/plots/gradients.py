"""Gradient norm by layer at one step: the race's main picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil

import numpy as np
import plotly.graph_objects as go

from resnet_viz.plots import style
from resnet_viz.plots.contestant import Contestant, Indices, decades, shown

Y_TITLE = "gradient norm ‖∂L/∂W‖ (log scale)"
X_TITLE = "layer, from input to output"
HOVER = "%{text}<br>layer %{x}: %{y:.3g}"
# Beyond this many layers markers only smear the line.
MOST_MARKERS = 250


def gradient_by_layer(contestants: Sequence[Contestant], step: int) -> go.Figure:
    """Gradient norm (y, log) of each weighted layer (x: its position) at `step`.

    A net that has not come to `step` is shown at its newest step, and its name says which.
    Projections are open markers beside the line. What a log axis cannot show (0, inf, NaN) leaves
    a gap, and a note under the axis counts it.
    """
    rows = [(number, c, c.row_at(step)) for number, c in enumerate(contestants)]
    started = [(number, c, row) for number, c, row in rows if row is not None]
    traces = [t for number, c, row in started for t in _traces(number, c, row, step)]
    said = [text for _, c, row in started if (text := _not_shown(c, row))]
    layout = {
        "xaxis": style.axis(X_TITLE) | {"range": [0, _deepest(contestants) + 1]},
        "yaxis": style.axis(Y_TITLE) | _log_axis(*decades(contestants)),
        "annotations": style.below(said) if started else [style.waiting()],
        "hovermode": "closest",
    }
    return style.figure(traces, layout)


def _log_axis(low: float, high: float) -> style.Layout:
    """Limits as log10; at most about eight ticks, each at a whole power of ten."""
    every = max(1, ceil((high - low) / 8))
    return {"type": "log", "range": [low, high], "dtick": every, "exponentformat": "power"}


def _deepest(contestants: Sequence[Contestant]) -> int:
    return max((layer.position for c in contestants for layer in c.layers), default=1)


def _traces(number: int, contestant: Contestant, row: int, step: int) -> Iterator[style.Trace]:
    own = int(contestant.history.steps[row])
    name = style.name_of(contestant.name) + ("" if own == step else f" (step {own})")
    symbol, colour = style.MARKERS[number % len(style.MARKERS)], contestant.colour
    line = {"color": colour, "width": 3, "dash": style.DASHES[number % len(style.DASHES)]}
    mode = "lines+markers" if len(contestant.main) <= MOST_MARKERS else "lines"
    marker = {"symbol": symbol, "size": 8, "color": colour}
    look = {"name": name, "mode": mode, "line": line, "marker": marker}
    yield _points(contestant, row, contestant.main) | look
    if len(contestant.projections):
        marker = {"symbol": f"{symbol}-open", "size": 11, "color": colour, "line": {"width": 3}}
        look = {"name": f"{name}, projections", "mode": "markers", "marker": marker}
        yield _points(contestant, row, contestant.projections) | look


def _points(contestant: Contestant, row: int, columns: Indices) -> style.Trace:
    layers = [contestant.layers[column] for column in columns]
    return {
        "type": "scatter",
        "x": np.array([layer.position for layer in layers]),
        "y": shown(contestant.history.grad_norm[row, columns]),
        "text": [layer.name for layer in layers],
        "hovertemplate": HOVER,
    }


def _not_shown(contestant: Contestant, row: int) -> str:
    """What the log axis leaves out, in words; "" for nothing."""
    norms = contestant.history.grad_norm[row]
    broken = int((~np.isfinite(norms)).sum())
    zero = int((norms == 0).sum())
    texts = [f"{style.count(broken, 'layer')}: not finite"] if broken else []
    if zero:
        texts.append(f"{style.count(zero, 'layer')}: exactly 0, which a log axis cannot show")
    return f"{style.name_of(contestant.name)}: {'; '.join(texts)}" if texts else ""
