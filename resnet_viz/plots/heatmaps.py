"""Gradient norm by layer and step: a heat map for each net, all on one colour scale."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from resnet_viz.plots import style
from resnet_viz.plots.contestant import Contestant, Indices, decades, shown, thinned

Numbers = NDArray[np.floating] | NDArray[np.integer]

MOST_CELLS = 40_000
MOST_LAYERS = 400
PER_ROW = 2
GAP_X, GAP_Y = 0.1, 0.22
HOVER = "layer %{y}, step %{x}: 10^%{z:.2f}"


def gradient_heatmaps(contestants: Sequence[Contestant]) -> go.Figure:
    """log10 of the gradient norm (colour) by step (x) and layer of the main path (y, input on top).

    One map each, side by side, with ONE colour scale. A map of more than 40,000 cells is thinned
    evenly, and its title says so, as it says how many cells are empty because a norm was 0 or
    not finite.
    """
    maps = [_map(number, c) for number, c in enumerate(contestants)]
    low, high = decades(contestants)
    layout: style.Layout = {
        "coloraxis": _colour_axis(low, high),
        "annotations": [_title(n, len(contestants), c) for n, c in enumerate(contestants)],
        "hovermode": "closest",
        "margin": {"l": 90, "r": 130, "t": 70, "b": 60},
    }
    last = max((int(c.history.steps[-1]) for c in contestants if len(c.history)), default=0)
    for number, contestant in enumerate(contestants):
        layout |= _axes(number, len(contestants), contestant, last)
    return style.figure(maps, layout)


def _suffix(number: int) -> str:
    return "" if number == 0 else str(number + 1)


def _colour_axis(low: float, high: float) -> style.Layout:
    bar = {"title": {"text": "log₁₀ ‖∂L/∂W‖", "side": "top"}, "thickness": 16}
    return {"colorscale": "Cividis", "cmin": low, "cmax": high, "colorbar": bar}


def _cells(contestant: Contestant) -> tuple[Indices, Indices]:
    """Rows of the history and columns of the main path that are drawn."""
    columns = contestant.main[thinned(len(contestant.main), MOST_LAYERS)]
    rows = thinned(len(contestant.history), max(2, MOST_CELLS // max(1, len(columns))))
    return rows, columns


def _map(number: int, contestant: Contestant) -> style.Trace:
    rows, columns = _cells(contestant)
    if not len(rows):
        # plotly draws axes only where it has a point, be it an empty one.
        return _trace(number, contestant, np.array([[np.nan]]), np.zeros(1), np.zeros(1))
    norms = shown(contestant.history.grad_norm[np.ix_(rows, columns)])
    positions = np.array([contestant.layers[column].position for column in columns])
    return _trace(number, contestant, np.log10(norms).T, contestant.history.steps[rows], positions)


def _trace(
    number: int, contestant: Contestant, z: Numbers, steps: Numbers, positions: Numbers
) -> style.Trace:
    return {
        "type": "heatmap",
        "z": z.astype(np.float32),
        "x": steps,
        "y": positions,
        "name": style.name_of(contestant.name),
        "coloraxis": "coloraxis",
        "xaxis": f"x{_suffix(number)}",
        "yaxis": f"y{_suffix(number)}",
        "hovertemplate": HOVER,
        "hoverongaps": False,
    }


def _domain(number: int, total: int) -> tuple[list[float], list[float]]:
    """The rectangle of map `number`, in fractions of the figure: x limits, y limits."""
    across, down = min(PER_ROW, total), ceil(total / PER_ROW)
    width, height = (1 - GAP_X * (across - 1)) / across, (1 - GAP_Y * (down - 1)) / down
    row, column = divmod(number, PER_ROW)
    left, top = column * (width + GAP_X), 1 - row * (height + GAP_Y)
    return [left, min(1.0, left + width)], [max(0.0, top - height), top]


def _axes(number: int, total: int, contestant: Contestant, last: int) -> style.Layout:
    x_domain, y_domain = _domain(number, total)
    suffix = _suffix(number)
    depth = max((layer.position for layer in contestant.layers), default=1)
    x = {"domain": x_domain, "anchor": f"y{suffix}", "range": style.step_range(last)}
    y = {"domain": y_domain, "anchor": f"x{suffix}", "range": [depth + 0.5, 0.5]}
    # Maps beside each other share their rows: a second title would lie on the first map.
    y_title = "" if number % PER_ROW else "layer, input on top"
    return {
        f"xaxis{suffix}": style.axis("step") | x | {"showgrid": False},
        f"yaxis{suffix}": style.axis(y_title) | y | {"showgrid": False},
    }


def _title(number: int, total: int, contestant: Contestant) -> style.Layout:
    x_domain, y_domain = _domain(number, total)
    lines = [f"<b>{style.name_of(contestant.name)}</b>", "; ".join(_left_out(contestant))]
    place = {"x": x_domain[0], "y": y_domain[1], "yanchor": "bottom", "yshift": 4}
    return style.note("<br>".join(filter(None, lines)), 1) | place


def _left_out(contestant: Contestant) -> list[str]:
    """What the map does not show, in words."""
    if not len(contestant.history):
        return [style.WAITING]
    rows, columns = _cells(contestant)
    parts = [(rows, len(contestant.history), "steps"), (columns, len(contestant.main), "layers")]
    said = [f"{len(i):,} of {all_:,} {what}" for i, all_, what in parts if len(i) < all_]
    if empty := _empty(contestant.history.grad_norm[:, contestant.main]):
        said.append(empty)
    if len(contestant.projections):
        said.append(f"without {style.count(len(contestant.projections), 'projection')}")
    return said


def _empty(norms: Numbers) -> str:
    broken, zero = int((~np.isfinite(norms)).sum()), int((norms == 0).sum())
    texts = [f"{broken:,} not finite"] if broken else []
    texts += [f"{zero:,} exactly 0"] if zero else []
    return "not shown: " + ", ".join(texts) if texts else ""
