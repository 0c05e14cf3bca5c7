"""Layout of a plain net's graph on its residual twin's: each block stays where it is, and what goes
around the blocks is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resnet_viz.views.graph.lanes import Box
from resnet_viz.views.graph.layout import Line, Picture, Point
from resnet_viz.views.graph.model import Graph


def lay_out_like(graph: Graph, twin: Picture) -> Picture | None:
    """The layout of a plain net's `graph` in the places of `twin`, that of a net with shortcuts;
    None where that net has other blocks."""
    if any(node.id not in twin.boxes for node in graph.nodes):
        return None
    boxes = {node.id: twin.boxes[node.id]._replace(node=node) for node in graph.nodes}
    into: dict[str, list[Line]] = {}
    for line in twin.lines:
        if line.edge.kind == "main":
            into.setdefault(line.edge.target, []).append(line)
    ways = [_way(edge.source, edge.target, into, boxes) for edge in graph.edges]
    lines = [Line(edge, points) for edge, points in zip(graph.edges, ways, strict=True)]
    return Picture(boxes, lines, twin.stages, twin.opened, twin.width, twin.height)


def _way(
    source: str, target: str, into: Mapping[str, Sequence[Line]], boxes: Mapping[str, Box]
) -> tuple[Point, ...]:
    """The main path from one box to another, straight through the additions that are left out."""
    for line in into.get(target, ()):
        before = line.edge.source
        if before == source:
            return line.points
        if before not in boxes and (way := _way(source, before, into, boxes)):
            return (*way, *line.points)
    return ()
