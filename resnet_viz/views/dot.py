"""ShortcutGraph -> Graphviz's DOT language: styles, columns, legend.

A deep net is one long chain, so it is laid out like a text in columns. Edges into a column's head
do not constrain the ranks.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING

from resnet_viz.arch.plan import plan
from resnet_viz.views import labels, legend, looks
from resnet_viz.views.columns import Column, columns
from resnet_viz.views.looks import GREY, INK

if TYPE_CHECKING:
    from resnet_viz.views.graph import Edge, Node, ShortcutGraph

_LINES = MappingProxyType({"solid": "", "dotted": " style=dotted", "dashed": " style=dashed"})
_SHAPES = MappingProxyType(
    {
        "input": "shape=ellipse ",
        "folded": 'style="filled,dashed" peripheries=2 ',
        "add": 'shape=circle width=0.32 fixedsize=true fontsize=18 fontname="Helvetica-Bold" ',
    }
)
JOINT_STYLE = f'shape=point width=0.07 fillcolor="{GREY}"'
DOT_STYLE = "shape=point width=0.02 style=invis group=legend"
NOTE_STYLE = f'shape=plaintext style="" group=legend fontcolor="{GREY}"'
TURN_STYLE = "dir=back weight=0"
HEADER = f"""digraph net {{
graph [rankdir=TB newrank=true bgcolor=transparent nodesep=0.35 ranksep=0.3 \
fontname=Helvetica fontsize=15 fontcolor="{GREY}" color="{GREY}" style=rounded labeljust=l]
node [shape=box style=filled fontname=Helvetica fontsize=13 fontcolor="{INK}" color="{GREY}" \
margin="0.12,0.06" height=0.3]
edge [fontname=Helvetica fontsize=12 fontcolor="{GREY}" color="{GREY}" arrowsize=0.7]
"""
# Width over height of a drawn block with its gaps: what makes Graphviz's picture about square.
BLOCK_ASPECT = 2.5


def write_dot(graph: ShortcutGraph) -> str:
    """The DOT text of `graph`; deterministic."""
    parts = columns(graph, BLOCK_ASPECT)
    lines = [HEADER.rstrip("\n")]
    for stage, group in groupby(enumerate(parts), key=lambda item: item[1].stage):
        lines.extend(_stage_lines(graph, stage, dict(group)))
    lines.extend(_edge_lines(graph, parts))
    lines.extend(_legend_lines(graph, below=parts[0].nodes[-1]))
    return "\n".join((*lines, "}", ""))


def _stage_lines(
    graph: ShortcutGraph, stage: int | None, parts: dict[int, Column]
) -> Iterator[str]:
    if stage is not None:
        shape = plan(graph.config).stages[stage].out_shape
        title = f"stage {stage + 1} · {labels.size(shape)} · {shape[0]} channels"
        yield f"subgraph cluster_{stage} {{ label={quote(title)}"
        yield from (f"{_joint(number)} [{JOINT_STYLE} group=c{number}]" for number in parts)
    for number, column in parts.items():
        yield from (_node_line(node, graph, number) for node in column.nodes)
    if stage is not None:
        yield "}"
    for number, column in parts.items():
        yield from (_node_line(node, graph, number) for node in column.end)


def _node_line(node: Node, graph: ShortcutGraph, column: int) -> str:
    style = f'{_SHAPES.get(node.kind, "")}fillcolor="{looks.fill(node.kind, graph.config)}"'
    texts = f"label={quote(node.label)} tooltip={quote(node.tooltip)}"
    return f"{quote(node.id)} [{texts} group=c{column} {style}]"


def _joint(column: int) -> str:
    """A dot at a column's head, where the path from the column before arrives and forks."""
    return f'"column {column}"'


def _edge_lines(graph: ShortcutGraph, parts: tuple[Column, ...]) -> Iterator[str]:
    heads = ["input", *map(_joint, range(1, len(parts)))]
    yield f"{{rank=same; {' -> '.join(heads)} [style=invis]}}"
    place = {n.id: i for i, c in enumerate(parts) for n in (*c.nodes, *c.end)}
    for edge in graph.edges:
        source, column = quote(edge.source), place[edge.target]
        if place[edge.source] != column:
            if edge.kind == "main":
                yield f"{_joint(column)}:w -> {source}:e [{TURN_STYLE}]"
            source = _joint(column)
        # Shortcuts leave on the right, so that all of them bend around their branch on that side.
        side = ":e" if edge.kind != "main" and edge.target.endswith(".add") else ""
        yield f"{source}{side} -> {quote(edge.target)} [{_edge_style(edge)}]"


def _edge_style(edge: Edge) -> str:
    label = f" label={quote(' ' + edge.label)}" if edge.label else ""
    return _line_style(edge.kind) + label


def _line_style(kind: str) -> str:
    if kind == "main":
        return "weight=10"
    colour, width, line = looks.SHORTCUTS[kind]
    return f'weight=0 color="{colour}" fontcolor="{colour}" penwidth={width:g}{_LINES[line]}'


def _legend_lines(graph: ShortcutGraph, below: Node) -> Iterator[str]:
    """One sample line for each kind of shortcut that occurs, and what "+" does."""
    above = quote(below.id)
    rows = ['subgraph cluster_legend { label="legend"']
    for kind, text in legend.samples(graph):
        start, end = (f'"legend {kind} {end}"' for end in ("from", "to"))
        rows.append(f"{start} [{DOT_STYLE}]; {end} [{DOT_STYLE}]")
        yield f"{above} -> {start} [style=invis weight=10]"
        rows.append(f"{start} -> {end} [label={quote(f' {text}')} {_line_style(kind)} weight=10]")
        above = end
    note = '"legend note"'
    yield f"{above} -> {note} [style=invis weight=10]"
    rows.append(f"{note} [label={quote(legend.note(graph.config))} {NOTE_STYLE}]")
    yield from (*rows, "}")


def quote(text: str) -> str:
    """`text` as a DOT string: quotes, backslashes and line ends escaped."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
