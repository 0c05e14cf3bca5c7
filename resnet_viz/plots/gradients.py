"""Gradient norm by layer at one step: the race's main picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from types import MappingProxyType

import numpy as np
import plotly.graph_objects as go

from resnet_viz.arch.operations import Role
from resnet_viz.plots import style
from resnet_viz.plots.contestant import Contestant, Indices, decades, shown
from resnet_viz.plots.style import number

Y_TITLE = "gradient norm ‖∂L/∂W‖"
X_TITLE = "layer, from input to output"
# Beyond this many layers markers only smear the line.
MOST_MARKERS = 250
# Markers of layers beside the main path: a suffix of the net's own shape, and a size.
BESIDE: Mapping[Role, tuple[str, int]] = MappingProxyType(
    {
        "projection": ("-open", 11),
        "gate": ("-open-dot", 11),
        "squeeze-and-excitation": ("-open", 7),
    }
)
IN_LEGEND: Mapping[Role, str] = MappingProxyType(
    {"projection": "projections", "gate": "gates", "squeeze-and-excitation": "SE layers"}
)


def gradient_by_layer(contestants: Sequence[Contestant], step: int) -> go.Figure:
    """Gradient norm (y, log) of each weighted layer (x: its position) at `step`.

    A net that has not come to `step` is shown at its newest step, and its name says which. Where
    the first step is not the one shown, it stays as a thin line. Layers beside the main path are
    open markers, named by what they are. One hover shows all nets' norms at a position, under the
    layer's name. What a log axis cannot show (0, inf, NaN) leaves a gap, and a note under the
    axis counts it.
    """
    rows = [(index, c, c.row_at(step)) for index, c in enumerate(contestants)]
    started = [(index, c, row) for index, c, row in rows if row is not None]
    traces = [t for index, c, row in started for t in _traces(index, c, row, step)]
    ghosts = [_ghost(index, c) for index, c, row in started if row > 0]
    if ghosts:
        ghosts[0]["showlegend"] = True
    names = [_layer_names([c for _, c, _ in started])] if started else []
    said = [text for _, c, row in started if (text := _not_shown(c, row))]
    deepest = max((layer.position for c in contestants for layer in c.layers), default=1)
    layout = {
        "xaxis": style.axis(X_TITLE)
        | {
            "range": [0, deepest + 1],
            "unifiedhovertitle": {"text": "<b>layer %{x}</b>"},
        },
        "yaxis": style.axis(Y_TITLE) | _log_axis(*decades(contestants)),
        "annotations": style.below(said) if started else [style.waiting()],
        "hovermode": "x unified",
        "margin": style.MARGIN | {"b": 60 + 22 * len(said)},
        "meta": style.narrow({}),
    }
    return style.figure([*names, *ghosts, *traces], layout)


def gradient_alt(contestants: Sequence[Contestant], step: int) -> str:
    """The picture in words: each net's norms at both ends."""
    said = []
    for contestant in contestants:
        row = contestant.row_at(step)
        if row is not None:
            norms = contestant.history.grad_norm[row, contestant.main]
            ends = f"{number(norms[0])} at the first layer, {number(norms[-1])} at the last"
            said.append(f"{contestant.name}: {ends}")
    at = f" at step {step}" if said else ""
    return f"Gradient norm of each layer{at}. {'; '.join(said) or style.WAITING}."


def _log_axis(low: float, high: float) -> style.Layout:
    """Limits as log10; at most about eight ticks, each at a whole power of ten."""
    every = max(1, ceil((high - low) / 8))
    return {"type": "log", "range": [low, high], "dtick": every, "exponentformat": "power"}


def _traces(index: int, contestant: Contestant, row: int, step: int) -> Iterator[style.Trace]:
    own = int(contestant.history.steps[row])
    name = style.name_of(contestant.name) + ("" if own == step else f" (step {own})")
    symbol, colour = style.MARKERS[index % len(style.MARKERS)], contestant.colour
    line = {"color": colour, "width": 3, "dash": style.DASHES[index % len(style.DASHES)]}
    mode = "lines+markers" if len(contestant.main) <= MOST_MARKERS else "lines"
    marker = {"symbol": symbol, "size": 8, "color": colour}
    look = {"name": name, "mode": mode, "line": line, "marker": marker}
    yield _points(contestant, row, contestant.main) | look | {"hovertemplate": "%{y:.3g}"}
    for role, columns in contestant.beside.items():
        suffix, size = BESIDE[role]
        marker = {"symbol": symbol + suffix, "size": size, "color": colour, "line": {"width": 3}}
        look = {"name": f"{name}, {IN_LEGEND[role]}", "mode": "markers", "marker": marker}
        template = f"%{{y:.3g}}<extra>{name}, {role}: %{{text}}</extra>"
        yield _points(contestant, row, columns) | look | {"hovertemplate": template}


def _ghost(index: int, contestant: Contestant) -> style.Trace:
    """The first step, thin and faint under the others."""
    dash = style.DASHES[index % len(style.DASHES)]
    return _points(contestant, 0, contestant.main) | {
        "name": f"step {contestant.history.steps[0]}",
        "legendgroup": "ghost",
        "showlegend": False,
        "legendrank": 2000,
        "mode": "lines",
        "line": {"color": contestant.colour, "width": 1.5, "dash": dash},
        "opacity": 0.6,
        "hoverinfo": "skip",
    }


def _points(contestant: Contestant, row: int, columns: Indices) -> style.Trace:
    layers = [contestant.layers[column] for column in columns]
    return {
        "type": "scatter",
        "x": np.array([layer.position for layer in layers]),
        "y": shown(contestant.history.grad_norm[row, columns]),
        "text": [layer.name for layer in layers],
    }


def _layer_names(contestants: Sequence[Contestant]) -> style.Trace:
    """A trace that nobody sees, whose hover names the layers: once where the nets agree."""
    names: dict[int, dict[str, None]] = {}
    for contestant in contestants:
        for column in contestant.main:
            layer = contestant.layers[column]
            names.setdefault(layer.position, {})[layer.name] = None
    positions = sorted(names)
    return {
        "type": "scatter",
        "x": np.array(positions),
        "y": np.full(len(positions), 10 ** decades(contestants)[0]),
        "text": [", ".join(names[position]) for position in positions],
        "name": "layer names",
        "showlegend": False,
        "mode": "markers",
        "marker": {"size": 1, "color": style.CLEAR},
        "hovertemplate": "%{text}<extra></extra>",
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
