"""Training curves: loss and accuracy by step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import floor, log10
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from resnet_viz.figures import style
from resnet_viz.figures.seed_band import band
from resnet_viz.findings.contestant import (
    Contestant,
    Indices,
    Window,
    drawn_steps,
    last_step,
    thinned,
)
from resnet_viz.text import number

MOST_POINTS = 4000
# Losses beyond these are left out of the axis, and a note says so.
LEAST_LOSS, MOST_LOSS = 1e-4, 1e3


class Curves(NamedTuple):
    """How the curves are drawn: the loss axis "log" or "linear", and each point the mean of so
    many steps, the last of which is its own (1: nothing is smoothed). Of a long run, the points
    are even apart, or with `peaks` those that no other can stand for."""

    scale: str = "log"
    mean_of: int = 1
    peaks: bool = False


AS_MEASURED = Curves()
PEAKS = Curves(peaks=True)
STRETCHES = 800
"""Of so many, each with its smallest and its largest value, a line of 1,600 pixels is made."""


def training_curves(
    contestants: Sequence[Contestant], how: Curves = AS_MEASURED, window: Window = None
) -> go.Figure:
    """Loss (above) and accuracy (below) of each minibatch, before its update, by step.

    On a logarithmic loss axis a peak does not squash the rest; a thin line shows the loss of a
    guess. Where they are smoothed, the minibatches' own values stay as faint lines. Markers are
    loss and accuracy on held-out images, where a run has them. Of several seeds the line is the
    median and the light ground the range. Of a run of more than 4,000 steps at most 4,000 are
    drawn, evenly, and as many in the `window` that is looked at (with `peaks` the smallest and the
    largest of each stretch of all); the axis says so. A loss that is not finite, or beyond the
    axis, leaves a gap, and a note under the axis says from when.
    """
    traces = [t for number, c in enumerate(contestants) for t in _traces(number, c, how, window)]
    notes, short = _not_shown(contestants)
    last = last_step(contestants)
    low, high = _limits(contestants)
    chances = sorted({c.chance for c in contestants if c.chance})
    x = {"range": style.step_range(last), "anchor": "y2"}
    is_log = how.scale == "log"
    scale: style.Layout = {"range": [0, high], "nticks": 6}
    if is_log:
        scale = style.log_ticks(low, high) | {"range": [log10(low), log10(high)]}
    loss = scale | {"domain": [0.52, 1], "anchor": "x"}
    accuracy = {"domain": [0, 0.46], "range": [0, 1.02], "tickformat": ".0%", "anchor": "x"}
    # Among the accuracies, where no line crosses the words.
    waiting = [] if any(len(c.history) for c in contestants) else [style.waiting(0.23)]
    words = [*waiting, *(_chance_words(chance, is_log=is_log) for chance in chances)]
    layout: style.Layout = {
        "xaxis": style.axis(_x_title(contestants, how))
        | x
        | {"unifiedhovertitle": {"text": "<b>step %{x}</b>"}},
        "yaxis": style.axis("loss [nats]") | loss,
        "yaxis2": style.axis("accuracy") | accuracy,
        "shapes": [style.level_line(chance) for chance in chances],
        "annotations": [*style.below(notes, short), *words],
        "uirevision": "race" if is_log else "linear",
        "hovermode": "x unified",
        "hoversubplots": "axis",
        "margin": style.MARGIN | {"l": 70, "b": style.ROOM_BELOW},
        "meta": style.narrow(style.narrow_below(notes, short, words))
        | {"thinned": any(len(c.history) > MOST_POINTS for c in contestants)},
    }
    return style.figure(traces, layout)


def _limits(contestants: Sequence[Contestant]) -> tuple[float, float]:
    """1, 2 or 5 times a power of ten around every loss and chance; they only widen in a race."""
    values = [1.0, *(c.chance for c in contestants if c.chance)]
    for contestant in contestants:
        drawn = contestant.history.loss[_fits(contestant.history.loss)]
        values += [float(drawn.min()), float(drawn.max())] if drawn.size else []
    low, high = min(values), max(values)
    floors = [m * 10.0 ** floor(log10(low)) for m in (1, 2, 5)]
    ceilings = [m * 10.0 ** floor(log10(high)) for m in (1, 2, 5, 10)]
    return max(f for f in floors if f <= low), min(c for c in ceilings if c > high)


def _fits(loss: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.isfinite(loss) & (loss >= LEAST_LOSS) & (loss <= MOST_LOSS)


def _chance_words(chance: float, *, is_log: bool) -> style.Layout:
    """At the right, above its line; on a log axis annotations stand at a logarithm."""
    text = f"guessing: {number(chance)}"
    place = {"yref": "y", "x": 1, "xanchor": "right", "yanchor": "bottom"}
    return style.note(text, log10(chance) if is_log else chance) | place


def _x_title(contestants: Sequence[Contestant], how: Curves) -> str:
    most = max((len(c.history) for c in contestants), default=0)
    if how.peaks and most > 2 * STRETCHES:
        return f"step (peaks of {most:,} drawn)"
    drawn = len(thinned(most, MOST_POINTS))
    return "step" if most <= MOST_POINTS else f"step ({drawn:,} of {most:,} drawn)"


def extremes(lines: Sequence[NDArray[np.float64]], stretches: int) -> Indices:
    """The places where any of `lines`, all of one length, is smallest or largest in each of so many
    stretches, or first not a number (a gap stays one); the first and the last. All, if there are no
    more."""
    count = len(lines[0])
    if count <= 2 * stretches:
        return np.arange(count)
    chosen = {0, count - 1}
    for stretch in np.array_split(np.arange(count), stretches):
        for line in lines:
            is_gap = np.isnan(line[stretch])
            known = stretch[~is_gap]
            chosen.update(stretch[is_gap][:1].tolist())
            if len(known):
                chosen |= {int(known[line[known].argmin()]), int(known[line[known].argmax()])}
    return np.array(sorted(chosen), np.int64)


def _traces(
    number: int, contestant: Contestant, how: Curves, window: Window
) -> Iterator[style.Trace]:
    history = contestant.history
    name = style.name_of(contestant.name)
    for measure, values, axis, form in (
        ("loss", _loss(history.loss), "y", ".3g"),
        ("accuracy", history.accuracy, "y2", ".1%"),
    ):
        ends = [
            h.loss if measure == "loss" else h.accuracy
            for h in (contestant.low, contestant.high)
            if h is not None
        ]
        rows = drawn_steps(history.steps, MOST_POINTS, window)
        if how.peaks:
            rows = extremes([values, *ends], STRETCHES)
        steps = history.steps[rows]
        common: style.Trace = {
            "type": "scatter",
            "x": steps,
            "name": name,
            "legendgroup": str(number),
            **({"yaxis": axis} if axis == "y2" else {}),
            "showlegend": False,
            "mode": "lines",
        }
        line = style.line_of(number, contestant.colour)
        if ends:
            on = ends[0][rows], ends[1][rows]
            within = (LEAST_LOSS, MOST_LOSS) if measure == "loss" else (0.0, 1.0)
            yield from band(steps, on, contestant.colour, str(number), axis=axis, within=within)
        if how.mean_of > 1:
            faint = {"line": line | {"width": 1, "dash": "solid"}, "opacity": 0.35}
            own = {"y": values[rows].astype(np.float32), "hoverinfo": "skip"}
            yield common | faint | own
        template = f"%{{y:{form}}}<extra>{name}, {measure}</extra>"
        smooth = running_mean(values, how.mean_of)[rows].astype(np.float32)
        legend = {"showlegend": measure == "loss"}
        yield common | legend | {"y": smooth, "line": line, "hovertemplate": template}
        yield from _held_out(number, contestant, common, measure)


def _held_out(
    number: int, contestant: Contestant, common: style.Trace, measure: str
) -> Iterator[style.Trace]:
    """Loss or accuracy on held-out images, where it was taken."""
    series = contestant.history.series(f"eval_{measure}")
    if not len(series.steps):
        return
    values = series.values[:, 0].astype(np.float64)
    form = ".3g" if measure == "loss" else ".1%"
    name = style.name_of(contestant.name)
    yield common | {
        "x": series.steps,
        "y": (_loss(values) if measure == "loss" else values).astype(np.float32),
        "name": f"{name}, held out",
        "mode": "markers",
        "marker": {
            "symbol": style.symbol_of(number) + "-open",
            "size": 8,
            "color": contestant.colour,
            "line": {"width": 2},
        },
        "hovertemplate": f"%{{y:{form}}}<extra>{name}, held-out {measure}</extra>",
    }


def _loss(loss: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(_fits(loss), loss, np.nan)


def running_mean(values: NDArray[np.float64], of: int) -> NDArray[np.float64]:
    """The running mean: at each place over it and the `of` - 1 before it (fewer at the beginning).

    What is not a number is left out of the means, and stays where it is.
    """
    if of <= 1 or not len(values):
        return values
    known = np.isfinite(values)
    total = np.cumsum(np.where(known, values, 0.0))
    count = np.cumsum(known)
    total[of:] = total[of:] - total[:-of]
    count[of:] = count[of:] - count[:-of]
    return np.where(known, total / np.maximum(count, 1), np.nan)


def _not_shown(contestants: Sequence[Contestant]) -> tuple[list[str], str]:
    """Which losses the axis does not show, in words: net by net, and in short."""
    texts, names, firsts = [], [], []
    kinds: dict[str, None] = {}
    for one in contestants:
        loss, steps = one.history.loss, one.history.steps
        where = {
            "not finite": ~np.isfinite(loss),
            f"above {MOST_LOSS:,.0f}": np.isfinite(loss) & (loss > MOST_LOSS),
            f"below {LEAST_LOSS}": loss < LEAST_LOSS,
        }
        hidden = {kind: steps[rows] for kind, rows in where.items() if rows.any()}
        if hidden:
            kinds_and_steps = ", ".join(
                f"{kind} {_when(at, steps[-1])}" for kind, at in hidden.items()
            )
            texts.append(f"{style.name_of(one.name)}: loss {kinds_and_steps}")
            names.append(one.name)
            firsts.append(min(int(at[0]) for at in hidden.values()))
            kinds |= dict.fromkeys(hidden)
    if not texts:
        return [], ""
    return texts, f"{style.whose(names)}: loss {' or '.join(kinds)}, first at step {min(firsts)}"


def _when(at: Indices, last: int) -> str:
    """Of so many of the steps up to the last."""
    if len(at) == 1:
        return f"at step {at[0]}"
    is_to_the_end = at[-1] == last and np.all(np.diff(at) == 1)
    return (
        f"since step {at[0]}" if is_to_the_end else f"in {len(at):,} steps, first at step {at[0]}"
    )
