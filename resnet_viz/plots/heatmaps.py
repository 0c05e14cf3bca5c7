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
HOVER = "layer %{y}, step %{x}: 10<sup>%{z:.2f}</sup>"


def gradient_heatmaps(contestants: Sequence[Contestant]) -> go.Figure:
    """log10 of the gradient norm (colour) by step (x) and layer of the main path (y, input on top).

    One map each, side by side (below each other where the chart is narrow), with ONE colour
    scale. The scale leaves out the smallest and the largest hundredth of the norms, which have
    its end colours; a note says how many lie beyond. A map of more than 40,000 cells is thinned
    evenly, and its title says so, as it says how many cells are empty because a norm was 0 or
    not finite.
    """
    total, last = len(contestants), _last_step(contestants)
    maps = [_map(number, c) for number, c in enumerate(contestants)]
    low, high = robust_limits(contestants)
    beyond = style.below([text] if (text := _beyond(contestants, low, high)) else [])
    layout: style.Layout = {
        "coloraxis": _colour_axis(low, high),
        "hovermode": "closest",
        "margin": style.MARGIN | {"r": 110, "t": 56, "b": 60 + 22 * len(beyond)},
        "meta": style.narrow(
            _placed(contestants, 1, last) | {"margin": {"l": 50, "r": 76}, "coloraxis": NARROW_BAR},
            (_height(ceil(total / PER_ROW)), _height(total)),
        ),
    } | _placed(contestants, PER_ROW, last)
    layout["annotations"] += beyond
    layout["meta"]["narrow"]["annotations"] += [
        said | {"text": said["text"].replace("; ", "<br>")} for said in beyond
    ]
    return style.figure(maps, layout)


def heatmaps_alt(contestants: Sequence[Contestant]) -> str:
    """The picture in words: whose maps, and from where to where their norms go."""
    names = " against ".join(c.name for c in contestants)
    steps = _last_step(contestants)
    low, high = decades(contestants)
    return (
        f"Heat maps of the gradient norm by layer and step up to step {steps}, {names}; norms "
        f"between 1e{low:.0f} and 1e{high:.0f}."
    )


def robust_limits(contestants: Sequence[Contestant]) -> tuple[float, float]:
    """log10 limits, whole halves, around all norms but the smallest and the largest hundredth."""
    logs = [np.log10(norms[np.isfinite(norms)]) for c in contestants for norms in (_main(c),)]
    known = np.concatenate(logs) if logs else np.empty(0)
    if not known.size:
        return -3.0, 1.0
    low, high = np.percentile(known, [1, 99])
    # A power of ten itself is a limit, whatever the last bit of a float32 says.
    bottom = float(np.floor(2 * low + 1e-5) / 2)
    return bottom, max(float(np.ceil(2 * high - 1e-5) / 2), bottom + 1)


def _main(contestant: Contestant) -> NDArray[np.float64]:
    """The norms of the main path's layers that are drawn, NaN for what no log has."""
    rows, columns = _cells(contestant)
    return shown(contestant.history.grad_norm[np.ix_(rows, columns)])


def _beyond(contestants: Sequence[Contestant], low: float, high: float) -> str:
    logs = [np.log10(_main(c)).ravel() for c in contestants if len(c.history)]
    known = np.concatenate(logs) if logs else np.empty(0)
    known = known[np.isfinite(known)]
    outside = known[(known < low - 1e-5) | (known > high + 1e-5)]
    if not outside.size:
        return ""
    ends = " to ".join(f"{10.0**end:.1e}" for end in (known.min(), known.max()))
    share = outside.size / known.size
    return f"{share:.1%} of the cells lie beyond the colours' scale; all norms: {ends}"


def _last_step(contestants: Sequence[Contestant]) -> int:
    return max((int(c.history.steps[-1]) for c in contestants if len(c.history)), default=0)


def _height(rows: int) -> float:
    """Of `rows` maps below each other, in heights of one; margins are there once."""
    return 1 + 0.7 * max(0, rows - 1)


def _placed(contestants: Sequence[Contestant], per_row: int, last: int) -> style.Layout:
    """Axes and titles with so many maps a row."""
    total = len(contestants)
    layout: style.Layout = {
        "annotations": [_title(n, total, per_row, c) for n, c in enumerate(contestants)]
    }
    for number, contestant in enumerate(contestants):
        layout |= _axes(number, total, per_row, contestant, last)
    return layout


def _suffix(number: int) -> str:
    return "" if number == 0 else str(number + 1)


def _colour_axis(low: float, high: float) -> style.Layout:
    title = {"text": "‖∂L/∂W‖", "side": "top", "font": {"size": style.FONT_SIZE}}
    powers = {"tickprefix": "10<sup>", "ticksuffix": "</sup>", "dtick": ceil((high - low) / 8)}
    bar = {"title": title, "thickness": 16} | powers
    return {"colorscale": "Cividis", "cmin": low, "cmax": high, "colorbar": bar}


NARROW_BAR: style.Layout = {"colorbar": {"thickness": 10, "title": {"text": ""}}}


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


def _domain(number: int, total: int, per_row: int) -> tuple[list[float], list[float]]:
    """The rectangle of map `number`, in fractions of the figure: x limits, y limits."""
    across, down = min(per_row, total), ceil(total / per_row)
    width, height = (1 - GAP_X * (across - 1)) / across, (1 - GAP_Y * (down - 1)) / down
    row, column = divmod(number, per_row)
    left, top = column * (width + GAP_X), 1 - row * (height + GAP_Y)
    return [left, min(1.0, left + width)], [max(0.0, top - height), top]


def _axes(number: int, total: int, per_row: int, contestant: Contestant, last: int) -> style.Layout:
    x_domain, y_domain = _domain(number, total, per_row)
    suffix = _suffix(number)
    depth = max((layer.position for layer in contestant.layers), default=1)
    x = {"domain": x_domain, "anchor": f"y{suffix}", "range": style.step_range(last)}
    y = {"domain": y_domain, "anchor": f"x{suffix}", "range": [depth + 0.5, 0.5]}
    # Maps beside each other share their rows: a second title would lie on the first map.
    y_title = "" if number % per_row else "layer"
    return {
        f"xaxis{suffix}": style.axis("step") | x | {"showgrid": False},
        f"yaxis{suffix}": style.axis(y_title) | y | {"showgrid": False},
    }


def _title(number: int, total: int, per_row: int, contestant: Contestant) -> style.Layout:
    x_domain, y_domain = _domain(number, total, per_row)
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
    for role, columns_beside in contestant.beside.items():
        left_out = style.count(len(columns_beside), "layer" if role[0] == "s" else role)
        said.append(f"without {left_out}" + (" of squeeze-and-excitation" * (role[0] == "s")))
    return said


def _empty(norms: Numbers) -> str:
    broken, zero = int((~np.isfinite(norms)).sum()), int((norms == 0).sum())
    texts = [f"{broken:,} not finite"] if broken else []
    texts += [f"{zero:,} exactly 0"] if zero else []
    return "not shown: " + ", ".join(texts) if texts else ""
