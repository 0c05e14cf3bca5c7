# ruff: noqa: RUF001
"""Lanes: one unit of the graph in rows and lanes, the residual branch and the paths beside it.

The main path has the first lane, straight down; channel attention, a gate and the shortcut's
operations have lanes of their own to its right, and a bare shortcut bends around all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from textwrap import wrap
from typing import Literal, NamedTuple

from resnet_viz.views.graph.grid import NO_ROOM, Room
from resnet_viz.views.graph.model import Edge, Node

Route = Literal["straight", "out", "in", "around"]
"""How a line runs: down its lane; out into another lane and down; down its lane and then in from
the right; or around everything."""

FONT_SIZE = 13
LINE_HEIGHT = 17
ROUND_SIZE = 24
ROW_GAP = 14
ENTRY = 24
"""From a unit's top to its first box; paths leave the main one between."""
FORK = 10
"""From a unit's top to where they leave it."""
FORK_TO_BOX = ENTRY - FORK
TITLE = 20
"""What the name of an opened unit takes above its entry."""
LANE_GAP = 22
AROUND_GAP = 18
FRAME_GAP = 10
LABEL_LETTERS = 16
MAIN = "main"
_LANES = (MAIN, "branch.se", "branch.eca", "gate", "shortcut")
# Widths in em of Arial, which is wider than most: what is measured so stays in its box.
_WIDTHS: Mapping[str, float] = {
    **dict.fromkeys("fijlrt .,:;/()|'-", 0.32),
    **dict.fromkeys("mwMW…", 0.9),
    **dict.fromkeys("ABCDEFGHKNOPQRSTUVXYZ×+α", 0.68),
}


def text_width(text: str, size: float = FONT_SIZE) -> float:
    """The approximate width, in pixels, of `text` in a sans-serif font of `size` pixels."""
    return size * sum(_WIDTHS.get(letter, 0.56) for letter in text)


def label_lines(edge: Edge) -> tuple[str, ...]:
    """The label of a shortcut, written along its path, in short lines."""
    return tuple(wrap(edge.label, LABEL_LETTERS, break_long_words=False))


class Size(NamedTuple):
    """A size in pixels."""

    width: float
    height: float


def is_round(node: Node) -> bool:
    """Whether the node joins two paths, as a sum or a product, and is drawn as a circle."""
    return node.kind == "add" or node.label == "×"


def box_size(node: Node) -> Size:
    """The size of the box for a node's text."""
    if is_round(node):
        return Size(ROUND_SIZE, ROUND_SIZE)
    lines = node.label.split("\n")
    return Size(max(map(text_width, lines)) + 20, LINE_HEIGHT * len(lines) + 10)


class Box(NamedTuple):
    """The box of a node."""

    node: Node
    left: float
    top: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        return self.left + self.width / 2, self.top + self.height / 2

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height


@dataclass(frozen=True)
class LaidUnit:
    """A unit in rows and lanes: nodes of the stem, a block or the head, with the edges into them.

    `width` is what the boxes of the main lane take at least, so that a column's are equally wide;
    `room` is what the unit takes at least, unless it is opened. Horizontal pixels count from the
    middle of the main lane.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    width: float = 0
    room: Room = NO_ROOM

    @cached_property
    def is_opened(self) -> bool:
        """Whether it is shown operation by operation."""
        return any(node.kind == "operation" for node in self.nodes)

    @cached_property
    def rows(self) -> dict[str, int]:
        """The row of each node, from 1; row 0 is what comes before the unit."""
        rows: dict[str, int] = {}
        before: dict[str, list[str]] = {node.id: [] for node in self.nodes}
        for edge in self.edges:
            before[edge.target].append(edge.source)
        for name, sources in before.items():
            rows[name] = 1 + max((rows.get(source, 0) for source in sources), default=0)
        return rows

    @cached_property
    def lanes(self) -> dict[str, str]:
        """The lane of each node."""
        return {node.id: _lane(node) for node in self.nodes}

    @cached_property
    def sizes(self) -> dict[str, Size]:
        """The box of each node; in a closed unit all have the same width `width`."""
        sizes = {node.id: box_size(node) for node in self.nodes}
        if self.is_opened:
            return sizes
        wide = {node.id for node in self.nodes if not is_round(node)}
        return {
            n: Size(max(s.width, self.width), s.height) if n in wide else s
            for n, s in sizes.items()
        }

    @cached_property
    def _widths(self) -> dict[str, float]:
        """The lanes that occur and their widths, from left to right."""
        own = self.lanes
        return {
            lane: max(self.sizes[node].width for node, its in own.items() if its == lane)
            for lane in _LANES
            if lane in own.values()
        }

    @cached_property
    def middles(self) -> dict[str, float]:
        """The middle of each lane."""
        ends = accumulate(width + LANE_GAP for width in self._widths.values())
        return {
            lane: end - LANE_GAP - width / 2 - self._widths[MAIN] / 2
            for (lane, width), end in zip(self._widths.items(), ends, strict=True)
        }

    @cached_property
    def around(self) -> float:
        """The position of a path that bypasses all lanes."""
        widths = self._widths
        return sum(widths.values()) + LANE_GAP * (len(widths) - 1) - widths[MAIN] / 2 + AROUND_GAP

    @cached_property
    def left(self) -> float:
        """The extent to the left."""
        own = self._widths[MAIN] / 2
        return own + FRAME_GAP if self.is_opened else max(own, self.room.left)

    @cached_property
    def right(self) -> float:
        """The extent to the right, labels included."""
        passes = any(self.route(edge) == "around" for edge in self.edges)
        words = max((len(label_lines(edge)) for edge in self.edges), default=0)
        edge = self.around - (0 if passes else AROUND_GAP)
        own = edge + LINE_HEIGHT * words
        return own + FRAME_GAP if self.is_opened else max(own, self.room.right)

    @cached_property
    def fork(self) -> float:
        """The distance from the top to where paths leave the main one."""
        return FORK + (TITLE if self.is_opened else 0)

    @cached_property
    def row_tops(self) -> tuple[float, ...]:
        """The tops of the rows, from the unit's top, and the end of the last."""
        heights = [0.0] * max(self.rows.values())
        for node, row in self.rows.items():
            heights[row - 1] = max(heights[row - 1], self.sizes[node].height)
        first = ENTRY + (TITLE if self.is_opened else 0)
        return tuple(accumulate((height + ROW_GAP for height in heights), initial=first))

    @property
    def height(self) -> float:
        """The height, from the top to the foot of the last row."""
        own = self.row_tops[-1] - ROW_GAP
        return own + FRAME_GAP if self.is_opened else max(own, self.room.height)

    def boxes(self, axis: float, top: float) -> Iterator[Box]:
        """The boxes of the nodes when the middle of the main lane is at `axis`."""
        for node in self.nodes:
            width, height = self.sizes[node.id]
            middle = axis + self.middles[self.lanes[node.id]]
            row = self.rows[node.id]
            room = self.row_tops[row] - ROW_GAP - self.row_tops[row - 1]
            y = top + self.row_tops[row - 1] + (room - height) / 2
            yield Box(node, round(middle - width / 2, 1), round(y, 1), round(width, 1), height)

    def route(self, edge: Edge) -> Route:
        """The route of `edge` that crosses no box."""
        source_lane, target_lane = self.lanes.get(edge.source, MAIN), self.lanes[edge.target]
        start, end = self.rows.get(edge.source, 0), self.rows[edge.target]
        way = self.middles[target_lane] - self.middles[source_lane]
        if way == 0 and self._is_free(source_lane, start, end):
            return "straight"
        if way > 0 and self._is_free(target_lane, start, end):
            return "out"
        if way < 0 and self._is_free(source_lane, start, end):
            return "in"
        return "around"

    def _is_free(self, lane: str, start: int, end: int) -> bool:
        own = (row for node, row in self.rows.items() if self.lanes[node] == lane)
        return not any(start < row < end for row in own)


def _lane(node: Node) -> str:
    part = node.id.removeprefix(node.unit).removeprefix(".")
    if part in ("branch.se.multiply", "branch.eca.multiply"):  # the branch itself, weighed
        return MAIN
    return next((lane for lane in _LANES if part.startswith(f"{lane}.")), MAIN)


def units(
    nodes: Sequence[Node], into: dict[str, list[Edge]], room: Room = NO_ROOM
) -> tuple[LaidUnit, ...]:
    """The units of a column's `nodes`; closed ones have the same width."""
    grouped: dict[str, list[Node]] = {}
    for node in nodes:
        grouped.setdefault(node.unit, []).append(node)
    width = max(
        (box_size(node).width for node in nodes if node.kind not in ("operation", "add")), default=0
    )
    width = max(width, room.box)
    return tuple(
        LaidUnit(
            tuple(own), tuple(edge for node in own for edge in into.get(node.id, ())), width, room
        )
        for own in grouped.values()
    )
