"""The loss around the weights of several nets: a map each, on one colour scale."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from resnet_viz.figures import style
from resnet_viz.findings.measured import Net

PER_ROW = 2
_ALPHA = "\N{GREEK SMALL LETTER ALPHA}"
LEAST_TICKS, MOST_TICKS = 3, 7
_GAP_X, _ROOM_Y = 0.14, 0.3
"""Of the figure's width between maps, and of a row's height between it and the next."""


def landscapes(nets: Sequence[Net]) -> go.Figure:
    """Loss (colour, log) by how far the weights are moved along two directions (x and y)."""
    losses = [np.log10(np.maximum(net.array("loss"), 1e-12)) for net in nets]
    narrow = _placed(nets, 1) | {"margin": {"l": style.NARROW_LEFT, "r": 76}}
    narrow["coloraxis"] = {"colorbar": {"thickness": 10, "title": {"font": {"size": 12}}}}
    layout: style.Layout = {
        "coloraxis": _colours(losses),
        "hovermode": "closest",
        "margin": style.MARGIN | {"r": 110, "t": 40},
        "meta": style.narrow(narrow, (_height(len(nets), PER_ROW), _height(len(nets), 1))),
    }
    traces = [_map(*pair, number) for number, pair in enumerate(zip(nets, losses, strict=True))]
    return style.figure(traces, layout | _placed(nets, PER_ROW))


def _height(total: int, per_row: int) -> float:
    """Of all maps, in heights of one row."""
    return 0.35 + 0.65 * ceil(total / per_row)


def _placed(nets: Sequence[Net], per_row: int) -> style.Layout:
    """Axes and titles of all maps."""
    places = [_place(number, len(nets), per_row) for number in range(len(nets))]
    titles = [_title(net, place) for net, place in zip(nets, places, strict=True)]
    layout: style.Layout = {"annotations": titles}
    for number, place in enumerate(places):
        layout |= _axes(number, place, "" if number % per_row else "β, along η")
    return layout


class _Place(NamedTuple):
    """A map's part of the figure, in fractions of it."""

    x: tuple[float, float]
    y: tuple[float, float]


def _place(number: int, total: int, per_row: int) -> _Place:
    across, down = min(total, per_row), ceil(total / per_row)
    row, column = divmod(number, per_row)
    width, height = (1 - _GAP_X * (across - 1)) / across, 1 / (down + _ROOM_Y * (down - 1))
    left, top = column * (width + _GAP_X), 1 - row * height * (1 + _ROOM_Y)
    return _Place((left, min(1.0, left + width)), (max(0.0, top - height), top))


def _suffix(number: int) -> str:
    return "" if number == 0 else str(number + 1)


def _axes(number: int, place: _Place, y_title: str) -> style.Layout:
    own = _suffix(number)
    x = {"domain": list(place.x), "anchor": f"y{own}", "constrain": "domain"}
    y = {"domain": list(place.y), "anchor": f"x{own}", "constrain": "domain"}
    y |= {"constraintoward": "top"}  # near its title
    return {
        f"xaxis{own}": style.axis(f"{_ALPHA}, along δ") | x,
        f"yaxis{own}": style.axis(y_title) | y | {"scaleanchor": f"x{own}"},
    }


def _title(net: Net, place: _Place) -> style.Layout:
    at = {"x": sum(place.x) / 2, "xanchor": "center", "yanchor": "bottom", "yshift": 4}
    return style.note(f"<b>{style.name_of(net.name)}</b>", place.y[1]) | at


def _map(net: Net, loss: NDArray[np.float64], number: int) -> style.Trace:
    at, own = net.array("at"), _suffix(number)
    return {
        "type": "contour",
        "x": at,
        "y": at,
        "z": loss.T,
        "customdata": net.array("loss").T,
        "coloraxis": "coloraxis",
        "contours": {"coloring": "heatmap"},
        "line": {"width": 0.7},
        "ncontours": 18,
        "xaxis": f"x{own}",
        "yaxis": f"y{own}",
        "name": style.name_of(net.name),
        "hovertemplate": f"loss %{{customdata:.3g}}<br>{_ALPHA} %{{x:.2f}}, β %{{y:.2f}}",
    }


def _colours(losses: Sequence[NDArray[np.float64]]) -> style.Layout:
    """One scale for all, of log10 losses, with the losses at its ticks."""
    known = np.concatenate([loss[np.isfinite(loss)] for loss in losses])
    low, high = (float(known.min()), float(known.max())) if known.size else (-1.0, 1.0)
    high = max(high, low + 0.1)
    inside = losses_between(10.0**low, 10.0**high)
    ticks = {"tickvals": np.log10(inside).tolist(), "ticktext": [f"{v:.6g}" for v in inside]}
    title = {"text": "loss [nats]", "side": "top", "font": {"size": style.FONT_SIZE}}
    bar = {"title": title, "thickness": 16, **ticks}
    scale = {"colorscale": "Viridis", "cmin": low, "cmax": high}
    return scale | {"colorbar": bar}


def losses_between(low: float, high: float) -> list[float]:
    """At least three round numbers: 1, 2 and 5 times powers of ten, or these powers alone, where
    those are many, or even steps, where they are few."""
    powers = [10.0**n for n in range(floor(log10(low)), ceil(log10(high)) + 1)]
    fine = [m * power for power in powers for m in (1, 2, 5) if low <= m * power <= high]
    if len(fine) < LEAST_TICKS:
        return _even_steps(low, high)
    coarse = [power for power in powers if low <= power <= high]
    return fine if len(fine) <= MOST_TICKS else coarse[:: ceil(len(coarse) / MOST_TICKS)]


def _even_steps(low: float, high: float) -> list[float]:
    most = (high - low) / LEAST_TICKS * (1 + 1e-9)
    power = 10.0 ** floor(log10(most))
    step = max(m * power for m in (1, 2, 5) if m * power <= most)
    return [n * step for n in range(ceil(low / step), int(high / step) + 1)]
