"""Training loss and accuracy by step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import floor, log10

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from resnet_viz.plots import style
from resnet_viz.plots.contestant import Contestant, thinned

MOST_POINTS = 4000
# Losses beyond these are left out of the axis, and a note says so.
LEAST_LOSS, MOST_LOSS = 1e-4, 1e3


def training_curves(contestants: Sequence[Contestant]) -> go.Figure:
    """Loss (above, log) and accuracy (below) of each minibatch, before its update, by step.

    The loss axis is logarithmic, so that a peak does not squash the rest; a thin line shows the
    loss of a guess. Nothing is smoothed. Of a run of more than 4,000 steps 4,000 are drawn,
    evenly, and the axis says so. A loss that is not finite, or beyond the axis, leaves a gap, and
    a note under the axis says from when.
    """
    traces = [t for number, c in enumerate(contestants) for t in _traces(number, c)]
    said = [text for c in contestants if (text := _not_shown(c))]
    last = max((int(c.history.steps[-1]) for c in contestants if len(c.history)), default=0)
    low, high = _limits(contestants)
    chances = sorted({c.chance for c in contestants if c.chance})
    x = {"range": style.step_range(last), "anchor": "y2"}
    log_range = {"range": [log10(low), log10(high)]}
    loss = style.log_ticks(low, high) | log_range | {"domain": [0.52, 1], "anchor": "x"}
    accuracy = {"domain": [0, 0.46], "range": [0, 1.02], "tickformat": ".0%", "anchor": "x"}
    # Among the accuracies, where no line crosses the words.
    waiting = [] if any(len(c.history) for c in contestants) else [style.waiting(0.23)]
    layout: style.Layout = {
        "xaxis": style.axis(_x_title(contestants))
        | x
        | {"unifiedhovertitle": {"text": "<b>step %{x}</b>"}},
        "yaxis": style.axis("training loss") | loss,
        "yaxis2": style.axis("accuracy") | accuracy,
        "shapes": [_chance_line(chance) for chance in chances],
        "annotations": [*style.below(said), *waiting, *map(_chance_words, chances)],
        "hovermode": "x unified",
        "hoversubplots": "axis",
        "margin": style.MARGIN | {"l": 70, "b": 60 + 22 * len(said)},
        "meta": style.narrow({}),
    }
    return style.figure(traces, layout)


def curves_alt(contestants: Sequence[Contestant]) -> str:
    """The picture in words: each net's newest loss and accuracy."""
    said = [
        f"{c.name}: loss {style.number(c.history.loss[-1])}, accuracy "
        f"{c.history.accuracy[-1]:.0%} at step {c.history.steps[-1]}"
        for c in contestants
        if len(c.history)
    ]
    return f"Training loss and accuracy by step. {'; '.join(said) or style.WAITING}."


def _limits(contestants: Sequence[Contestant]) -> tuple[float, float]:
    """1, 2 or 5 times a power of ten around every loss and chance; they only widen in a race."""
    values = [1.0, *(c.chance for c in contestants if c.chance)]
    for contestant in contestants:
        seen = contestant.history.loss[_fits(contestant.history.loss)]
        values += [float(seen.min()), float(seen.max())] if seen.size else []
    low, high = min(values), max(values)
    floors = [m * 10.0 ** floor(log10(low)) for m in (1, 2, 5)]
    ceilings = [m * 10.0 ** floor(log10(high)) for m in (1, 2, 5, 10)]
    return max(f for f in floors if f <= low), min(c for c in ceilings if c > high)


def _fits(loss: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.isfinite(loss) & (loss >= LEAST_LOSS) & (loss <= MOST_LOSS)


def _chance_line(chance: float) -> style.Layout:
    return {
        "type": "line",
        "xref": "paper",
        "yref": "y",
        "x0": 0,
        "x1": 1,
        "y0": chance,
        "y1": chance,
        "line": {"color": style.FAINT, "width": 1.5, "dash": "dot"},
    }


def _chance_words(chance: float) -> style.Layout:
    """At the right, above its line; on a log axis annotations stand at a logarithm."""
    text = f"guessing: {style.number(chance)}"
    return style.note(text, log10(chance)) | {
        "yref": "y",
        "x": 1,
        "xanchor": "right",
        "yanchor": "bottom",
    }


def _x_title(contestants: Sequence[Contestant]) -> str:
    most = max((len(c.history) for c in contestants), default=0)
    return "step" if most <= MOST_POINTS else f"step ({MOST_POINTS:,} of {most:,} drawn)"


def _traces(number: int, contestant: Contestant) -> Iterator[style.Trace]:
    history = contestant.history
    rows = thinned(len(history), MOST_POINTS)
    name = style.name_of(contestant.name)
    common = {
        "type": "scatter",
        "x": history.steps[rows],
        "name": name,
        "legendgroup": str(number),
        "mode": "lines",
        "line": {
            "color": contestant.colour,
            "width": 3,
            "dash": style.DASHES[number % len(style.DASHES)],
        },
    }
    loss = np.where(_fits(history.loss), history.loss, np.nan)[rows]
    yield common | {"y": loss, "hovertemplate": f"%{{y:.3g}}<extra>{name}, loss</extra>"}
    accuracy = {"y": history.accuracy[rows], "yaxis": "y2", "showlegend": False}
    template = f"%{{y:.1%}}<extra>{name}, accuracy</extra>"
    yield common | accuracy | {"hovertemplate": template}


def _not_shown(contestant: Contestant) -> str:
    """Which losses the axis does not show, in words; "" for none."""
    loss, steps = contestant.history.loss, contestant.history.steps
    kinds = {
        "not finite": ~np.isfinite(loss),
        f"above {MOST_LOSS:,.0f}": np.isfinite(loss) & (loss > MOST_LOSS),
        f"below {LEAST_LOSS}": loss < LEAST_LOSS,
    }
    said = [
        f"{what} in {style.count(int(where.sum()), 'step')}, first at step "
        f"{steps[np.flatnonzero(where)[0]]}"
        for what, where in kinds.items()
        if where.any()
    ]
    return f"{style.name_of(contestant.name)}: loss {'; '.join(said)}" if said else ""
