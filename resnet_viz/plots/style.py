"""What all figures share: transparent ground, grid, fonts, margins; the page sets the colours."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from html import escape
from typing import Any

import plotly.graph_objects as go

# plotly takes pandas from sys.modules as soon as it is there. While another session's page is still
# importing it, a figure would fail on the half of it that is missing; importing it here waits.
importlib.import_module("pandas")

CLEAR = "rgba(0,0,0,0)"
GRID = "rgba(128,128,128,0.3)"
FONT_SIZE = 14
# The shapes and dashes of contestants, in their order: they differ without colour too.
MARKERS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")

Layout = dict[str, Any]
Trace = dict[str, Any]


def figure(traces: Sequence[Trace], layout: Layout) -> go.Figure:
    """A figure in the common style; `layout` adds to it.

    The template is empty and no text has a colour, so that the page's theme rules. The fixed
    `uirevision` keeps the viewer's zoom when the data change.
    """
    common: Layout = {
        "template": {},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "font": {"size": FONT_SIZE},
        "margin": {"l": 90, "r": 20, "t": 60, "b": 110},
        "uirevision": "race",
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
        "hoverlabel": {"font": {"size": FONT_SIZE}},
    }
    return go.Figure(list(traces), common | layout)


def axis(title: str) -> Layout:
    """An axis with its title; units belong into the title."""
    return {
        "title": {"text": title, "standoff": 10},
        "gridcolor": GRID,
        "zeroline": False,
        "linecolor": GRID,
        "showline": True,
        "ticks": "outside",
        "tickcolor": GRID,
    }


def note(text: str, y: float) -> Layout:
    """An annotation that starts at the plot's left; `y` in fractions of its height."""
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


def below(lines: Sequence[str]) -> list[Layout]:
    """An annotation under the x axis' title, where it hides no data; none for no lines."""
    return [note("<br>".join(lines), 0) | {"x": 0, "yshift": -66}] if lines else []


WAITING = "waiting for the first step"


def waiting(y: float = 0.5) -> Layout:
    """The annotation of a figure that has no data yet."""
    return note(WAITING, y) | {
        "x": 0.5,
        "xanchor": "center",
        "yanchor": "middle",
    }


def name_of(name: str) -> str:
    """A net's name as plotly text: what could be read as markup is escaped."""
    return escape(name, quote=False)


def step_range(last: int) -> list[float]:
    """The x axis of steps: from 0 to `last`, and wide enough for whole ticks."""
    return [-0.5, max(last, 10) + 0.5]


def count(number: int, thing: str) -> str:
    """ "1 layer", "2 layers"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
