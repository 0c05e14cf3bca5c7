"""Figures of measurements, declared as data: the kind of drawing, its arrays, axes and units.

A measurement's file says which; `figures/measurement_charts.py` draws each kind.
"""

from __future__ import annotations

from dataclasses import dataclass

BLOCKS = "block, from input to output"
LAYERS = "weighted layer, from input to output"


@dataclass(frozen=True, slots=True)
class Lines:
    """A line for each net: an array by what it is along, titled `along`.

    `is_log`: the axis of its values is logarithmic. `level` is a thin line of reference. The first
    value stands at `first`. With `is_size` the values' sizes are drawn, whatever their sign.
    `title` is the axis's where it is not the array's own, and `ends` are its ends.
    """

    values: str
    along: str
    is_log: bool = False
    level: float | None = None
    first: int = 1
    is_size: bool = False
    title: str = ""
    ends: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Stacked:
    """Two sets of lines along one axis, one above the other."""

    above: Lines
    below: Lines


@dataclass(frozen=True, slots=True)
class Surface:
    """A map for each net: an array [N, N] by how far two ways are gone, both in the array `at`;
    colours are logarithmic. `along` are the titles of the array's first axis and its second."""

    values: str
    at: str
    along: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Points:
    """A point for each net: a single number."""

    values: str


Figure = Lines | Stacked | Surface | Points
