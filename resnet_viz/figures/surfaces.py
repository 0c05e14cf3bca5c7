"""Surfaces of several nets, such as the loss around their weights: a map each, colours alike."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from resnet_viz.figures import style
from resnet_viz.measurements.base.figure import Surface
from resnet_viz.measurements.base.measurement import Given
from resnet_viz.measurements.base.result import MeasuredNet

PER_ROW = 2
LEAST_TICKS, MOST_TICKS = 3, 7
_GAP_X, _ROOM_Y = 0.14, 0.3
"""Of the figure's width between maps, and of a row's height between it and the next."""


def surfaces(declared: Surface, given: Given, nets: Sequence[MeasuredNet]) -> go.Figure:
    """An array's values (colour, log) by how far two ways are gone (x and y)."""
    logs = [np.log10(np.maximum(net.array(declared.values), 1e-12)) for net in nets]
    narrow = _placed(declared, nets, 1) | {"margin": {"l": style.NARROW_LEFT, "r": 76}}
    narrow["coloraxis"] = {"colorbar": {"thickness": 10, "title": {"font": {"size": 12}}}}
    layout: style.Layout = {
        "coloraxis": _colours(logs, given),
        "hovermode": "closest",
        "margin": style.MARGIN | {"r": 110, "t": 40},
        "meta": style.narrow(narrow, (_height(len(nets), PER_ROW), _height(len(nets), 1))),
    }
    pairs = enumerate(zip(nets, logs, strict=True))
    traces = [_map(declared, given, *pair, number) for number, pair in pairs]
    return style.figure(traces, layout | _placed(declared, nets, PER_ROW))


def _height(total: int, per_row: int) -> float:
    """Of all maps, in heights of one row."""
    return 0.35 + 0.65 * ceil(total / per_row)


def _placed(declared: Surface, nets: Sequence[MeasuredNet], per_row: int) -> style.Layout:
    """Axes and titles of all maps."""
    places = [_place(number, len(nets), per_row) for number in range(len(nets))]
    titles = [_title(net, place) for net, place in zip(nets, places, strict=True)]
    layout: style.Layout = {"annotations": titles}
    for number, place in enumerate(places):
        across, up = declared.along
        layout |= _axes(number, place, across, "" if number % per_row else up)
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


def _axes(number: int, place: _Place, x_title: str, y_title: str) -> style.Layout:
    own = style.suffix(number)
    x = {"domain": list(place.x), "anchor": f"y{own}", "constrain": "domain"}
    y = {"domain": list(place.y), "anchor": f"x{own}", "constrain": "domain"}
    y |= {"constraintoward": "top"}  # near its title
    return {
        f"xaxis{own}": style.axis(x_title) | x,
        f"yaxis{own}": style.axis(y_title) | y | {"scaleanchor": f"x{own}"},
    }


def _title(net: MeasuredNet, place: _Place) -> style.Layout:
    at = {"x": sum(place.x) / 2, "xanchor": "center", "yanchor": "bottom", "yshift": 4}
    return style.note(f"<b>{style.name_of(net.name)}</b>", place.y[1]) | at


def _map(
    declared: Surface, given: Given, net: MeasuredNet, logs: NDArray[np.float64], number: int
) -> style.Trace:
    at, own = net.array(declared.at), style.suffix(number)
    across, up = (words.partition(",")[0] for words in declared.along)
    ways = f"{across} %{{x:.2f}}, {up} %{{y:.2f}}"
    return {
        "type": "contour",
        "x": at,
        "y": at,
        "z": logs.T,
        "customdata": net.array(declared.values).T,
        "coloraxis": "coloraxis",
        "contours": {"coloring": "heatmap"},
        "line": {"width": 0.7},
        "ncontours": 18,
        "xaxis": f"x{own}",
        "yaxis": f"y{own}",
        "name": style.name_of(net.name),
        "hovertemplate": f"{given.short} %{{customdata:.3g}}<br>{ways}",
    }


def _colours(logs: Sequence[NDArray[np.float64]], given: Given) -> style.Layout:
    """One scale for all, of logarithms, with the values at its ticks."""
    known = np.concatenate([log[np.isfinite(log)] for log in logs])
    low, high = (float(known.min()), float(known.max())) if known.size else (-1.0, 1.0)
    high = max(high, low + 0.1)
    inside = _rounds_between(10.0**low, 10.0**high)
    ticks = {"tickvals": np.log10(inside).tolist(), "ticktext": [f"{v:.6g}" for v in inside]}
    words = f"{given.short} [{given.unit}]" if given.unit else given.short
    title = {"text": words, "side": "top", "font": {"size": style.FONT_SIZE}}
    bar = {"title": title, "thickness": 16, **ticks}
    scale = {"colorscale": "Viridis", "cmin": low, "cmax": high}
    return scale | {"colorbar": bar}


def _rounds_between(low: float, high: float) -> list[float]:
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
