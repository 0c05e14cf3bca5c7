"""ShortcutGraph -> Graphviz's DOT language: styles, columns, legend.

A deep net is one long chain, so it is laid out like a text in columns: each stage begins a new
one, and a long stage takes several. Edges into a column's head do not constrain the ranks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, groupby
from math import ceil, sqrt
from types import MappingProxyType
from typing import TYPE_CHECKING

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.views import labels

if TYPE_CHECKING:
    from resnet_viz.views.graph import Edge, Node, ShortcutGraph

# Okabe-Ito colours with a contrast of at least 3 on white and on a dark page; the kinds differ
# in line style too. Grey #808080 is as far from white as from a dark page.
GREY = "#808080"
_PROJECTED = 'weight=0 color="#009E73" fontcolor="#009E73" penwidth=3.5 style=dotted'
_TRANSFORMED = 'weight=0 color="#B5628F" fontcolor="#B5628F" penwidth=3 style="dashed,bold"'
EDGE_STYLES = MappingProxyType(
    {
        "main": "weight=10",
        "identity": 'weight=0 color="#0072B2" fontcolor="#0072B2" penwidth=2.5',
        "zero_pad": 'weight=0 color="#D55E00" fontcolor="#D55E00" penwidth=2.5 style=dashed',
        "projection": _PROJECTED,
        "conv1x1": _PROJECTED,
        "scaled": _TRANSFORMED,
        "exclusive_gate": _TRANSFORMED,
        "shortcut_only_gate": _TRANSFORMED,
        "dropout": _TRANSFORMED,
    }
)
NODE_STYLES = MappingProxyType(
    {
        "input": 'shape=ellipse fillcolor="#E8E8E8"',
        "stem": 'fillcolor="#E8E8E8"',
        "head": 'fillcolor="#E8E8E8"',
        "block": 'fillcolor="#CFE4F2"',
        "folded": 'fillcolor="#CFE4F2" style="filled,dashed" peripheries=2',
        "add": (
            'shape=circle width=0.32 fixedsize=true fontsize=18 fontname="Helvetica-Bold" '
            'fillcolor="#FFFFFF"'
        ),
        "operation": 'fillcolor="#FFF2CC"',
    }
)
JOINT_STYLE = f'shape=point width=0.07 fillcolor="{GREY}"'
DOT_STYLE = "shape=point width=0.02 style=invis group=legend"
NOTE_STYLE = f'shape=plaintext style="" group=legend fontcolor="{GREY}"'
TURN_STYLE = "dir=back weight=0"
PLAIN_FILL = 'fillcolor="#FBE0B0"'
HEADER = f"""digraph net {{
graph [rankdir=TB newrank=true bgcolor=transparent nodesep=0.35 ranksep=0.3 \
fontname=Helvetica fontsize=15 fontcolor="{GREY}" color="{GREY}" style=rounded labeljust=l]
node [shape=box style=filled fontname=Helvetica fontsize=13 fontcolor="#111111" color="{GREY}" \
margin="0.12,0.06" height=0.3]
edge [fontname=Helvetica fontsize=12 fontcolor="{GREY}" color="{GREY}" arrowsize=0.7]
"""
# Width over height of a drawn block with its gaps: what makes the picture about square.
BLOCK_ASPECT = 2.5

NOTES = MappingProxyType(
    {
        "original": "+ adds, then {act}",
        "norm_after_addition": "+ adds, then {norm}{act}",
        "relu_before_addition": "F ends in {act}; + only adds",
        "relu_only_preactivation": "{act} comes before F; + only adds",
        "full_preactivation": "{norm}{act} come before F; + only adds",
    }
)


@dataclass(frozen=True)
class _Column:
    """Nodes drawn one under the other; `stage` is None for input and stem."""

    stage: int | None
    nodes: tuple[Node, ...]
    end: tuple[Node, ...] = ()


def write_dot(graph: ShortcutGraph) -> str:
    """The DOT text of `graph`; deterministic."""
    columns = _columns(graph)
    lines = [HEADER.rstrip("\n")]
    for stage, group in groupby(enumerate(columns), key=lambda item: item[1].stage):
        lines.extend(_stage_lines(graph, stage, dict(group)))
    lines.extend(_edge_lines(graph, columns))
    lines.extend(_legend_lines(graph, below=columns[0].nodes[-1]))
    return "\n".join((*lines, "}", ""))


def _columns(graph: ShortcutGraph) -> tuple[_Column, ...]:
    """The nodes in columns: input and stem, then a stage each or more, the head below the last."""
    parts = [(s, tuple(nodes)) for s, nodes in groupby(graph.nodes, key=lambda node: node.stage)]
    blocks = len({node.unit for _, nodes in parts[1:-1] for node in nodes})
    rows = sqrt(blocks * BLOCK_ASPECT)
    columns = [column for s, nodes in parts[:-1] for column in _cut(s, nodes, rows)]
    columns[-1] = replace(columns[-1], end=parts[-1][1])
    return tuple(columns)


def _cut(stage: int | None, nodes: tuple[Node, ...], rows: float) -> Iterator[_Column]:
    """A stage in columns of about `rows` blocks, as even as can be."""
    units = [tuple(unit) for _, unit in groupby(nodes, key=lambda node: node.unit)]
    pieces = max(1, round(len(units) / rows)) if stage is not None else 1
    length = ceil(len(units) / pieces)
    for start in range(0, len(units), length):
        yield _Column(stage, tuple(chain.from_iterable(units[start : start + length])))


def _stage_lines(
    graph: ShortcutGraph, stage: int | None, columns: dict[int, _Column]
) -> Iterator[str]:
    if stage is not None:
        shape = plan(graph.config).stages[stage].out_shape
        title = f"stage {stage + 1} · {labels.size(shape)} · {shape[0]} channels"
        yield f"subgraph cluster_{stage} {{ label={quote(title)}"
        yield from (f"{_joint(number)} [{JOINT_STYLE} group=c{number}]" for number in columns)
    for number, column in columns.items():
        yield from (_node_line(node, graph, number) for node in column.nodes)
    if stage is not None:
        yield "}"
    for number, column in columns.items():
        yield from (_node_line(node, graph, number) for node in column.end)


def _node_line(node: Node, graph: ShortcutGraph, column: int) -> str:
    style = NODE_STYLES[node.kind]
    if graph.config.shortcut == "none" and node.kind in ("block", "folded"):
        style += f" {PLAIN_FILL}"
    texts = f"label={quote(node.label)} tooltip={quote(node.tooltip)}"
    return f"{quote(node.id)} [{texts} group=c{column} {style}]"


def _joint(column: int) -> str:
    """A dot at a column's head, where the path from the column before arrives and forks."""
    return f'"column {column}"'


def _edge_lines(graph: ShortcutGraph, columns: tuple[_Column, ...]) -> Iterator[str]:
    heads = ["input", *map(_joint, range(1, len(columns)))]
    yield f"{{rank=same; {' -> '.join(heads)} [style=invis]}}"
    place = {n.id: i for i, c in enumerate(columns) for n in (*c.nodes, *c.end)}
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
    return EDGE_STYLES[edge.kind] + label


def _legend_lines(graph: ShortcutGraph, below: Node) -> Iterator[str]:
    """One sample line for each kind of shortcut that occurs, and what "+" does."""
    occurring = {edge.kind for edge in graph.edges}
    above = quote(below.id)
    rows = ['subgraph cluster_legend { label="legend"']
    for kind in [kind for kind in labels.SHORTCUT_NAMES if kind in occurring]:
        start, end = (f'"legend {kind} {end}"' for end in ("from", "to"))
        rows.append(f"{start} [{DOT_STYLE}]; {end} [{DOT_STYLE}]")
        text = quote(f" {labels.SHORTCUT_NAMES[kind]} shortcut")
        yield f"{above} -> {start} [style=invis weight=10]"
        rows.append(f"{start} -> {end} [label={text} {EDGE_STYLES[kind]} weight=10]")
        above = end
    note = '"legend note"'
    yield f"{above} -> {note} [style=invis weight=10]"
    rows.append(f"{note} [label={quote(_note(graph.config))} {NOTE_STYLE}]")
    yield from (*rows, "}")


def _note(config: ResNetConfig) -> str:
    if config.shortcut == "none":
        return "plain net: no additions, no shortcuts"
    act = config.activation.replace("_", " ")
    norm = "" if config.norm == "none" else f"{config.norm} norm and "
    if config.activation_order == "original" and not config.final_activation:
        return "+ only adds"
    return NOTES[config.activation_order].format(act=act, norm=norm)


def quote(text: str) -> str:
    """`text` as a DOT string: quotes, backslashes and line ends escaped."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
