"""Figures of the student's programs: side by side in a table, their losses, their gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from math import ceil, floor, isnan, log10

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from resnet_viz.figures import style
from resnet_viz.figures.training_curves import running_mean
from resnet_viz.findings.colours import GREEN, GREY, PLAIN, RESIDUAL, VIOLET
from resnet_viz.lessons import kinds
from resnet_viz.lessons.facts import in_words
from resnet_viz.lessons.kinds.notebook import Found, Outcome
from resnet_viz.lessons.notebook_slot import PROGRAMS, YOURS, NotebookSlot
from resnet_viz.lessons.notebook_words import program_words
from resnet_viz.text import Words
from resnet_viz.ui.components.charts.live_chart import live_chart
from resnet_viz.ui.pages.lessons.reading import Reading
from resnet_viz.ui.widgets.page_texts import note
from resnet_viz.ui.widgets.table import table

_COLOURS: Mapping[str, str] = {
    "written": GREY,
    "made_to_run": PLAIN,
    YOURS: VIOLET,
    "meant": GREEN,
    "paper": RESIDUAL,
}
_MEAN_OF = 5
Numbers = NDArray[np.float64]
_HEIGHT, _SMALL = 360, 300
_NONE = "\N{EN DASH}"


def found_by(reading: Reading, slot: NotebookSlot) -> Found | None:
    """What is known of the programs by now; None before they were run."""
    of = reading.place.measured.get(slot.name)
    if not of or reading.seen[slot.name] is None:
        return None
    return kinds.notebook.found(reading.lab, slot, of)


def notebook_figure(found: Found, figure: str, key: str, alt: str, words: Words) -> None:
    """Draw one of the figures."""
    if figure == "table":
        outcomes_table(found.outcomes, words)
        return
    draw = losses if figure == "losses" else gradients
    live_chart(draw(found, words), f"lesson_chart_{key}", _HEIGHT, alt=alt)


def loss_chart(found: Found | None, words: Words) -> None:
    """Draw the losses in small, once there are two to compare."""
    if found is None or len(_shown(found)) < 2:
        return
    said = words("Training loss of the programs that run. The dotted line is guessing.")
    live_chart(losses(found, words), "lesson_notebook_losses", _SMALL, alt=said)
    note(said)


def _shown(found: Found) -> Sequence[str]:
    """The programs that learnt for a step, each once."""
    others = [name for name in PROGRAMS if name in _COLOURS]
    is_other = any(PROGRAMS[name] == found.mended for name in others)
    names = [name for name in _COLOURS if not (is_other and name == YOURS)]
    return [name for name in names if name in found.outcomes and found.outcomes[name].losses]


def losses(found: Found, words: Words) -> go.Figure:
    """Training loss (y) by step (x) of the programs that run, as a running mean; a thin line is the
    loss of a guess among ten."""
    lines = {
        name: running_mean(np.array(found.outcomes[name].losses, float), _MEAN_OF)
        for name in _shown(found)
    }
    guess = {"shapes": [style.level_line(float(np.log(10)))]}
    y = style.axis(words("loss [nats], mean of {steps} steps").format(steps=_MEAN_OF))
    return _chart(lines, words, words("step"), y | {"rangemode": "tozero"}, guess)


def gradients(found: Found, words: Words) -> go.Figure:
    """Gradient norm (y, logarithmic) by weighted layer (x) before the first step, of the programs
    that run; none where no gradient arrives."""
    lines = {name: np.array(found.outcomes[name].gradients, float) for name in _shown(found)}
    y = style.axis(words("gradient norm before training")) | _powers(list(lines.values()))
    return _chart(lines, words, words("layer, from the input"), y, {})


def _powers(lines: Sequence[Numbers]) -> style.Layout:
    """Ticks at powers of ten over all values."""
    values = np.concatenate([line[line > 0] for line in lines] or [np.ones(1)])
    low, high = floor(log10(values.min())), ceil(log10(values.max()))
    return style.power_ticks(low, high, max(1, (high - low) // 5))


def _chart(
    lines: Mapping[str, Numbers],
    words: Words,
    x_title: str,
    y: style.Layout,
    more: style.Layout,
) -> go.Figure:
    titles, order = program_words(words), list(_COLOURS)
    traces: list[style.Trace] = [
        {
            "type": "scatter",
            "x": list(range(len(values))),
            "y": values,
            "name": titles[name],
            "mode": "lines",
            "line": style.line_of(order.index(name), _COLOURS[name]),
            "hovertemplate": "%{y:.3g}",
        }
        for name, values in lines.items()
    ]
    layout = {"xaxis": style.axis(x_title), "yaxis": y, "hovermode": "x unified"}
    return style.figure(traces, layout | {"meta": style.narrow({})} | more)


def outcomes_table(outcomes: Mapping[str, Outcome], words: Words) -> None:
    """Draw programs side by side: a column each."""
    titles = program_words(words)
    columns = {name: title for name, title in titles.items() if name in outcomes}
    shown = [outcomes[name] for name in columns]
    rows = {words("error"): [_error(one, words) for one in shown]} | {
        of: [value(one) for one in shown] for of, value in traits(words).items()
    }
    table(
        words("The programs side by side"),
        ["", *(escape(title) for title in columns.values())],
        [[escape(of), *map(escape, cells)] for of, cells in rows.items()],
    )


def traits(words: Words) -> Mapping[str, Callable[[Outcome], str]]:
    """What is told of each program that runs, by its name in words."""
    return {
        words("maps of conv5"): lambda one: one.size or _NONE,
        words("parameters"): lambda one: f"{one.parameters:,}",
        words("gradient, first layer over last"): lambda one: _number(one.ratio),
        words("loss at the end"): lambda one: _number(one.loss),
        words("seconds per step"): lambda one: _number(one.seconds),
    }


def _error(one: Outcome, words: Words) -> str:
    if not one.stopped_by:
        return words("none")
    return words("line {line}: {error}").format(line=one.line, error=one.stopped_by)


def _number(value: float) -> str:
    return _NONE if isnan(value) else in_words(value, 2)
