"""Networks in the manner of He et al. 2015, Fig. 3: a column each, a box per layer.

Where that would be far higher than wide, each net goes on in a further column.

Curves on the right are shortcuts: from the arrow before a block to the arrow after it, dotted where
the block's shortcut is a projection or padded with zeros. Norms and activations are not drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.views.poster.columns import Column, Shortcut, column, on_shortcut
from resnet_viz.views.poster.drawing import (
    Box,
    Drawing,
    Item,
    Line,
    Point,
    Text,
    straight,
    text_width,
)
from resnet_viz.views.poster.words import CHANGED

MOST_LAYERS = 70
"""Layers that are drawn one by one; in deeper nets runs of alike blocks are one box."""
BOX_HEIGHT, GAP = 13.0, 12.0
_PITCH = BOX_HEIGHT + GAP
_TEXT, _SMALL = 8.0, 7.0
_HEADING = (11.0, 9.0, _SMALL, _SMALL)
"""Sizes of a heading's lines."""
_TOP = 84.0
_BULGE = 30.0
_MARGIN, _BETWEEN = 12.0, 18.0
_HIGHEST = 4.0
"""Times as high as wide; higher sheets are cut into more columns."""
_SIZES_WIDTH = 46.0
ABOVE, BELOW = 5.0, 2.8
"""A shortcut begins so far above its block's first box and ends so far below its last: in the gap
between two blocks the one that ends lies above the one that begins."""


def network_drawing(
    configs: Sequence[ResNetConfig], names: Sequence[str], *, fold: bool | None = None
) -> Drawing:
    """The nets beside each other, each under its name.

    `fold` draws a run of more than three alike blocks as its first, one box, its last; None does so
    where a net has more than `MOST_LAYERS`. Layers of one output size stand on one height, and the
    sizes once on the left, where all nets have the same sizes.
    """
    plans = [plan(config) for config in configs]
    if fold is None:
        fold = max(network.depth for network in plans) > MOST_LAYERS
    columns = [column(net, name, fold=fold) for net, name in zip(plans, names, strict=True)]
    return _sheet(_cut(columns), len(columns), ", beside ".join(names))


def _cut(columns: Sequence[Column]) -> Sequence[Column]:
    """The columns, or the parts of each, of a sheet that is not too high."""
    width = sum(_SIZES_WIDTH + _left(one) + _right(one) + _BETWEEN for one in columns)
    rows = max(len(one.rows) for one in columns)
    parts = 1
    while _TOP + _PITCH * rows / parts > _HIGHEST * width * parts:
        parts += 1
    return columns if parts == 1 else [part for one in columns for part in one.cut(parts)]


def _sheet(columns: Sequence[Column], nets: int, title: str) -> Drawing:
    items: list[Item] = []
    alike = len(columns) == nets and len({one.sizes for one in columns}) == 1
    rooms = (
        [max(counts) for counts in zip(*(one.counts for one in columns), strict=True)]
        if alike
        else []
    )
    right, bottom, foot = _MARGIN, 0.0, (0.0, 0.0)
    for number, own in enumerate(columns):
        heights = _heights(own, rooms or own.counts)
        if number == 0 or not alike:
            right += _SIZES_WIDTH
            items += _sizes(own, heights, right)
        centre = right + _left(own)
        if own.heading:
            items += _heading(own, heights[0], centre)
        else:
            items += _way_on(foot, (right - _SIZES_WIDTH - _BETWEEN / 2, centre), heights[0])
        items += _column(own, heights, centre)
        foot = centre, heights[-1] + BOX_HEIGHT / 2
        bottom = max(bottom, heights[-1] + _PITCH + 12 * len(own.keys))
        right += _left(own) + _right(own) + _BETWEEN
    return Drawing(right - _BETWEEN + _MARGIN, bottom + _MARGIN, title, tuple(items))


def _heights(column: Column, rooms: Sequence[int]) -> list[float]:
    """The height of each row; each output size has the room for so many rows."""
    heights: list[float] = []
    top = _TOP
    for count, room in zip(column.counts, rooms, strict=True):
        heights += [top + _PITCH * row for row in range(count)]
        top += _PITCH * room
    return heights


def _half(column: Column) -> float:
    """Half the width of its boxes."""
    return max(text_width(row.text, _TEXT) for row in column.rows) / 2 + 7


def _left(column: Column) -> float:
    """The room on the left of the middle: half the box, or half the heading."""
    lines = zip(column.heading, _HEADING, strict=False)  # a further part has none
    return max((_half(column), *(text_width(line, size) / 2 for line, size in lines)))


def _right(column: Column) -> float:
    texts = [on_shortcut(one) for one in column.shortcuts]
    words = max((text_width(text, _SMALL) + 3 for text in texts if text), default=0.0)
    bulge = _BULGE if column.shortcuts else 0.0
    return max(_left(column), _half(column) + bulge * 0.8 + words)


def _sizes(column: Column, heights: Sequence[float], right: float) -> Iterator[Item]:
    """Output sizes, each beside the first layer that has it."""
    row = 0
    for size, count in zip(column.sizes, column.counts, strict=True):
        number = str(size[0]) if size[0] == size[1] else f"{size[0]}×{size[1]}"  # noqa: RUF001
        for line, text in enumerate(("output", f"size: {number}")):
            yield Text(right - 8, heights[row] - 4 + 8 * line, text, "end", _SMALL, is_muted=True)
        row += count


def _heading(column: Column, first: float, x: float) -> Iterator[Item]:
    """The heading, and the image that goes into the first box."""
    for line, size, y in zip(column.heading, _HEADING, (14.0, 28.0, 40.0, 49.0), strict=True):
        yield Text(x, y, line, size=size, is_bold=size == _HEADING[0])
    yield Text(x, _TOP - 20, "image", size=_TEXT)
    yield Line((x, _TOP - 15), straight((x, first - BOX_HEIGHT / 2)))


def _way_on(foot: Point, right: tuple[float, float], first: float) -> Iterator[Item]:
    """From the foot of a part up to the first box of the next: `right` are the places between the
    two and of the next."""
    (x, y), (between, centre) = foot, right
    low, high = y + GAP, _TOP - 20
    way = ((x, low), (between, low), (between, high), (centre, high))
    yield Line(foot, straight(*way, (centre, first - BOX_HEIGHT / 2)))


def _column(column: Column, heights: Sequence[float], x: float) -> Iterator[Item]:
    half = BOX_HEIGHT / 2
    for above, below in pairwise(heights):
        yield Line((x, above + half), straight((x, below - half)))
    for shortcut in column.shortcuts:
        yield from _shortcut(column, shortcut, heights, x)
    width = 2 * _half(column)
    for row, height in zip(column.rows, heights, strict=True):
        yield Box(row.name, x, height, width, BOX_HEIGHT, row.text, row.fill, row.is_folded, _TEXT)
    yield from _keys(column, heights[-1] + _PITCH, x)


def _shortcut(
    column: Column, shortcut: Shortcut, heights: Sequence[float], x: float
) -> Iterator[Item]:
    own = [y for row, y in zip(column.rows, heights, strict=True) if row.unit == shortcut.unit]
    begin, end = own[0] - BOX_HEIGHT / 2 - ABOVE, own[-1] + BOX_HEIGHT / 2 + BELOW
    edge = x + _half(column)
    handle = edge + _BULGE
    steps = (((edge, begin),), ((handle, begin), (handle, end), (edge, end)), ((x, end),))
    yield Line((x, begin), steps, _look(shortcut.kind), shortcut.unit)
    if words := on_shortcut(shortcut):
        yield Text(edge + 0.75 * _BULGE + 3, (begin + end) / 2, words, "start", _SMALL)


def _look(kind: str) -> str:
    return "changed" if kind in CHANGED else "kept"


def _keys(column: Column, y: float, x: float) -> Iterator[Item]:
    """What the lines mean, with their numbers."""
    widest = max((text_width(words, _SMALL) for _, words in column.keys), default=0)
    left = x - (widest + 28) / 2
    for number, (kind, words) in enumerate(column.keys):
        height = y + 12 * number
        yield Line((left, height), straight((left + 22, height)), _look(kind), has_arrow=False)
        yield Text(left + 28, height, words, "start", _SMALL)
