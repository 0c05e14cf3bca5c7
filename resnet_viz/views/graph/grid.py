"""A grid that several nets are laid out on: each block of each stage has its place on it."""

from __future__ import annotations

from typing import NamedTuple


class Room(NamedTuple):
    """What a unit that is not opened takes at least, in pixels: its boxes' width; to the left and
    to the right of its main lane's middle; its height."""

    box: float
    left: float
    right: float
    height: float


NO_ROOM = Room(0, 0, 0, 0)


class Grid(NamedTuple):
    """Rows and columns of each stage, its widest title in pixels, and what a block takes."""

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    titles: tuple[float, ...]
    room: Room
