"""Charts of new nets before their first step: how the gradient grows on its way back to the
input."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from resnet_viz.figures import style
from resnet_viz.findings.theory.new_net import New, Numbers
from resnet_viz.measurements.base.fits import Fit, better, exponential, power
from resnet_viz.measurements.base.verdict import FITS, ratio_words
from resnet_viz.text import capital

_THEORY = {"color": style.FAINT, "width": 2, "dash": "dashdot"}
_FEWEST_DEPTHS = 3


def profile(nets: Sequence[New], earlier: Sequence[New]) -> go.Figure:
    """Profile: the gradient norm at each block's input over that at the last one's (y, logarithmic)
    by the layers left to the output (x): the nets, with fit and prediction, and other depths' nets
    as faint lines."""
    traces = [_line(one, faint=True) for one in earlier]
    for index, one in enumerate(nets):
        traces.append(_line(one, index=index))
        fit = better(one.left, one.relative)
        if fit is not None and fit.explained >= FITS:
            traces.append(_fit(one, one.left, fit, f"fit: {_words(fit, 'layers left')}"))
        if one.predicted is not None:
            traces.append(_theory(one.left, one.predicted))
    narrow = {"xaxis": {"title": {"text": "layers to the output"}}}
    y = _log_axis("gradient, relative to last block")
    return style.figure(traces, _layout("profile", _layers_left([*nets, *earlier]), y, narrow))


def per_layer(nets: Sequence[New]) -> go.Figure:
    """Growth per layer: the factor of the gradient norm per layer on its way back (y), block by
    block (x)."""
    traces = []
    hover = "%{x:.0f} layers left: %{y:.3f}x per layer"
    for index, one in enumerate(nets):
        marker = style.marker_of(index, one.colour, 8)
        name = style.name_of(one.name)
        traces.append(_points(one.left[:-1], one.per_layer, name, marker, hover))
        if one.predicted is not None:
            expected = (one.predicted[:-1] / one.predicted[1:]) ** (1 / -np.diff(one.left))
            traces.append(_theory(one.left[:-1], expected))
    y = style.axis("growth per layer")
    return style.figure(traces, _layout("per layer", _layers_left(nets), y, {}))


def by_depth(families: Sequence[Sequence[New]]) -> go.Figure:
    """Growth by depth: the gradient at the first block over that at the last (y) by depth (x), both
    logarithmic: one net of each depth, with the better of an exponential and a power law."""
    traces = []
    for index, family in enumerate(families):
        depths, ratios = _ratios(family)
        marker = style.marker_of(index, family[0].colour, 10)
        name = style.name_of(family[0].name)
        traces.append(_points(depths, ratios, name, marker, "depth %{x}: %{y:.3g}"))
        if fit := better(depths, ratios):
            x = np.geomspace(depths.min(), depths.max(), 60)
            traces.append(_fit(family[0], x, fit, _words(fit, "depth")))
    ticks = {"type": "log", "tickvals": [8, 14, 20, 32, 56, 110, 218]}
    x_axis = style.axis("depth (weighted layers)") | ticks
    y_axis = _log_axis("gradient, first block over last")
    return style.figure(traces, _layout("by depth", x_axis, y_axis, {}))


def branches(one: New) -> go.Figure:
    """Branch ratios: Var F(x) / Var x of each block (y) by its number in its stage (x), with the
    prediction."""
    traces: list[style.Trace] = []
    stages, expected = np.cumsum(one.k == 1), one.predicted_branches
    for stage in np.unique(stages):
        mine = stages == stage
        marker = style.marker_of(int(stage) - 1, one.colour, 9)
        ratios, hover = one.times_k[mine] / one.k[mine], "block %{x}: %{y:.3g}"
        traces.append(_points(one.k[mine], ratios, f"stage {stage}", marker, hover))
        if expected is not None:
            look = {"legendgroup": "theory", "hoverinfo": "skip", "showlegend": bool(stage == 1)}
            traces.append(_curve(one.k[mine], expected[mine], "theory", _THEORY, look))
    ticks = {"type": "log", "tickvals": [1, 2, 3, 5, 10, 20, 50, 100]}
    x = style.axis("k, the block's number in its stage") | ticks
    y = style.axis("branch variance over shortcut's") | style.log_ticks(0.01, 10)
    return style.figure(traces, _layout("branches", x, y, {}))


def shattering(similarities: Sequence[Numbers], names: Sequence[str]) -> go.Figure:
    """Shattering maps: for each net the cosine of the input gradients of any two points on the
    line."""
    width = 1 / len(similarities)
    traces, layout, narrow = [], style.Layout({"annotations": []}), style.Layout()
    for index, (similarity, name) in enumerate(zip(similarities, names, strict=True)):
        end = "" if index == 0 else str(index + 1)
        traces.append(
            {
                "type": "heatmap",
                "z": similarity,
                "zmin": -1,
                "zmax": 1,
                "zmid": 0,
                "colorscale": "RdBu",
                "showscale": index == len(names) - 1,
                "colorbar": {"title": {"text": "cosine"}, "thickness": 12},
                "xaxis": f"x{end}",
                "yaxis": f"y{end}",
                "hovertemplate": "points %{x} and %{y}: %{z:.2f}<extra></extra>",
            }
        )
        left, right = index * width, (index + 1) * width - (0.08 if index + 1 < len(names) else 0)
        layout[f"xaxis{end}"] = style.axis("point on the line") | {"domain": [left, right]}
        layout[f"yaxis{end}"] = style.axis("point on the line" if index == 0 else "") | {
            "anchor": f"x{end}",
            "autorange": "reversed",
        }
        above = style.note(style.name_of(name), 1.1) | {"x": left, "yanchor": "top"}
        layout["annotations"].append(above)
        # All have the same points, and little room is between the maps.
        narrow |= {f"xaxis{end}": {"nticks": 3}, f"yaxis{end}": {"showticklabels": index == 0}}
    meta = style.narrow(narrow)
    return style.figure(traces, layout | {"uirevision": "shattering", "meta": meta})


def story(one: New) -> str:
    """The profile of a net in two sentences of plain text."""
    if not np.isfinite(one.inputs).all() or not one.inputs.all():
        return f"{one.name}: the gradient is not finite, or exactly 0, somewhere on its way back."
    ratio = one.ratio
    way = "as large" if 0.5 <= ratio <= 2 else f"{ratio_words(ratio)} times as large"
    name = capital(one.name)
    text = f"{name}, depth {one.depth}: the gradient at the first block is {way} as at the last"
    factor, law = exponential(one.left, one.relative), power(one.left, one.relative)
    if factor is None or law is None:
        return f"{text}."
    expected = one.predicted
    theory = ""
    if expected is not None and len(expected) > 1:
        per = expected[0] ** (1 / (one.left[0] - one.left[-1]))
        varies = not np.allclose(np.diff(np.log(expected)), np.log(expected[-1] / expected[-2]))
        theory = f" (theory: {per:.3f}x{' on average' if varies else ''})"
    if factor.explained >= FITS:
        return f"{text}, {factor.rate:.3f}x per layer{theory}."
    if law.explained >= FITS:
        return f"{text}. It grows with the layers left to the power {law.rate:.2f}."
    return f"{text}. No single factor per layer fits (R² {factor.explained:.2f}){theory}."


def depth_story(family: Sequence[New]) -> str:
    """A family of depths in words; "" for fewer than three."""
    depths, ratios = _ratios(family)
    factor, law = exponential(depths, ratios), power(depths, ratios)
    if len(depths) < _FEWEST_DEPTHS or factor is None or law is None:
        return ""
    best, other = sorted((factor, law), key=lambda fit: -fit.explained)
    return (
        f"Through the {family[0].name}s goes {_words(best, 'depth')}: it explains "
        f"{best.explained:.1%} of the variance of the ratio's logarithm, "
        f"{_words(other, 'depth')} {other.explained:.1%}."
    )


def alt(nets: Sequence[New]) -> str:
    """The profile in words."""
    ratios = "; ".join(f"{one.name}: {ratio_words(one.ratio)} at the first block" for one in nets)
    return f"Gradient norm at each block's input over that at the last's. {ratios}."


def _ratios(family: Sequence[New]) -> tuple[Numbers, Numbers]:
    several = [one for one in sorted(family, key=lambda one: one.depth) if len(one.inputs) > 1]
    return np.array([float(n.depth) for n in several]), np.array([n.ratio for n in several])


def _line(one: New, *, index: int = 0, faint: bool = False) -> style.Trace:
    look: style.Trace = {
        "type": "scatter",
        "x": one.left,
        "y": one.relative,
        "name": f"depth {one.depth}" if faint else style.name_of(one.name),
        "line": {"color": one.colour, "width": 1 if faint else 3},
        "hovertemplate": f"depth {one.depth}, %{{x:.0f}} layers left: %{{y:.3g}}",
    }
    if faint:
        return look | {"mode": "lines", "opacity": 0.45, "showlegend": False}
    marker = style.marker_of(index, one.colour, 7)
    return look | {"mode": "lines+markers", "marker": marker}


def _curve(x: Numbers, y: Numbers, name: str, line: style.Layout, more: style.Trace) -> style.Trace:
    return {"type": "scatter", "x": x, "y": y, "name": name, "mode": "lines", "line": line} | more


def _theory(x: Numbers, y: Numbers) -> style.Trace:
    return _curve(x, y, "theory", _THEORY, {"hovertemplate": "%{y:.3g}"})


def _fit(one: New, x: Numbers, fit: Fit, of: str) -> style.Trace:
    """The curve of a fit, named by it."""
    look = {"color": one.colour, "width": 1.5, "dash": "dot"}
    return _curve(x, fit.at(x), of, look, {"hoverinfo": "skip"})


def _points(x: Numbers, y: Numbers, name: str, marker: style.Layout, hover: str) -> style.Trace:
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "name": name,
        "mode": "markers",
        "marker": marker,
        "hovertemplate": hover,
    }


def _layout(name: str, x: style.Layout, y: style.Layout, narrow: style.Layout) -> style.Layout:
    axes = {"xaxis": x, "yaxis": y, "hovermode": "closest"}
    return axes | {"uirevision": name, "meta": style.narrow(narrow)}


def _layers_left(nets: Sequence[New]) -> style.Layout:
    most = max(one.left[0] for one in nets)
    return style.axis("layers from the output (input at left)") | {"range": [most * 1.02, 0]}


def _log_axis(title: str) -> style.Layout:
    return style.axis(title) | {"type": "log", "exponentformat": "power", "nticks": 8}


def _words(fit: Fit, of: str) -> str:
    if fit.is_power:
        return f"({of})^{fit.rate:.2f}"
    return f"{fit.rate:.3f}^({of})"
