"""Layout of a ShortcutGraph: positions for chains with shortcuts, linear in the depth.

Pixels from the top left. Columns stand beside each other and a column's units under each other; a
shortcut leaves the main path above its branch, runs down on the right and comes into the addition.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil, sqrt
from typing import NamedTuple

from resnet_viz.views import labels
from resnet_viz.views.graph.columns import Column, columns, columns_of_grid
from resnet_viz.views.graph.grid import NO_ROOM, Grid, Room
from resnet_viz.views.graph.lanes import FRAME_GAP, Box, LaidUnit, box_size, text_width, units
from resnet_viz.views.graph.model import Edge, Graph, Node

Point = tuple[float, float]

BLOCK_ASPECTS = (1.1, 1.7, 2.5, 3.6, 5.2)
"""Blocks under each other for one beside: the picture is then about half as wide again as high, or
higher, where that brings it to `GOOD_WIDTH`."""
GOOD_WIDTH = 990
"""What a page of 1280 pixels shows beside its form with text of 12 pixels; pages scroll down."""
MOST_NODES = 300
"""A deeper net's picture is wider than any page in every aspect that can be read."""

MARGIN = 12
TOP: float = 60
"""Where columns begin, under the titles of the stages."""
STAGE_PADDING = 10
GUTTER = 20
"""Between two columns: what goes from the foot of one to the head of the next climbs in it."""
FOOT = 8
"""From a box down to where paths turn off."""


class Line(NamedTuple):
    """An edge as a polyline from its source to its tip at the target."""

    edge: Edge
    points: tuple[Point, ...]


class Frame(NamedTuple):
    """A rectangle with a title: around a stage, or around a unit shown by its operations."""

    id: str
    title: tuple[str, ...]
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Picture:
    """Everything that is drawn, in a picture of `width` by `height` pixels."""

    boxes: Mapping[str, Box]
    lines: Sequence[Line]
    stages: Sequence[Frame]
    opened: Sequence[Frame]
    width: float
    height: float


def lay_out(graph: Graph, grid: Grid | None = None) -> Picture:
    """The layout of `graph`; no box lies on another, or on a line.

    Nets that are laid out on one `grid` have each block of each stage in the same place.
    """
    if grid is not None:
        return _picture(graph, columns_of_grid(graph, grid), grid)
    aspects = BLOCK_ASPECTS if len(graph.nodes) <= MOST_NODES else BLOCK_ASPECTS[:1]
    widest = _picture(graph, columns(graph, aspects[0]), None)
    if widest.width <= GOOD_WIDTH:
        return widest
    others = (_picture(graph, columns(graph, aspect), None) for aspect in aspects[1:])
    return next((picture for picture in others if picture.width <= GOOD_WIDTH), widest)


def lay_out_unit(graph: Graph, unit: str) -> Picture:
    """The layout of one opened unit by itself, below its input, called x."""
    nodes = [node for node in graph.nodes if node.unit == unit]
    own, into = {node.id for node in nodes}, _edges_into(graph)
    outside = {edge.source for node in nodes for edge in into[node.id]} - own
    source = Node(next(iter(outside)), "input", "x", "x: the input of the block", "input")
    laid, before = units(nodes, into)[0], LaidUnit((source,), ())
    top = before.row_tops[0] - MARGIN
    axis = laid.left + MARGIN
    placed = _Placed(before, axis, -top, axis), _Placed(laid, axis, before.height - top, axis)
    boxes = {box.node.id: box for one in placed for box in one.unit.boxes(axis, one.top)}
    lines = tuple(placed[1].lines(boxes))
    frame = placed[1].frame._replace(title=())
    return Picture(boxes, lines, (), (frame,), placed[1].right + MARGIN, frame.bottom + MARGIN)


def common_grid(graphs: Sequence[Graph], aspect: float) -> Grid:
    """The grid in which all `graphs` fit; `aspect` as in `columns`.

    Rows and columns of a stage are those of the net that has the most blocks there.
    """
    most: dict[int, int] = {}
    for graph in graphs:
        blocks = {node.unit: node.stage for node in graph.nodes if node.stage is not None}
        for stage, count in Counter(blocks.values()).items():
            most[stage] = max(most.get(stage, 0), count)
    rows = sqrt(sum(most.values()) * aspect)
    pieces = [max(1, round(most[stage] / rows)) for stage in sorted(most)]
    titles: dict[int, float] = {}
    for index, own in (one for graph in graphs for one in enumerate(graph.stage_titles)):
        titles[index] = max(titles.get(index, 0), *map(text_width, own))
    return Grid(
        tuple(ceil(most[stage] / pieces[stage]) for stage in sorted(most)),
        tuple(pieces),
        tuple(titles[stage] for stage in sorted(most)),
        _room(graphs),
    )


def _room(graphs: Sequence[Graph]) -> Room:
    """The room that each closed unit of `graphs` fits in."""
    nodes = (node for graph in graphs for node in graph.nodes)
    closed = (node for node in nodes if node.kind not in ("operation", "add"))
    least = NO_ROOM._replace(box=max((box_size(node).width for node in closed), default=0))
    every = [unit for graph in graphs for unit in units(graph.nodes, _edges_into(graph), least)]
    laid = [unit for unit in every if not unit.is_opened]
    return Room(
        least.box,
        max(unit.left for unit in laid),
        max(unit.right for unit in laid),
        max(unit.height for unit in laid),
    )


def _edges_into(graph: Graph) -> dict[str, list[Edge]]:
    into: dict[str, list[Edge]] = {}
    for edge in graph.edges:
        into.setdefault(edge.target, []).append(edge)
    return into


def _picture(graph: Graph, parts: tuple[Column, ...], grid: Grid | None) -> Picture:
    sheet = _Sheet(graph, grid)
    for stage, group in groupby(parts, key=lambda column: column.stage):
        sheet.stage(stage, tuple(group))
    placed, outer = sheet.placed, [*sheet.stages, *(one.frame for one in sheet.placed)]
    boxes = {box.node.id: box for one in placed for box in one.unit.boxes(one.axis, one.top)}
    return Picture(
        boxes,
        tuple(line for one in placed for line in one.lines(boxes)),
        tuple(sheet.stages),
        tuple(one.frame for one in placed if one.unit.is_opened),
        max(frame.right for frame in outer) + MARGIN,
        max(frame.bottom for frame in outer) + MARGIN,
    )


class _Placed(NamedTuple):
    """A unit whose main lane has its middle at `axis`; lines from another column climb at
    `gutter`."""

    unit: LaidUnit
    axis: float
    top: float
    gutter: float

    @property
    def right(self) -> float:
        return self.axis + self.unit.right

    @property
    def bottom(self) -> float:
        return self.top + self.unit.height

    @property
    def frame(self) -> Frame:
        name = self.unit.nodes[0].unit
        left, top = self.axis - self.unit.left, self.top + FRAME_GAP / 2
        title = labels.place(name).rpartition(", ")[2]  # the stage has a frame of its own
        return Frame(name, (title,), left, top, self.right, self.bottom)

    def lines(self, boxes: Mapping[str, Box]) -> Iterator[Line]:
        """The edges into the unit's nodes."""
        for edge in self.unit.edges:
            yield Line(edge, tuple(self._points(edge, boxes[edge.source], boxes[edge.target])))

    def _points(self, edge: Edge, source: Box, target: Box) -> Iterator[Point]:
        route, fork = self.unit.route(edge), self.top + self.unit.fork
        start = source.middle[0]
        if source.node.unit == target.node.unit:
            fork = source.bottom + FOOT
            if route != "out":
                yield start, source.bottom
        elif edge.kind == "main" and route == "straight":
            yield start, source.bottom
            if abs(start - self.axis) > 1:
                yield from self._turn(source, fork)
            start = self.axis
        else:
            start = self.axis
        yield from _bends(route, start, fork, self.axis + self.unit.around, target)

    def _turn(self, source: Box, fork: float) -> Iterator[Point]:
        """From the foot of another column, up the gutter, to this one's head."""
        foot = source.bottom + FOOT
        yield from ((source.middle[0], foot), (self.gutter, foot), (self.gutter, fork))
        yield self.axis, fork


def _bends(route: str, start: float, fork: float, around: float, target: Box) -> Iterator[Point]:
    """The rest of a line's way; `start` is where it comes from, left to right."""
    middle, level = target.middle
    if route == "out":
        yield from ((start, fork), (middle, fork))
    if route == "around":
        yield from ((start, fork), (around, fork), (around, level))
    if route == "in":
        yield start, level
    yield (target.right, level) if route in ("around", "in") else (middle, target.top)


class _Sheet:
    """A picture under construction, from left to right; the next stage begins at `left`."""

    def __init__(self, graph: Graph, grid: Grid | None) -> None:
        self.stage_titles = graph.stage_titles
        self.into = _edges_into(graph)
        self.grid, self.room = grid, NO_ROOM if grid is None else grid.room
        self.placed: list[_Placed] = []
        self.stages: list[Frame] = []
        self.left: float = MARGIN

    def stage(self, stage: int | None, group: tuple[Column, ...]) -> None:
        """A stage: its columns in a frame, and the head below; outside the stages there is no
        frame."""
        done, right = len(self.placed), self.left - GUTTER
        right += 0 if stage is None else STAGE_PADDING
        pitch = GUTTER + self.room.left + self.room.right
        least = right
        if self.grid is not None and stage is not None:
            least += max(
                self.grid.columns[stage] * pitch,
                self.grid.titles[stage] + GUTTER - STAGE_PADDING,
            )
        for column in group:
            gutter = right + GUTTER / 2 if column is not group[0] else self.left - GUTTER / 2
            right = self._column(column, right + GUTTER, gutter)
        right = max(right, least)
        bottom = max(one.bottom for one in self.placed[done:]) + STAGE_PADDING
        if stage is not None:
            title = self.stage_titles[stage]
            right = max(right, self.left + max(map(text_width, title))) + STAGE_PADDING
            frame = Frame(f"stages.{stage}", title, self.left, MARGIN, right, bottom)
            self.stages.append(frame)
        axis = self.placed[-1].axis
        for unit in units(group[-1].end, self.into, self.room):
            self.placed.append(_Placed(unit, axis, bottom, axis))
        self.left = right + GUTTER

    def _column(self, column: Column, left: float, gutter: float) -> float:
        """Units under each other; returns how far they reach to the right."""
        own, end = (units(part, self.into, self.room) for part in (column.nodes, column.end))
        top = TOP
        # A head wider than its column must not reach into the gutter.
        axis = left + max(*(u.left for u in own), *(u.left - STAGE_PADDING for u in end), 0)
        for unit in own:
            self.placed.append(_Placed(unit, axis, top, gutter))
            top = self.placed[-1].bottom
        return max(axis + unit.right for unit in own)
