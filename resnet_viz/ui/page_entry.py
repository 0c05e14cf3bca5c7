"""Page entry in the menu of the app; the module of a page declares one as `PAGE`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PageEntry:
    """A page in the menu: its title, and its place by `order`, the first on top.

    The app opens on the first.
    """

    title: str
    order: int
