"""Graph values: a legend, and the colours of graphs that are already on the page.

The pictures stay as they are; only values by node and line travel.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from typing import NamedTuple

from resnet_viz.figures.graph_colouring import RAMP, Scale
from resnet_viz.ui.components.component import NEWEST_SCRIPT, component
from resnet_viz.views.graph.browser.scripts import legend_script

_VALUES = component(__file__, "graph_values", NEWEST_SCRIPT, legend_script())


class Painted(NamedTuple):
    """The values that colour one graph: those of its nodes and lines, or a message why there are
    none, and a note for its title."""

    nodes: Mapping[str, float | str]
    lines: Mapping[str, float | str]
    message: str = ""


def show_values(data: Mapping[str, object]) -> None:
    """Draw the legend of both scales, and colour the graphs, from the result of `values_data`."""
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
    """The data of the legend and of the graphs of `group`, by their keys, for drawing or for an
    update: made once for many sessions.

    The legend has the marks of what is on no scale only for what is `measured`. News of a race are
    not for the next one `of` another id, which begins with the same values.
    """
    return {
        "key": f"values_{group}",
        "of": of,
        "group": group,
        "ramp": RAMP,
        "nodes": nodes._asdict(),
        "lines": lines and lines._asdict(),
        "measured": measured,
        "absent": any(
            isinstance(value, str)
            for graph in graphs.values()
            for value in (*graph.nodes.values(), *graph.lines.values())
        ),
        "graphs": _as_text(graphs),
    }


def _as_text(graphs: Mapping[str, Painted]) -> str:
    """What travels twice a second is to be short: lists of names stand once, in a line each, and
    a graph has the number of its list, and the values in that order."""
    names: dict[str, int] = {}

    def numbered(values: Mapping[str, float | str]) -> list[object]:
        number = names.setdefault("\n".join(values), len(names))
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
