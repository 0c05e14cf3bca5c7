"""Through time: gradient ratio, effective rank and update size step by step, side by side on one
step axis."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import ceil, floor, log10
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from resnet_viz.figures import style
from resnet_viz.figures.seed_band import band
from resnet_viz.findings.absence import layer_states_of
from resnet_viz.findings.claims.feature_collapse import RANK, median_ranks
from resnet_viz.findings.contestant import (
    GRADIENT,
    Contestant,
    Window,
    drawn_steps,
    last_step,
    shown,
)
from resnet_viz.findings.seeds import Numbers, Spread, spread_of
from resnet_viz.quantities.effective_rank import MOST_IMAGES
from resnet_viz.quantities.layer_states import ABSENT, LayerState
from resnet_viz.quantities.records import Series
from resnet_viz.text import ordinal

MOST_POINTS = 500
UPDATE = "update_ratio"
LEAST, MOST = 1e-12, 1e12
"""Values beyond these are left out of the axes, and a note says so."""


def _of_main_path(
    net: Contestant, name: str, window: Window, number: Callable[[Numbers], Numbers]
) -> Series:
    """A number [T, 1] of a quantity's values [T, L] on the main path."""
    series = net.history.series(name)
    rows, main = drawn_steps(series.steps, MOST_POINTS, window), net.place(name).of("main")
    if not series.values.size or not len(main):
        return Series(series.steps[:0], np.empty((0, 1), np.float32))
    with np.errstate(all="ignore"):
        values = number(series.values[np.ix_(rows, main)])
    return Series(series.steps[rows], values.astype(np.float32))


def gradient_ratios(net: Contestant, window: Window = None) -> Series:
    """The first layer's gradient norm over the last's, on the main path [T, 1]."""
    return _of_main_path(
        net, GRADIENT, window, lambda norms: norms[:, :1].astype(np.float64) / norms[:, -1:]
    )


def update_ratios(net: Contestant, window: Window = None) -> Series:
    """The median layer's update over its weights, on the main path [T, 1]."""
    return _of_main_path(
        net, UPDATE, window, lambda ratios: np.median(ratios, axis=1, keepdims=True)
    )


def _ranks(net: Contestant, _: Window) -> Series:
    return median_ranks(net)


class _Panel(NamedTuple):
    """One of the charts: its title in two lines, and what it draws of a net.

    `rule` is where a thin line is drawn; `with_markers`: values are few, and far apart. `by` is
    the quantity that it is made of; `of_ends`: of the first and the last layer's alone.
    """

    title: str
    of: str
    measure: Callable[[Contestant, Window], Series]
    by: str
    of_ends: bool = False
    rule: float | None = None
    with_markers: bool = False

    @property
    def words(self) -> str:
        """What is said to be left out."""
        return "first / last" if self.of_ends else self.title

    def spread(self, net: Contestant, window: Window) -> Spread:
        """The values it draws of a net, over its seeds."""
        return spread_of(net, lambda seed: self.measure(seed, window))


PANELS = (
    _Panel(
        "gradient norm", "first / last layer", gradient_ratios, GRADIENT, of_ends=True, rule=1.0
    ),
    _Panel("effective rank", "median block", _ranks, RANK, with_markers=True),
    _Panel("update / weight", "median layer", update_ratios, UPDATE, rule=1e-3),
)
DRAWN = tuple(panel.by for panel in PANELS)
"""The quantities that the panels are made of."""
_RANKS = (0.9, 1.1 * MOST_IMAGES)
_WIDE = [([0.0, 0.28], [0.0, 1.0]), ([0.36, 0.64], [0.0, 1.0]), ([0.72, 1.0], [0.0, 1.0])]
_NARROW = [([0.0, 1.0], [0.77, 1.0]), ([0.0, 1.0], [0.385, 0.615]), ([0.0, 1.0], [0.0, 0.23])]


def through_time(contestants: Sequence[Contestant], window: Window = None) -> go.Figure:
    """Three quantities (y, logarithmic) by step (x), one line per net.

    From left to right (from top to bottom where the chart is narrow): the first layer's gradient
    norm over the last's, the median block's effective rank at measured steps, and the median
    layer's update over its weights. Of several seeds the line is the median of the seeds' own
    numbers and the light ground their range. Of a long run at most 500 steps are drawn, evenly,
    and as many in the `window` that is looked at. What a log axis cannot show (0, inf, NaN) leaves
    a gap, and a note under the axes counts it.
    """
    spreads = [[panel.spread(c, window) for c in contestants] for panel in PANELS]
    traces = [
        trace
        for place, (panel, own) in enumerate(zip(PANELS, spreads, strict=True))
        for number, (net, spread) in enumerate(zip(contestants, own, strict=True))
        for trace in _traces(place, panel, number, (net, spread), window)
    ]
    notes, short = _left(contestants, spreads)
    last = last_step(contestants)
    axes = [_axes(place, own, last) for place, own in enumerate(spreads)]
    wide, narrow = (_placed(domains, spreads, contestants) for domains in (_WIDE, _NARROW))
    layout: style.Layout = {
        "hovermode": "x unified",
        "uirevision": "race",
        "margin": style.MARGIN | {"l": 60, "t": 84, "b": style.ROOM_BELOW},
        "legend": {"orientation": "h", "x": 0, "y": 1, "yref": "container", "yanchor": "top"},
        "shapes": [_rule(place, panel.rule) for place, panel in enumerate(PANELS) if panel.rule],
    }
    for axis in axes:
        layout |= axis
    for key, domain in wide.domains.items():
        layout[key] |= domain
    layout["annotations"] = [*wide.titles, *style.below(notes, short, style.WHOLE_LETTERS)]
    for above in ("xaxis", "xaxis2"):  # the lowest says what all of them are along
        narrow.domains[above] |= {"title": {"text": ""}}
    changes = {**narrow.domains, **style.narrow_below(notes, short, narrow.titles)}
    is_thinned = any(_is_thinned(net) for net in contestants)
    layout["meta"] = style.narrow(changes, (1.0, 2.5)) | {"thinned": is_thinned}
    return style.figure(traces, layout)


def _is_thinned(net: Contestant) -> bool:
    """Whether there are more steps than are drawn."""
    lengths = {name: len(net.history.series(name).steps) for name in DRAWN}
    return any(
        length > MOST_POINTS or net.history.is_thinned(name) for name, length in lengths.items()
    )


def _traces(
    place: int, panel: _Panel, number: int, of: tuple[Contestant, Spread], window: Window
) -> Iterator[style.Trace]:
    net, spread = of
    rows = drawn_steps(spread.steps, MOST_POINTS, window)
    steps, x, y = spread.steps[rows], f"x{style.suffix(place)}", f"y{style.suffix(place)}"
    group = str(number)
    if len(net.runs) > 1:
        low, high = (end[rows, 0] if end.size else np.empty(0) for end in (spread.low, spread.high))
        within = LEAST, MOST
        for trace in band(steps, (low, high), net.colour, group, axis=y, within=within):
            yield trace | {"xaxis": x}
    name = style.name_of(net.name)
    yield {
        "type": "scatter",
        "x": steps,
        "y": _drawn(spread.median[rows]).astype(np.float32),
        "xaxis": x,
        "yaxis": y,
        "name": name,
        "legendgroup": group,
        "showlegend": place == 0,
        "mode": "lines+markers" if panel.with_markers else "lines",
        "line": style.line_of(number, net.colour),
        "marker": {"symbol": style.symbol_of(number), "size": 8},
        "hovertemplate": f"%{{y:.3g}}<extra>{name}</extra>",
    }


def _drawn(values: Numbers) -> Numbers:
    fits = shown(values[:, 0].astype(np.float32) if values.size else np.empty(0, np.float32))
    return np.where((fits >= LEAST) & (fits <= MOST), fits, np.nan)


def _axes(place: int, spreads: Sequence[Spread], last: int) -> style.Layout:
    suffix = style.suffix(place)
    if PANELS[place].with_markers:
        y = style.log_ticks(*_RANKS) | {"range": [log10(end) for end in _RANKS]}
    else:
        low, high = _decades(spreads, PANELS[place].rule)
        every = max(1, ceil((high - low) / 5))
        y = style.power_ticks(low, high, every) | {"range": [low, high]}
    x = {"range": style.step_range(last), "unifiedhovertitle": {"text": "<b>step %{x}</b>"}}
    shared = {"matches": "x"} if place else {}
    return {
        f"xaxis{suffix}": style.axis("step") | x | shared | {"nticks": 6},
        f"yaxis{suffix}": style.axis("") | y,
    }


def _decades(spreads: Sequence[Spread], rule: float | None) -> tuple[int, int]:
    """Powers of ten around all that is drawn and the rule; they only widen while a race goes on."""
    drawn = [
        _drawn(ends) for spread in spreads for ends in (spread.median, spread.low, spread.high)
    ]
    logs = np.log10(np.concatenate([*drawn, np.array([rule or 1.0])]))
    logs = logs[np.isfinite(logs)]
    low, high = floor(logs.min() - 0.05), ceil(logs.max() + 0.05)
    return low, high


class _Placed(NamedTuple):
    """The axes and titles of the panels."""

    domains: dict[str, style.Layout]
    titles: list[style.Layout]


def _placed(
    domains: Sequence[tuple[list[float], list[float]]],
    spreads: Sequence[Sequence[Spread]],
    contestants: Sequence[Contestant],
) -> _Placed:
    """Where the panels are, with their titles above, and in those without data why."""
    axes: dict[str, style.Layout] = {}
    titles = []
    has_begun = any(len(c.history) for c in contestants)
    for place, ((x, y), of_panel) in enumerate(zip(domains, spreads, strict=True)):
        suffix = style.suffix(place)
        axes[f"xaxis{suffix}"] = {"domain": x, "anchor": f"y{suffix}"}
        axes[f"yaxis{suffix}"] = {"domain": y, "anchor": f"x{suffix}"}
        of = PANELS[place].of
        intervals = sorted({one.along(PANELS[place].by).every for one in contestants})
        if intervals and intervals[-1] > 1:
            often = (f"every {ordinal(every)}" if every > 1 else "each" for every in intervals)
            of += f", {' or '.join(often)} step"
        title = style.note(f"<b>{PANELS[place].title}</b><br>{of}", y[1])
        titles.append(title | {"x": x[0], "yanchor": "bottom", "yshift": 4})
        if not any(len(one.steps) for one in of_panel):
            why = "not measured" if has_begun else style.WAITING
            above_rule = 0.25 * y[0] + 0.75 * y[1]
            titles.append(style.waiting(above_rule) | {"x": sum(x) / 2, "text": why})
    return _Placed(axes, titles)


def _rule(place: int, at: float) -> style.Layout:
    return style.level_line(at, f"x{style.suffix(place)} domain", f"y{style.suffix(place)}")


def _left(
    contestants: Sequence[Contestant], spreads: Sequence[Sequence[Spread]]
) -> tuple[list[str], str]:
    """What the axes do not show, in words: net by net, and in short."""
    texts, names, firsts = [], [], []
    kinds: dict[str, None] = {}
    for net, *of_net in zip(contestants, *spreads, strict=True):
        parts = []
        for panel, own in zip(PANELS, of_net, strict=True):
            hidden = np.isnan(_drawn(own.median))
            if hidden.any():
                own_kinds = [kind for kind, rows in _kinds(net, panel, own) if rows.any()]
                firsts.append(int(own.steps[np.flatnonzero(hidden)[0]]))
                parts.append(f"{panel.words} {' or '.join(own_kinds)}, first at step {firsts[-1]}")
                kinds |= dict.fromkeys(own_kinds)
        if parts:
            texts.append(f"{style.name_of(net.name)}: {'; '.join(parts)}")
            names.append(net.name)
    if not texts:
        return [], ""
    whose, first = style.whose(names), min(firsts)
    return texts, f"{whose}: not shown: {' or '.join(kinds)}, first at step {first}"


def _kinds(net: Contestant, panel: _Panel, own: Spread) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Why values are not shown, each kind with the rows it is of: by the layers' states, if they
    say it, and else by the numbers themselves."""
    values = own.median[:, 0]
    rest = np.isnan(_drawn(own.median))
    is_none, is_zero = ~np.isfinite(values), values == 0
    of = Series(own.steps, np.empty((len(own.steps), len(net.along(panel.by))), np.float32))
    every = layer_states_of(net, panel.by, of)
    if every is not None:
        main = net.place(panel.by).of("main")
        states = every[:, main[[0, -1]] if panel.of_ends else main]
        for state in (*ABSENT, LayerState.NOT_STEPPED):
            # An update of exactly 0 is what a layer has that is not trained, or not stepped.
            may_be = is_none if state in ABSENT else np.zeros_like(is_none)
            may_be |= is_zero & (panel.by == UPDATE)
            rows = rest & may_be & (states == state).any(axis=1)
            rest &= ~rows
            yield state.short, rows
    yield "0", rest & is_zero
    yield "not finite", rest & is_none
    yield "beyond the axis", rest & ~is_zero & ~is_none
