"""Graphviz export of a ShortcutGraph: styles, columns, legend in the DOT language.

A deep net is one long chain, so it is laid out like a text in columns. Edges into a column's head
do not constrain the ranks.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby, pairwise

from graphviz import Digraph

from resnet_viz.views.graph import legend, styles
from resnet_viz.views.graph.columns import Column, columns
from resnet_viz.views.graph.model import Graph, Node
from resnet_viz.views.graph.styles import GREY, INK

_PAGE = {"rankdir": "TB", "newrank": "true", "nodesep": "0.35", "ranksep": "0.3"}
_FONT = {"fontname": "Helvetica", "fontcolor": GREY, "color": GREY}
_FRAME = {"style": "rounded", "labeljust": "l"}
_GRAPH = _PAGE | _FONT | _FRAME | {"bgcolor": "transparent", "fontsize": "15"}
_BOX = {"shape": "box", "style": "filled", "margin": "0.12,0.06", "height": "0.3"}
_NODE = _FONT | _BOX | {"fontsize": "13", "fontcolor": INK}
_EDGE = _FONT | {"fontsize": "12", "arrowsize": "0.7"}
_SHAPES: Mapping[str, Mapping[str, str]] = {
    "input": {"shape": "ellipse"},
    "folded": {"style": "filled,dashed", "peripheries": "2"},
    "add": {
        "shape": "circle",
        "width": "0.32",
        "fixedsize": "true",
        "fontsize": "18",
        "fontname": "Helvetica-Bold",
    },
}
_JOINT = {"shape": "point", "width": "0.07", "fillcolor": GREY}
_LEGEND_DOT = {"shape": "point", "width": "0.02", "style": "invis", "group": "legend"}
_LEGEND_NOTE = {"shape": "plaintext", "style": "", "group": "legend", "fontcolor": GREY}
_TURN = {"dir": "back", "weight": "0"}
_GUIDE = {"style": "invis", "weight": "10"}
# Width over height of a drawn block with its gaps: what makes Graphviz's picture about square.
BLOCK_ASPECT = 2.5


def write_dot(graph: Graph) -> str:
    """The DOT text of `graph`; deterministic."""
    parts = columns(graph, BLOCK_ASPECT)
    dot = Digraph("net", graph_attr=_GRAPH, node_attr=_NODE, edge_attr=_EDGE)
    for stage, group in groupby(enumerate(parts), key=lambda item: item[1].stage):
        _stage(dot, graph, stage, dict(group))
    _edges(dot, graph, parts)
    _legend(dot, graph, below=parts[0].nodes[-1].id)
    return str(dot.source)


def _stage(dot: Digraph, graph: Graph, stage: int | None, parts: dict[int, Column]) -> None:
    """The nodes of a stage in a frame, or those outside the stages; then the head."""
    inside = Digraph() if stage is None else Digraph(f"cluster_{stage}")
    if stage is not None:
        inside.attr(label=" · ".join(graph.stage_titles[stage]))
        for number in parts:
            inside.node(_joint(number), **_JOINT, group=f"c{number}")
    for number, column in parts.items():
        for node in column.nodes:
            _node(dot if stage is None else inside, graph, node, number)
    if stage is not None:
        dot.subgraph(inside)
    for number, column in parts.items():
        for node in column.end:
            _node(dot, graph, node, number)


def _node(dot: Digraph, graph: Graph, node: Node, column: int) -> None:
    style = {"fillcolor": styles.fill(node.kind, is_plain=graph.is_plain), "group": f"c{column}"}
    style |= _SHAPES.get(node.kind, {})
    dot.node(node.id, node.label.replace("\n", r"\n"), tooltip=node.tooltip, **style)


def _joint(column: int) -> str:
    """A dot at a column's head, where the path from the column before arrives and forks."""
    return f"column {column}"


def _edges(dot: Digraph, graph: Graph, parts: tuple[Column, ...]) -> None:
    heads = Digraph(graph_attr={"rank": "same"})
    for left, right in pairwise(["input", *map(_joint, range(1, len(parts)))]):
        heads.edge(left, right, style="invis")
    dot.subgraph(heads)
    place = {n.id: i for i, c in enumerate(parts) for n in (*c.nodes, *c.end)}
    for edge in graph.edges:
        source, column = edge.source, place[edge.target]
        if place[edge.source] != column:
            source = _joint(column)
            if edge.kind == "main":
                dot.edge(f"{source}:w", f"{edge.source}:e", **_TURN)
        # Shortcuts leave on the right, so that all of them bend around their branch on that side.
        side = ":e" if edge.kind != "main" and edge.target.endswith(".add") else ""
        label = {"label": f" {edge.label}"} if edge.label else {}
        dot.edge(f"{source}{side}", edge.target, **_line_style(edge.kind) | label)


def _line_style(kind: str) -> dict[str, str]:
    if kind == "main":
        return {"weight": "10"}
    colour, width, line = styles.SHORTCUTS[kind]
    style = {"color": colour, "penwidth": f"{width:g}", "style": line}
    return {"weight": "0"} | style


def _legend(dot: Digraph, graph: Graph, below: str) -> None:
    """One sample line for each kind of shortcut that occurs, and what "+" does."""
    frame = Digraph("cluster_legend", graph_attr={"label": "legend"})
    for kind, text in legend.samples(graph):
        start, end = (f"legend {kind} {end}" for end in ("from", "to"))
        for name in (start, end):
            frame.node(name, **_LEGEND_DOT)
        dot.edge(below, start, **_GUIDE)
        frame.edge(start, end, f" {text}", **_line_style(kind) | {"weight": "10"})
        below = end
    dot.edge(below, "legend note", **_GUIDE)
    frame.node("legend note", legend.note(graph), **_LEGEND_NOTE)
    dot.subgraph(frame)
