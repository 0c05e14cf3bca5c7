"""Grid for the graphs of several nets: each block of each stage has its place."""

from __future__ import annotations

from typing import NamedTuple


class Room(NamedTuple):
    """The least room of a closed unit, in pixels: the width of its boxes; left and right of the
    middle of its main lane; its height."""

    box: float
    left: float
    right: float
    height: float


NO_ROOM = Room(0, 0, 0, 0)


class Grid(NamedTuple):
    """The rows and columns of each stage, its widest title in pixels, and the room of a block."""

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    titles: tuple[float, ...]
    room: Room
