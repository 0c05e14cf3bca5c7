"""Pages of the app: a module or a folder each; this package is their registry.

A page called `example` is the module example.py here, or a folder example/ with a page.py. It
declares its entry in the menu (`PAGE`, a `PageEntry`; for a folder in its `__init__.py`, so that
the menu needs no more of it) and has a function `example_page` (in page.py) that draws it.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import NamedTuple


class PageEntry(NamedTuple):
    """Entry in the menu: a page's title, and its place by `order`; the app opens on the first.

    A page that is not `is_listed` has an address, and no place in the menu.
    """

    title: str
    order: int
    is_listed: bool = True


@dataclass(frozen=True)
class Page:
    """A page: its name in addresses, its title, and whether the menu has it."""

    name: str
    title: str
    module: str
    """Which has the function that draws it."""
    is_listed: bool

    def draw(self) -> None:
        """Draw the page."""
        getattr(import_module(self.module), f"{self.name}_page")()


@lru_cache(maxsize=1)
def pages() -> Sequence[Page]:
    """All pages, in the order of the menu."""
    modules = {module.name: module for module in pkgutil.iter_modules(__path__)}
    entries = {name: import_module(f"{__name__}.{name}").PAGE for name in modules}
    return tuple(
        Page(
            name,
            entries[name].title,
            f"{__name__}.{name}" + ".page" * modules[name].ispkg,
            entries[name].is_listed,
        )
        for name in sorted(modules, key=lambda name: (entries[name].order, name))
    )


def page(name: str) -> Page:
    """The page of that name."""
    return next(page for page in pages() if page.name == name)
