"""Axes of a sweep's figures: a swept axis as numbers or names, and an end as y or colour."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log10

import numpy as np

from resnet_viz.figures import style
from resnet_viz.findings.sweeps.grid import ENDS, Axis, EndQuantity
from resnet_viz.text import number

MOST_TICKS = 16
_ROOM = 0.06
"""Beside the first and the last value, as a share of the axis."""


def places_on(axis: Axis) -> Sequence[float]:
    """Where each value of an axis stands: at its number, or in a row."""
    return axis.numbers if axis.numbers is not None else [float(i) for i in range(len(axis))]


def swept_axis(axis: Axis) -> style.Layout:
    """A swept axis with a tick at each value, or at some of many."""
    at = places_on(axis)
    seen = list(map(log10, at)) if axis.is_log else at
    low, high = min(seen), max(seen)
    layout = style.axis(axis.title) | _ticks(axis, at, _apart(seen))
    if axis.is_log:
        layout |= {"type": "log"}
    room = _ROOM * (high - low) if axis.numbers is not None else 0.5
    return layout | {"range": [low - room, high + room]}


def names_in_a_row(axis: Axis) -> style.Layout:
    """An axis with a row or column of one size for each value, whatever its number."""
    ranks = {index: float(rank) for rank, index in enumerate(axis.in_order)}
    at = [ranks[index] for index in range(len(axis))]
    ticks = _ticks(axis, at, _apart(at))
    return style.axis(axis.title) | ticks | {"showgrid": False, "range": [-0.5, len(axis) - 0.5]}


def _ticks(axis: Axis, at: Sequence[float], chosen: Sequence[int]) -> style.Layout:
    """Ticks at the chosen values of an axis, which stand at these places."""
    labels = [style.name_of(axis.labels[index]) for index in chosen]
    return {"tickmode": "array", "tickvals": [at[index] for index in chosen], "ticktext": labels}


def _apart(at: Sequence[float]) -> Sequence[int]:
    """Which values have room for a tick: the least, the largest, and those at a distance of the one
    before and of the largest."""
    order = np.argsort(at, kind="stable").tolist()
    last = order[-1]
    least = (at[last] - at[order[0]]) / MOST_TICKS
    kept: list[int] = []
    for index in order[:-1]:
        if not kept or at[index] - at[kept[-1]] >= least <= at[last] - at[index]:
            kept.append(index)
    return [*kept, last]


def scale_of(about: EndQuantity, values: Sequence[float]) -> str:
    """ "log" where the values are of a log scale and differ by more than a factor of three."""
    known = [value for value in values if np.isfinite(value)]
    if about.scale == "share" or not known or min(known) <= 0:
        return "linear"
    return "log" if max(known) / min(known) > 3 else "linear"


def end_axis(name: str, values: Sequence[float]) -> style.Layout:
    """The axis of an end, around its values."""
    about = ENDS[name]
    known = [value for value in values if np.isfinite(value)] or [1.0]
    layout = style.axis(about.title)
    if about.scale == "share":
        return layout | {"range": [0, 1.02], "tickformat": ".0%"}
    if scale_of(about, known) == "linear":
        return layout | {"range": [0, 1.1 * max(*known, 1e-9)], "nticks": 6}
    low, high = _outside(min(known), max(known))
    return layout | style.log_ticks(low, high) | {"range": [log10(low), log10(high)]}


def _outside(low: float, high: float) -> tuple[float, float]:
    """1, 2 or 5 times a power of ten around both."""
    below = [m * 10.0 ** floor(log10(low)) for m in (1, 2, 5)]
    above = [m * 10.0 ** floor(log10(high)) for m in (1, 2, 5, 10)]
    return max(v for v in below if v <= low), min(v for v in above if v > high)


def colour_axis(name: str, values: Sequence[float]) -> style.Layout:
    """The colours of an end, and their bar; a log scale is of logarithms."""
    about = ENDS[name]
    known = [value for value in values if np.isfinite(value)] or [0.5, 1.0]
    bar: style.Layout = {"thickness": 16, "title": {"text": _in_lines(about.title), "side": "top"}}
    if about.scale == "share":
        ends, bar["tickformat"] = (0.0, 1.0), ".0%"
    elif scale_of(about, known) == "log":
        ends = (log10(min(known)), log10(max(known)))
        powers = range(floor(ends[0]), ceil(ends[1]) + 1)
        ticks = [m * 10.0**n for n in powers for m in (1, 2, 5)]
        bar["tickvals"] = [log10(tick) for tick in ticks]
        bar["ticktext"] = [number(tick, 1) for tick in ticks]
    else:
        ends = (min(known), max(known))
    if ends[0] == ends[1]:
        ends = (ends[0] - 0.5, ends[1] + 0.5)
    return {"colorscale": "Viridis", "cmin": ends[0], "cmax": ends[1], "colorbar": bar}


def _in_lines(title: str) -> str:
    return title.replace(" at the end", "").replace(" [", "<br>[").replace(" loss", "<br>loss")


def coloured(name: str, values: Sequence[float], among: Sequence[float]) -> Sequence[float]:
    """Values as the colour axis has them."""
    if scale_of(ENDS[name], among) != "log":
        return list(values)
    return [log10(value) if value > 0 else float("nan") for value in values]


def shown(name: str, value: float) -> str:
    """An end in words, such as "0.053 nats" or "96.1 %"."""
    if not np.isfinite(value):
        return "not known"
    if ENDS[name].scale == "share":
        return f"{100 * value:.1f} %"
    unit = "s" if name == "seconds" else "nats"
    return f"{number(value, 3)} {unit}"
