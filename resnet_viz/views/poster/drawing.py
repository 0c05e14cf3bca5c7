# ruff: noqa: RUF001, RUF002
"""Drawing: a figure as data, in PostScript points; `svg.py` and `tikz.py` write it.

x grows to the right and y downwards. What stands for a part of a net has the path of its module as
its `name`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Literal, NamedTuple

Point = tuple[float, float]
Step = tuple[Point] | tuple[Point, Point, Point]
"""The way on from a point: a straight line to one, or a cubic curve with its two handles."""
Anchor = Literal["start", "middle", "end"]

TEXT_SIZE = 9.0
_NARROW = 0.28
_WIDTHS = dict.fromkeys(" ,.:;/il|()'jtfr-", _NARROW) | dict.fromkeys("mwMW×…−", 0.78)


@dataclass(frozen=True)
class Box:
    """A rectangle around its centre with a line of text; `fill` is a name of `styles.FILLS`."""

    name: str
    x: float
    y: float
    width: float
    height: float
    text: str
    fill: str = "none"
    is_dashed: bool = False
    size: float = TEXT_SIZE


@dataclass(frozen=True)
class Text:
    """A line of text at (x, y), the middle of its height; `is_math`: TeX that `formula` knows."""

    x: float
    y: float
    content: str
    anchor: Anchor = "middle"
    size: float = TEXT_SIZE
    is_math: bool = False
    is_bold: bool = False
    is_muted: bool = False


@dataclass(frozen=True)
class Line:
    """A line, straight or curved; `look` is a name of `styles.LOOKS`."""

    start: Point
    steps: tuple[Step, ...]
    look: str = "flow"
    name: str = ""
    has_arrow: bool = True

    @property
    def end(self) -> Point:
        return self.steps[-1][-1]


@dataclass(frozen=True)
class Joint:
    """A small circle with a sign: "+" adds, "×" multiplies."""

    name: str
    x: float
    y: float
    sign: str = "+"
    radius: float = 6.0


Item = Box | Text | Line | Joint


@dataclass(frozen=True)
class Drawing:
    """Items on a sheet; later ones lie over earlier ones. `title` says what it shows."""

    width: float
    height: float
    title: str
    items: tuple[Item, ...]


class Sketch(NamedTuple):
    """Items around x = 0, and how far they reach to the left, to the right and down."""

    items: tuple[Item, ...]
    left: float
    right: float
    bottom: float


def text_width(text: str, size: float = TEXT_SIZE) -> float:
    """The approximate width of a line in a book face such as Computer Modern."""
    return size * sum(_WIDTHS.get(letter, 0.54) for letter in text)


def straight(*points: Point) -> tuple[Step, ...]:
    """Straight steps from point to point."""
    return tuple((point,) for point in points)


def moved(item: Item, right: float, down: float) -> Item:
    """The item at another place."""
    if isinstance(item, Line):
        start, *rest = ((x + right, y + down) for x, y in _points(item))
        return replace(item, start=start, steps=_as_steps(item.steps, rest))
    return replace(item, x=item.x + right, y=item.y + down)


def _points(line: Line) -> Iterable[Point]:
    yield line.start
    for step in line.steps:
        yield from step


def _as_steps(steps: Sequence[Step], points: Sequence[Point]) -> tuple[Step, ...]:
    ends = list(accumulate(map(len, steps)))
    parts = [points[end - len(step) : end] for step, end in zip(steps, ends, strict=True)]
    return tuple((p[0],) if len(p) == 1 else (p[0], p[1], p[2]) for p in parts)
