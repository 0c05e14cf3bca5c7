"""Net cells: a configuration, a plan and a graph as HTML and in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.paper_names import paper_name
from resnet_viz.arch.plan import NetworkPlan, plan
from resnet_viz.arch.presets import label
from resnet_viz.notebook.frame import Frame
from resnet_viz.views import labels
from resnet_viz.views.graph.graph import ShortcutGraph, shortcut_graph
from resnet_viz.views.table import table1

LEAST, MOST = 380, 780
"""Pixels of height that a graph has in a cell: text of a good size, and not a whole screen."""
_HEIGHT = re.compile(r'<svg [^>]*height="([\d.]+)"')
MOST_BLOCKS = 150
"""Of a net of more blocks than this, runs of alike ones are drawn as one."""


def graph_of(config: ResNetConfig) -> ShortcutGraph:
    """The graph that a cell shows of a net."""
    return shortcut_graph(config, fold=sum(config.depths) > MOST_BLOCKS)


def frame_of(graph: ShortcutGraph) -> Frame:
    """A graph in a cell."""
    page = graph.to_html()
    size = _HEIGHT.search(page)
    picture = float(size[1]) if size else LEAST
    height = round(min(MOST, max(LEAST, 0.8 * picture + 100)))
    return Frame(page, f"Shortcut graph of {graph_name(graph)}", height)


def graph_name(graph: ShortcutGraph) -> str:
    """What a graph's net is called."""
    return paper_name(graph.name)


def graph_text(graph: ShortcutGraph) -> str:
    """A graph in one line."""
    return repr(graph) if graph.config is None else text_of(graph.config)


def text_of(config: ResNetConfig) -> str:
    """A net in one line: its name, its size, its shortcuts."""
    network = plan(config)
    kinds = [
        f"{count:,} {labels.SHORTCUT_NAMES[kind]}" for kind, count in network.shortcuts.items()
    ]
    return (
        f"{paper_name(label(config))}: {network.depth:,} layers, {network.params:,} parameters, "
        f"{network.macs:,} MACs; shortcuts: {', '.join(kinds) or 'none'}"
    )


def table_of(network: NetworkPlan) -> str:
    """A plan as HTML: a stage per row, as in Table 1 of He et al. 2015."""
    rows = [
        (
            row.stage,
            row.output,
            row.formula if row.repeats == 1 else f"{row.formula} × {row.repeats}",  # noqa: RUF001
            f"{row.params:,}",
            f"{row.macs:,}",
        )
        for row in table1(network)
    ]
    total = ("whole net", "", "", f"{network.params:,}", f"{network.macs:,}")
    heads = ("stage", "output size", "blocks", "parameters", "MACs")
    return f"<p>{escape(text_of(network.config))}</p>{html_table(heads, [*rows, total])}"


def html_table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table as HTML; its values are text."""
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(str(value))}</td>' for value in row)}</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
