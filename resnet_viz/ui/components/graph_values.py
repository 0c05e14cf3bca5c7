"""Graph values: a legend, and the colours of graphs that are already on the page.

The pictures stay as they are; only values by node and line travel.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from resnet_viz.figures.graph_colouring import LEGEND_SCRIPT, RAMP, Scale
from resnet_viz.ui.components.component_update import NEWEST_SCRIPT

_HERE = Path(__file__).parent
_VALUES = st.components.v2.component(
    "resnet_viz_graph_values",
    html=(_HERE / "graph_values.html").read_text(encoding="utf-8"),
    css=(_HERE / "graph_values.css").read_text(encoding="utf-8"),
    js=f"{NEWEST_SCRIPT}\n{LEGEND_SCRIPT}\n{(_HERE / 'graph_values.js').read_text('utf-8')}",
)


class Painted(NamedTuple):
    """The values that colour one graph: those of its nodes and lines, or a message why there are
    none, and a note for its title."""

    nodes: Mapping[str, float | str]
    lines: Mapping[str, float | str]
    message: str = ""


def graph_values(
    group: str,
    nodes: Scale,
    lines: Scale | None,
    graphs: Mapping[str, Painted],
    *,
    measured: bool = True,
) -> None:
    """Draw the legend of both scales, and colour the graphs of `group`, by their keys.

    The legend has the marks of what is on no scale only for what is `measured`.
    """
    show_values(values_data(group, nodes, lines, graphs, measured=measured))


def show_values(data: Mapping[str, object]) -> None:
    """The same, from the result of `values_data`."""
    _VALUES(key=str(data["key"]), data=data, height="content")


def values_data(
    group: str,
    nodes: Scale,
    lines: Scale | None,
    graphs: Mapping[str, Painted],
    *,
    measured: bool = True,
    of: str = "",
) -> Mapping[str, object]:
    """The data of the component, for drawing or for an update: made once for many sessions.

    News of a race are not for the next one `of` another id, which begins with the same values.
    """
    return {
        "key": f"values_{group}",
        "of": of,
        "group": group,
        "ramp": RAMP,
        "nodes": nodes._asdict(),
        "lines": lines and lines._asdict(),
        "measured": measured,
        "absent": any(_lacks(one.nodes) or _lacks(one.lines) for one in graphs.values()),
        "graphs": _as_text(graphs),
    }


def _lacks(values: Mapping[str, float | str]) -> bool:
    return any(isinstance(value, str) for value in values.values())


def _as_text(graphs: Mapping[str, Painted]) -> str:
    """What travels twice a second is to be short: lists of names stand once, in a line each, and
    a graph has the number of its list, and the values in that order."""
    names: dict[str, int] = {}

    def numbered(values: Mapping[str, float | str]) -> list[object]:
        number = names.setdefault(" ".join(values), len(names))
        return [number, [_short(value) for value in values.values()]]

    of = {
        key: {"nodes": numbered(one.nodes), "lines": numbered(one.lines), "said": one.message}
        for key, one in graphs.items()
    }
    return json.dumps({"names": list(names), "of": of}, separators=(",", ":"))


def _short(value: float | str) -> float | str:
    """Four digits; "NaN" and "Infinity" as JavaScript reads them; words as they are."""
    if isinstance(value, str):
        return value
    if isfinite(value):
        return float(f"{value:.4g}")
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"  # noqa: PLR0124
