"""Pictures of what was measured on demand: the same measurement of several nets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import plotly.graph_objects as go

from resnet_viz.figures import style
from resnet_viz.figures.landscape import landscapes
from resnet_viz.findings.lesion import LESIONS
from resnet_viz.findings.measured import Net
from resnet_viz.measurements import measurement


def figure(nets: Sequence[Net], deleted: Sequence[str] = ()) -> go.Figure:
    """The picture of the same measurement of several nets.

    That of lesions marks the block that is `deleted` in each net ("" for none).
    """
    name = nets[0].result.measurement
    if name == LESIONS:
        return _lesions(nets, deleted)
    return _DRAWN[name](nets)


def _lines(
    name: str, x: str, *, log: bool = False, level: float | None = None, from_zero: bool = False
) -> Callable[[Sequence[Net]], go.Figure]:
    """A line for each net: an array by what it is along; `level` is a thin line of reference."""

    def draw(nets: Sequence[Net]) -> go.Figure:
        about = measurement(nets[0].result.measurement).gives[name]
        traces = [_line(i, net, name, from_zero=from_zero) for i, net in enumerate(nets)]
        said = _left_out(nets, name, log=log)
        shapes = [] if level is None else [_across(level)]
        layout: style.Layout = {
            "xaxis": style.axis(x),
            "yaxis": style.axis(_axis_title(about.title, about.unit))
            | ({"type": "log", "exponentformat": "power"} if log else {}),
            "shapes": shapes,
            "annotations": style.below(said),
            "hovermode": "x unified",
            "margin": style.MARGIN | {"b": style.ROOM_BELOW},
            "meta": style.narrow(style.narrow_below(said)),
        }
        return style.figure(traces, layout)

    return draw


def _line(index: int, net: Net, name: str, *, from_zero: bool) -> style.Trace:
    values = net.array(name)
    about = measurement(net.result.measurement).gives[name]
    names = {"block": net.blocks, "layer": net.layers}.get(about.axes[0], ())
    one = sum(np.isfinite(values)) <= 1
    return {
        "type": "scatter",
        "x": np.arange(len(values)) + (0 if from_zero else 1),
        "y": np.where(np.isfinite(values), values, np.nan),
        "text": [f" ({of})" for of in names] or None,
        "name": style.name_of(net.name),
        "mode": "markers" if one else "lines+markers" if len(values) <= 250 else "lines",
        "line": {
            "color": net.colour,
            "width": 3,
            "dash": style.DASHES[index % len(style.DASHES)],
        },
        "marker": {
            "symbol": style.MARKERS[index % len(style.MARKERS)],
            "size": 12 if one else 7,
            "color": net.colour,
        },
        "hovertemplate": "%{y:.3g}%{text}" if names else "%{y:.3g}",
    }


def _axis_title(title: str, unit: str) -> str:
    """A title with its unit, in two lines where it is long."""
    words = f"{title} [{unit}]" if unit else title
    if len(words) <= 36:
        return words
    middle = words.rfind(" ", 0, len(words) // 2 + 8)
    return f"{words[:middle]}<br>{words[middle + 1 :]}"


def _left_out(nets: Sequence[Net], name: str, *, log: bool) -> list[str]:
    """What the axis cannot show, in words."""
    texts = []
    for net in nets:
        values = net.array(name)
        broken = int((~np.isfinite(values)).sum())
        below = int((values <= 0).sum()) if log else 0
        parts = [f"{broken} not there or not finite"] if broken else []
        parts += [f"{below} not above 0"] if below else []
        if parts:
            texts.append(f"{style.name_of(net.name)}: {', '.join(parts)}")
    return texts


def _across(level: float) -> style.Layout:
    return {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": level,
        "y1": level,
        "line": {"color": style.FAINT, "width": 1.5, "dash": "dot"},
    }


def _rank_and_cka(nets: Sequence[Net]) -> go.Figure:
    """The effective rank above, on a log axis, and the similarity to the input below."""
    drawn = _lines("rank", _BLOCK, log=True)(nets)
    for i, net in enumerate(nets):
        lower = _line(i, net, "cka", from_zero=False)
        drawn.add_trace(lower | {"yaxis": "y2", "showlegend": False})
    lower_axis = style.axis("CKA with<br>the input") | {"domain": [0, 0.42], "range": [0, 1.02]}
    drawn.update_layout(
        yaxis={"domain": [0.54, 1], "title": {"text": "effective rank"}},
        yaxis2=lower_axis | {"anchor": "x"},
        xaxis={"anchor": "y2"},
        hoversubplots="axis",
    )
    return drawn


def _size_of_eigenvalue(nets: Sequence[Net]) -> go.Figure:
    """The estimates' size by iteration: they may be negative, which a log axis has no place for."""
    drawn = _lines("estimates", "iteration", log=True)([_sized(net, "estimates") for net in nets])
    drawn.layout.yaxis.title.text = "|eigenvalue|, estimated"
    return drawn


def _sized(net: Net, name: str) -> Net:
    """The net with the sizes of an array in its place."""
    found = {**net.result.found, name: np.abs(net.array(name))}
    return replace(net, result=replace(net.result, found=found))


def _lesions(nets: Sequence[Net], deleted: Sequence[str]) -> go.Figure:
    """A point for each block that is left out; its customdata are its run's id and its path."""
    drawn = _lines("error", "block deleted, from input to output")(nets)
    for trace, net in zip(drawn.data, nets, strict=True):
        trace.customdata = [f"{net.id}:{block}" for block in net.blocks]
    for net, block in zip(nets, deleted, strict=False):
        if block:
            at = net.blocks.index(block)
            drawn.add_scatter(
                x=[at + 1],
                y=[net.array("error")[at]],
                mode="markers",
                marker={"symbol": "circle-x-open", "size": 20, "color": net.colour},
                showlegend=False,
                hoverinfo="skip",
            )
    return drawn


_BLOCK = "block, from input to output"
_DRAWN: Mapping[str, Callable[[Sequence[Net]], go.Figure]] = MappingProxyType(
    {
        "shattering": _lines("autocorrelation", "points apart", level=0, from_zero=True),
        "shares": _lines("share", _BLOCK, level=0.5),
        "variance": _lines("times_k", _BLOCK, log=True, level=1),
        "rank_cka": _rank_and_cka,
        "path_lengths": _lines("share", "length: branches on the path", from_zero=True),
        "hessian": _size_of_eigenvalue,
        "gradients": _lines("inputs", _BLOCK, log=True),
        "landscape": landscapes,
    }
)
