"""Styles of the graph: colours and line styles, in DOT and in SVG.

Lines have a contrast of at least 3 on white and on a dark page, and the kinds differ in line style
too. Words have the page's own text colour. Orange is for plain nets alone. Grey #808080 is as far
from white as from a dark page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

GREY = "#808080"
INK = "#111111"
_PLAIN_FILL = "#FBE0B0"
_FILLS: Mapping[str, str] = {
    "input": "#E8E8E8",
    "stem": "#E8E8E8",
    "head": "#E8E8E8",
    "preactivation": "#CFE4F2",
    "block": "#CFE4F2",
    "folded": "#CFE4F2",
    "add": "#FFFFFF",
    "operation": "#FFF2CC",
}


class LineStyle(NamedTuple):
    """The line style of a shortcut; `width` in pixels."""

    colour: str
    width: float
    line: Literal["solid", "dashed", "dotted"] = "solid"


_PROJECTED = LineStyle("#009E73", 3.5, "dotted")
_TRANSFORMED = LineStyle("#7A68C8", 3, "dashed")
SHORTCUTS: Mapping[str, LineStyle] = {
    "identity": LineStyle("#0072B2", 2.5),
    "zero_pad": LineStyle("#D6336C", 2.5, "dashed"),
    "projection": _PROJECTED,
    "conv1x1": _PROJECTED,
    "scaled": _TRANSFORMED,
    "exclusive_gate": _TRANSFORMED,
    "shortcut_only_gate": _TRANSFORMED,
    "dropout": _TRANSFORMED,
}


def fill(node_kind: str, *, is_plain: bool) -> str:
    """The colour of a node: a plain net's blocks are orange."""
    return _PLAIN_FILL if is_plain and node_kind in ("block", "folded") else _FILLS[node_kind]
