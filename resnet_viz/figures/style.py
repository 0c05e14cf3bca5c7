"""Style that all figures share: transparent ground, grid, fonts, margins; the page sets the
colours."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from html import escape
from math import ceil, floor, log10
from pathlib import Path
from textwrap import wrap
from typing import Any

import plotly.graph_objects as go

from resnet_viz.text import compact

# plotly takes pandas from sys.modules as soon as it is there. While another session's page is still
# importing it, a figure would fail on the half of it that is missing; importing it here waits.
importlib.import_module("pandas")

LEGEND_ROOM = Path(__file__).with_name("legend_room.js")
DARK_COLOURS = Path(__file__).with_name("dark_colours.js")
"""The scripts that make room for a chart's legend, and put a figure in the colours of a dark page;
the app's pages and reports share them."""
CLEAR = "rgba(0,0,0,0)"
GRID = "rgba(128,128,128,0.3)"
# Seen on both themes, but less than data.
FAINT = "rgba(128,128,128,0.9)"
FONT_SIZE = 14
MARGIN = {"l": 84, "r": 16, "t": 40, "b": 60}
NARROW_LEFT, NARROW_SHIFT = 62, 44
"""Of narrow charts: the left margin, and how much further left notes begin."""
NOTE_SIZE, NOTE_LINES = 12, 2
"""Of notes under a plot: the size of their letters, and how many lines there is room for."""
NARROW_LETTERS, HALF_LETTERS, WHOLE_LETTERS = 60, 78, 110
"""Of a note's line: in charts of less than 500 pixels, in wider ones beside others, and in charts
as wide as the page."""
ROOM_BELOW = 88
"""The margin under an axis with a title, with room for notes whether there are any or not: the
plot stays as large as it is when one appears."""
# The shapes and dashes of contestants, in their order: they differ without colour too.
MARKERS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")

Layout = dict[str, Any]
Trace = dict[str, Any]


def symbol_of(number: int) -> str:
    """The marker's shape of contestant `number`, from 0."""
    return MARKERS[number % len(MARKERS)]


def marker_of(number: int, colour: str, size: int) -> Layout:
    """The marker of contestant `number`, from 0."""
    return {"symbol": symbol_of(number), "size": size, "color": colour}


def line_of(number: int, colour: str) -> Layout:
    """The line of contestant `number`, from 0: the dashes differ, for who cannot tell colours."""
    return {"color": colour, "width": 3, "dash": DASHES[number % len(DASHES)]}


def suffix(number: int) -> str:
    """The suffix of plotly's names for the axes of plot `number`, from 0."""
    return "" if number == 0 else str(number + 1)


def figure(traces: Sequence[Trace], layout: Layout) -> go.Figure:
    """A figure in the common style, with `layout` on top.

    The template is empty and no text has a colour, so that the page's theme rules. The fixed
    `uirevision` keeps the viewer's zoom when the data change.
    """
    common: Layout = {
        "template": {},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "font": {"size": FONT_SIZE},
        "margin": MARGIN,
        "uirevision": "race",
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
        "hoverlabel": {"font": {"size": FONT_SIZE}},
    }
    return go.Figure(list(traces), common | layout)


def axis(title: str) -> Layout:
    """An axis with its title, which includes the unit."""
    return {
        "title": {"text": title, "standoff": 10, "font": {"size": FONT_SIZE}},
        "gridcolor": GRID,
        "zeroline": False,
        "linecolor": GRID,
        "showline": True,
        "ticks": "outside",
        "tickcolor": GRID,
    }


def narrow(changes: Layout, heights: tuple[float, float] = (1.0, 1.0)) -> Layout:
    """The `meta` of a figure, for the chart component: the changes when it is narrow.

    `changes` are merged into the layout where the chart is narrow; `heights` are factors of the
    height that the page gives: for a wide and for a narrow chart.
    """
    margin = {"margin": {"l": NARROW_LEFT, "r": 8}}
    return {"narrow": margin | changes, "heights": list(heights)}


def log_ticks(low: float, high: float, unit: str = "") -> Layout:
    """Ticks of a log axis around [low, high] at 1, 2 and 5 times powers of ten, SI prefixes.

    All have labels where the range is at most two decades, else the powers alone. Ticks reach
    beyond the range, so that a viewer who moves the axis finds some.
    """
    wide = log10(high / low) > 2
    exponents = range(floor(log10(low)) - 2, ceil(log10(high)) + 3)
    values = [mantissa * 10.0**exponent for exponent in exponents for mantissa in (1, 2, 5)]
    texts = [
        "" if wide and index % 3 else compact(value, unit) for index, value in enumerate(values)
    ]
    return {"type": "log", "tickmode": "array", "tickvals": values, "ticktext": texts}


def power_ticks(low: int, high: int, every: int) -> Layout:
    """Ticks of a log axis at powers of ten, and beyond its ends; plotly's own are larger letters
    than the other axes have."""
    exponents = [every * n for n in range(low // every - 2, high // every + 3)]
    texts = [{0: "1", 1: "10"}.get(n, f"10<sup>{n}</sup>") for n in exponents]
    values = [10.0**n for n in exponents]
    return {"type": "log", "tickmode": "array", "tickvals": values, "ticktext": texts}


def linear_ticks(high: float, unit: str = "") -> Layout:
    """About five ticks from 0 to `high`, SI prefixes."""
    power = 10.0 ** floor(log10(high / 4)) if high > 0 else 1.0
    every = next(m * power for m in (1, 2, 5, 10) if m * power * 6 >= high)
    values = [every * index for index in range(ceil(high / every) + 1)]
    texts = [compact(value, unit) for value in values]
    return {"tickmode": "array", "tickvals": values, "ticktext": texts}


def note(text: str, y: float) -> Layout:
    """An annotation that starts at the left of the plot; `y` in fractions of its height."""
    return {
        "text": text,
        "xref": "paper",
        "yref": "paper",
        "x": 0.01,
        "y": y,
        "xanchor": "left",
        "yanchor": "top",
        "align": "left",
        "showarrow": False,
    }


def below(lines: Sequence[str], short: str = "", letters: int = HALF_LETTERS) -> list[Layout]:
    """An annotation under the title of the x axis, in the room kept for it (`ROOM_BELOW`); none for
    no lines. If the lines are too long, `short` takes their place."""
    broken = _wrapped("; ".join(lines), letters)
    if len(broken) > NOTE_LINES and short:
        broken = _wrapped(short, letters)
    own = {"x": 0, "yshift": -52, "font": {"size": NOTE_SIZE}}
    return [note("<br>".join(broken), 0) | own] if broken else []


def narrow_below(lines: Sequence[str], short: str = "", others: Sequence[Layout] = ()) -> Layout:
    """The same annotation in a narrow chart, beside its `others`: for `narrow`.

    It begins at the chart's edge.
    """
    notes = [one | {"xshift": -NARROW_SHIFT} for one in below(lines, short, NARROW_LETTERS)]
    margin = {"l": NARROW_LEFT, "r": 8, "b": ROOM_BELOW}
    return {"annotations": [*others, *notes], "margin": margin}


def _wrapped(text: str, letters: int) -> list[str]:
    return wrap(text, letters, break_long_words=False, break_on_hyphens=False)


def whose(names: Sequence[str]) -> str:
    """The name of the only net, or the number of nets: for a short note."""
    return name_of(names[0]) if len(names) == 1 else f"{len(names)} nets"


WAITING = "Empty until the first step"


def level_line(level: float, x: str = "paper", y: str = "y") -> Layout:
    """A thin dotted line across a plot at a level of its y axis."""
    line = {"color": FAINT, "width": 1.5, "dash": "dot"}
    ends = {"xref": x, "yref": y, "x0": 0, "x1": 1, "y0": level, "y1": level}
    return {"type": "line", "line": line} | ends


def waiting(y: float = 0.5) -> Layout:
    """The annotation of a figure that has no data yet."""
    return note(WAITING, y) | {"x": 0.5, "xanchor": "center", "yanchor": "middle"}


def name_of(name: str) -> str:
    """The name of a net as plotly text, with markup escaped."""
    return escape(name, quote=False)


def step_range(last: int) -> list[float]:
    """The range of a step axis: from 0 to `last`, and wide enough for whole ticks."""
    return [-0.5, max(last, 10) + 0.5]
