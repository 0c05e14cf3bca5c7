"""Colour scale of a quantity in all nets of a race: its ends, and the share of values beyond
them."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor
from textwrap import wrap
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resnet_viz.figures import style
from resnet_viz.figures.heat_maps.cells import cells
from resnet_viz.figures.training_curves import MOST_LOSS
from resnet_viz.findings.contestant import GRADIENT, Contestant, Places, Window, shown
from resnet_viz.quantities import quantity
from resnet_viz.quantities.quantity import Quantity
from resnet_viz.text import number

MOST_TICKS = 8
APART = '<span style="font-size:6px">&nbsp;</span>'
"""A last line of the bar's title, so that the uppermost number does not touch it."""
LETTERS, NARROW_LETTERS, NARROW_SIZE = 12, 9, 12
"""Of a line of the bar's title, and their size where the chart is narrow."""


class Ends(NamedTuple):
    """The ends of a scale (log10 for a log scale); values beyond take its end colours: `less` or
    `more` says that there are some."""

    low: float
    high: float
    less: bool = False
    more: bool = False


def ends(contestants: Sequence[Contestant], name: str = GRADIENT) -> Ends:
    """Ends around all values except the smallest and the largest hundredth of each net.

    Steps at which a net's loss is not finite or above 1,000 do not count: a net that runs away
    has gradients up to 1e38, and would leave one colour to all that was before. On a log scale the
    ends are whole halves.
    """
    about = quantity(name)
    known = known_values(contestants, about)
    if not known.size:
        return Ends(-3.0, 1.0) if about.scale == "log" else Ends(0.0, 1.0)
    calm = [_finite([_at_calm_steps(one, about)]) for one in contestants]
    own = [np.percentile(values, [1, 99]) for values in calm if values.size]
    own = own or [np.percentile(known, [1, 99])]
    low, high = min(float(one[0]) for one in own), max(float(one[1]) for one in own)
    if about.scale == "linear":
        high = high if high > low else low + 1
    else:  # A power of ten itself is an end, whatever the last bit of a float32 says.
        low = floor(2 * low + 1e-5) / 2
        high = max(ceil(2 * high - 1e-5) / 2, low + 1)
    return Ends(low, high, bool(known.min() < low - 1e-5), bool(known.max() > high + 1e-5))


def joint_ends(contestants: Sequence[Contestant], names: Sequence[str]) -> Ends | None:
    """Ends around several quantities; None if no net has any of them yet."""
    has = {name: [c for c in contestants if len(c.history.series(name).steps)] for name in names}
    all_ends = [ends(having, name) for name, having in has.items() if having]
    if not all_ends:
        return None
    low, high = min(one.low for one in all_ends), max(one.high for one in all_ends)
    every = [known_values(having, quantity(name)) for name, having in has.items() if having]
    known = np.concatenate(every)
    return Ends(low, high, bool((known < low - 1e-5).any()), bool((known > high + 1e-5).any()))


def drawn_values(
    contestant: Contestant, about: Quantity, window: Window = None
) -> tuple[NDArray[np.float64], NDArray[np.int64], Places]:
    """The values [steps, places] of a map on the colour scale, NaN if it has no place for them; the
    steps, and the places of the main path."""
    series = contestant.history.series(about.name)
    places = contestant.place(about.name).only("main")
    if not len(series.steps):
        return np.empty((0, 0)), series.steps, places
    rows, columns = cells(series.steps, places, window)
    values = shown(series.values[np.ix_(rows, places.columns[columns])], about.scale)
    if about.scale == "log":
        values = np.log10(values)
    return values, series.steps[rows], places


def known_values(contestants: Sequence[Contestant], about: Quantity) -> NDArray[np.float64]:
    """All values that have a colour."""
    return _finite([drawn_values(one, about)[0] for one in contestants])


def _at_calm_steps(contestant: Contestant, about: Quantity) -> NDArray[np.float64]:
    """The values at steps with a loss that is finite and not above 1,000; at all steps of a net
    whose loss never is finite."""
    values, steps, _ = drawn_values(contestant, about)
    history = contestant.history
    if not len(steps) or not np.isfinite(history.loss).any():
        return values
    rows = np.maximum(np.searchsorted(history.steps, steps, side="right") - 1, 0)
    is_calm: NDArray[np.bool_] = history.loss[rows] <= MOST_LOSS
    return values[is_calm]


def _finite(values: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    every = np.concatenate([one.ravel() for one in values]) if values else np.empty(0)
    known: NDArray[np.float64] = every[np.isfinite(every)]
    return known


def beyond(contestants: Sequence[Contestant], about: Quantity, scale: Ends) -> str:
    """The share of values beyond the scale, in words; "" for none."""
    if not (scale.less or scale.more):
        return ""
    known = known_values(contestants, about)
    outside = (known < scale.low - 1e-5) | (known > scale.high + 1e-5)
    limits = [float(known.min()), float(known.max())]
    if about.scale == "log":
        limits = [10.0**end for end in limits]
    between = " to ".join(f"{end:.1e}" for end in limits)
    return f"{outside.mean():.1%} of the cells lie beyond the colours' scale; all values: {between}"


def colour_axis(about: Quantity, scale: Ends) -> style.Layout:
    """The colour axis and its bar; labels at its ends say if there are values beyond."""
    bar: style.Layout = {"title": bar_title(about), "thickness": 16, "tickmode": "array"}
    values, texts = _ticks(about, scale)
    bar |= {"tickvals": values, "ticktext": texts}
    return {"colorscale": "Viridis", "cmin": scale.low, "cmax": scale.high, "colorbar": bar}


def bar_title(about: Quantity, *, is_narrow: bool = False) -> style.Layout:
    """The title of the bar, in lines that fit beside the maps."""
    title = f"{about.symbol or about.title}" + (f" [{about.unit}]" if about.unit else "")
    lines = wrap(title, NARROW_LETTERS if is_narrow else LETTERS, break_long_words=False)
    size = NARROW_SIZE if is_narrow else style.FONT_SIZE
    return {"text": "<br>".join([*lines, APART]), "side": "top", "font": {"size": size}}


def _ticks(about: Quantity, scale: Ends) -> tuple[list[float], list[str]]:
    """Whole powers of ten, or five even steps; an end beyond which there are values has a tick,
    and the one next to it goes where both would not fit."""
    low, high = scale.low, scale.high
    if about.scale == "log":
        every = ceil((high - low) / MOST_TICKS)
        inner = [float(n) for n in range(ceil(low), floor(high) + 1, every)]
    else:
        inner = [low + share * (high - low) for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    least = (high - low) / (MOST_TICKS + 1)
    apart = [
        at
        for at in inner
        if not (scale.less and at - low < least) and not (scale.more and high - at < least)
    ]
    values = [low] * scale.less + apart + [high] * scale.more
    signs = ["&lt; "] * scale.less + [""] * len(apart) + ["> "] * scale.more
    return values, [sign + _said(at, about) for sign, at in zip(signs, values, strict=True)]


def _said(at: float, about: Quantity) -> str:
    if about.scale == "log" and at.is_integer():
        return f"10<sup>{at:g}</sup>"
    return number(10.0**at if about.scale == "log" else at, 2)
