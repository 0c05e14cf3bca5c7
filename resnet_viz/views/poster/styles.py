"""Styles of figures for print: colours of boxes, and how lines look.

The tints are pale enough for black text, and for a printer without colours; what a line means is
said by dots and width, never by colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

INK = "#1A1A1A"
MUTED = "#5A5A5A"
GROUND = "#FFFFFF"


class Fill(NamedTuple):
    """The colour of a box and of its outline."""

    inside: str
    outline: str


_STAGES = (
    ("#E3E0F3", "#5B4FA0"),
    ("#DDEFD9", "#3F7F3A"),
    ("#FBE0D8", "#B0482C"),
    ("#D8E8F6", "#2A6597"),
    ("#FBF0CC", "#94700B"),
    ("#F6DDEA", "#A03A70"),
    ("#D9F0EC", "#1D7A6B"),
    ("#E9E4DC", "#6E5B40"),
)
FILLS: Mapping[str, Fill] = {
    **{f"stage{number}": Fill(*colours) for number, colours in enumerate(_STAGES, start=1)},
    "none": Fill(GROUND, INK),
    "quiet": Fill("#F1F1F1", "#7A7A7A"),
}
"""`stage1` to `stage8`, `none` and `quiet`."""


class Look(NamedTuple):
    """How a line looks; `dots` is the distance of its dots, 0 for a solid line."""

    colour: str
    width: float
    dots: float = 0.0
    tip: float = 4.2


LOOKS: Mapping[str, Look] = {
    "flow": Look(INK, 0.7, tip=3.4),
    "kept": Look(INK, 0.9, tip=3.8),
    "changed": Look(INK, 1.4, 2.9, 3.8),
    "trunk": Look("#A9A9A9", 3.2, tip=8.0),
}
"""`flow` is the way of the data, `kept` a shortcut that keeps the shape, `changed` one with a
projection or with zeros, `trunk` the shortcut where it is the straight way."""
