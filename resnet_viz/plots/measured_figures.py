"""Pictures of what was measured on demand: the same measurement of several nets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import plotly.graph_objects as go

from resnet_viz.lab.measurements import measurement
from resnet_viz.plots import style
from resnet_viz.plots.measured import Net

_ALPHA = "\N{GREEK SMALL LETTER ALPHA}"


def figure(nets: Sequence[Net]) -> go.Figure:
    """The picture of the same measurement of several nets."""
    drawn = _DRAWN.get(nets[0].result.measurement, _maps)
    return drawn(nets)


def _lines(
    name: str, x: str, *, log: bool = False, level: float | None = None, from_zero: bool = False
) -> Callable[[Sequence[Net]], go.Figure]:
    """A line for each net: an array by what it is along; `level` is a thin line of reference."""

    def draw(nets: Sequence[Net]) -> go.Figure:
        about = measurement(nets[0].result.measurement).gives[name]
        traces = [_line(i, net, name, from_zero=from_zero) for i, net in enumerate(nets)]
        shapes = [] if level is None else [_across(level)]
        layout: style.Layout = {
            "xaxis": style.axis(x),
            "yaxis": style.axis(_axis_title(about.title, about.unit))
            | ({"type": "log", "exponentformat": "power"} if log else {}),
            "shapes": shapes,
            "annotations": style.below(_left_out(nets, name, log=log)),
            "hovermode": "x unified",
            "margin": style.MARGIN | {"b": 60 + 22 * len(_left_out(nets, name, log=log))},
            "meta": style.narrow({}),
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


def _size_of_eigenvalue(nets: Sequence[Net]) -> go.Figure:
    """The estimates' size by iteration: they may be negative, which a log axis has no place for."""
    drawn = _lines("estimates", "iteration", log=True)(nets)
    for trace, net in zip(drawn.data, nets, strict=True):
        trace.y = np.abs(net.array("estimates"))
    drawn.layout.annotations = ()
    drawn.layout.yaxis.title.text = "|eigenvalue|, estimated"
    return drawn


def _maps(nets: Sequence[Net]) -> go.Figure:
    """Loss by how far the weights are moved along two directions: a map a net, one colour scale."""
    width = 1 / len(nets)
    losses = [np.log10(np.maximum(net.array("loss"), 1e-12)) for net in nets]
    known = np.concatenate([loss[np.isfinite(loss)] for loss in losses])
    low, high = (float(known.min()), float(known.max())) if known.size else (-1.0, 1.0)
    layout: style.Layout = {
        "coloraxis": {
            "colorscale": "Viridis",
            "cmin": low,
            "cmax": max(high, low + 0.1),
            "colorbar": {"title": {"text": "loss [nats]"}, **_loss_ticks(low, high)},
        },
        "hovermode": "closest",
        "margin": style.MARGIN | {"r": 110, "t": 40},
        "annotations": [],
        "meta": style.narrow({}),
    }
    traces: list[style.Trace] = []
    for i, (net, loss) in enumerate(zip(nets, losses, strict=True)):
        own = "" if i == 0 else str(i + 1)
        at = net.array("at")
        traces.append(
            {
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
        )
        begin = i * width
        domain = [begin + 0.04 * (i > 0), begin + width - 0.04 * (i < len(nets) - 1)]
        layout[f"xaxis{own}"] = style.axis(f"{_ALPHA}, along δ") | {
            "domain": domain,
            "anchor": f"y{own}",
        }
        layout[f"yaxis{own}"] = style.axis("β, along η" if i == 0 else "") | {
            "anchor": f"x{own}",
            "scaleanchor": f"x{own}",
            "constrain": "domain",
        }
        layout["annotations"].append(
            style.note(f"<b>{style.name_of(net.name)}</b>", 1.02)
            | {"x": sum(domain) / 2, "xanchor": "center", "yanchor": "bottom"}
        )
    return style.figure(traces, layout)


def _loss_ticks(low: float, high: float) -> style.Layout:
    """Ticks of a colour bar of log10 losses, as losses."""
    exponents = np.arange(np.floor(low), np.ceil(high) + 1)
    values = [m * 10.0**e for e in exponents for m in (1, 2, 5)]
    inside = [v for v in values if low - 1e-9 <= np.log10(v) <= high + 1e-9]
    if len(inside) > 7:
        inside = [v for v in inside if f"{v:e}"[0] == "1"]
    return {"tickvals": [np.log10(v) for v in inside], "ticktext": [f"{v:g}" for v in inside]}


_BLOCK = "block, from input to output"
_DRAWN: Mapping[str, Callable[[Sequence[Net]], go.Figure]] = MappingProxyType(
    {
        "shattering": _lines("autocorrelation", "points apart", level=0, from_zero=True),
        "shares": _lines("share", _BLOCK, level=0.5),
        "variance": _lines("times_k", _BLOCK, log=True, level=1),
        "rank_cka": _lines("rank", _BLOCK, log=True),
        "path_lengths": _lines("share", "length: branches on the path", from_zero=True),
        "lesions": _lines("error", "block deleted, from input to output"),
        "hessian": _size_of_eigenvalue,
        "gradients": _lines("inputs", _BLOCK, log=True),
    }
)
