"""Charts of measurements on demand: one measurement of several nets.

Each draws a kind of figure that a measurement declares (measurements/base/figure.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from resnet_viz.figures import style
from resnet_viz.figures.surfaces import surfaces
from resnet_viz.measurements import measurement
from resnet_viz.measurements.base.figure import Lines, Points, Stacked, Surface
from resnet_viz.measurements.base.measurement import Given, Measurement
from resnet_viz.measurements.base.result import MeasuredNet

HEIGHT, HEIGHT_OF_TWO, HEIGHT_OF_MAPS = 348, 448, 360


def height(about: Measurement) -> int:
    """How many pixels high a measurement's picture is on a page."""
    match about.drawing:
        case Stacked():
            return HEIGHT_OF_TWO
        case Surface():
            return HEIGHT_OF_MAPS
        case _:
            return HEIGHT


def figure(nets: Sequence[MeasuredNet], marked: Sequence[str] = ()) -> go.Figure:
    """The chart of one measurement of several nets.

    With `marked`, blocks of each net with commas between, these are marked, and the points of
    lines have their run's id and their block's path as customdata.
    """
    about = measurement(nets[0].result.measurement)
    match about.drawing:
        case Lines() as declared:
            drawn = _lines(declared, about, nets)
            _mark(drawn, declared.values, nets, marked)
            return drawn
        case Stacked() as declared:
            return _stacked(declared, about, nets)
        case Surface() as declared:
            return surfaces(declared, about.gives[declared.values], nets)
        case Points() as declared:
            return _points(declared, about.gives[declared.values], nets)
        case never:
            assert_never(never)


def _lines(declared: Lines, about: Measurement, nets: Sequence[MeasuredNet]) -> go.Figure:
    traces = [_line(declared, about, i, net) for i, net in enumerate(nets)]
    below = _left_out(declared, nets)
    axis = style.axis(declared.title or _in_two_lines(about.gives[declared.values]))
    if declared.is_log:
        axis |= {"type": "log", "exponentformat": "power"}
    if declared.ends:
        axis |= {"range": list(declared.ends)}
    layout: style.Layout = {
        "xaxis": style.axis(declared.along),
        "yaxis": axis,
        "shapes": [] if declared.level is None else [style.level_line(declared.level)],
        "annotations": style.below(below),
        "hovermode": "x unified",
        "margin": style.MARGIN | {"b": style.ROOM_BELOW},
        "meta": style.narrow(style.narrow_below(below)),
    }
    return style.figure(traces, layout)


def _values(declared: Lines, net: MeasuredNet) -> NDArray[np.float64]:
    values = net.array(declared.values)
    return np.abs(values) if declared.is_size else values


def _line(declared: Lines, about: Measurement, index: int, net: MeasuredNet) -> style.Trace:
    values = _values(declared, net)
    axis = about.gives[declared.values].axes[0]
    names = {"block": net.blocks, "layer": net.layers}.get(axis, ())
    one = sum(np.isfinite(values)) <= 1
    return {
        "type": "scatter",
        "x": np.arange(len(values)) + declared.first,
        "y": np.where(np.isfinite(values), values, np.nan),
        "text": [f" ({of})" for of in names] or None,
        "name": style.name_of(net.name),
        "mode": "markers" if one else "lines+markers" if len(values) <= 250 else "lines",
        "line": style.line_of(index, net.colour),
        "marker": style.marker_of(index, net.colour, 12 if one else 7),
        "hovertemplate": "%{y:.3g}%{text}" if names else "%{y:.3g}",
    }


def _in_two_lines(given: Given) -> str:
    """An array's title with its unit, in two lines where it is long."""
    words = f"{given.title} [{given.unit}]" if given.unit else given.title
    if len(words) <= 36:
        return words
    middle = words.rfind(" ", 0, len(words) // 2 + 8)
    return f"{words[:middle]}<br>{words[middle + 1 :]}"


def _left_out(declared: Lines, nets: Sequence[MeasuredNet]) -> list[str]:
    """What the axis cannot show, in words."""
    texts = []
    for net in nets:
        values = _values(declared, net)
        broken = int((~np.isfinite(values)).sum())
        below = int((values <= 0).sum()) if declared.is_log else 0
        parts = [f"{broken} not there or not finite"] if broken else []
        parts += [f"{below} not above 0"] if below else []
        if parts:
            texts.append(f"{style.name_of(net.name)}: {', '.join(parts)}")
    return texts


def _stacked(declared: Stacked, about: Measurement, nets: Sequence[MeasuredNet]) -> go.Figure:
    drawn = _lines(declared.above, about, nets)
    for i, net in enumerate(nets):
        lower = _line(declared.below, about, i, net)
        drawn.add_trace(lower | {"yaxis": "y2", "showlegend": False})
    below = _lines(declared.below, about, nets).layout.yaxis.to_plotly_json()
    drawn.update_layout(
        yaxis={"domain": [0.54, 1]},
        yaxis2=below | {"domain": [0, 0.42], "anchor": "x"},
        xaxis={"anchor": "y2"},
        hoversubplots="axis",
    )
    return drawn


def _points(declared: Points, given: Given, nets: Sequence[MeasuredNet]) -> go.Figure:
    traces: list[style.Trace] = [
        {
            "type": "scatter",
            "x": [style.name_of(net.name)],
            "y": [net.scalar(declared.values)],
            "name": style.name_of(net.name),
            "mode": "markers",
            "marker": style.marker_of(index, net.colour, 12),
            "hovertemplate": "%{y:.3g}",
        }
        for index, net in enumerate(nets)
    ]
    layout: style.Layout = {
        "xaxis": style.axis("net"),
        "yaxis": style.axis(_in_two_lines(given)),
        "margin": style.MARGIN,
    }
    return style.figure(traces, layout)


def _mark(
    drawn: go.Figure, values: str, nets: Sequence[MeasuredNet], marked: Sequence[str]
) -> None:
    """Say of each point which block it is of, and ring those of blocks that are marked."""
    if not marked:
        return
    for trace, net in zip(drawn.data, nets, strict=True):
        trace.customdata = [f"{net.id}:{block}" for block in net.blocks]
    for net, blocks in zip(nets, marked, strict=True):
        if blocks:
            at = [net.blocks.index(block) for block in blocks.split(",")]
            drawn.add_scatter(
                x=[place + 1 for place in at],
                y=net.array(values)[at],
                mode="markers",
                marker={"symbol": "circle-x-open", "size": 20, "color": net.colour},
                showlegend=False,
                hoverinfo="skip",
            )
