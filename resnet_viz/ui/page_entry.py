"""A page's entry in the app's menu; its module declares one as `PAGE`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PageEntry:
    """What the menu calls a page, and where it stands there: by `order`, the first on top.

    The app opens on the first.
    """

    title: str
    order: int
