"""Races to begin with: one file each, and the folder is the list."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from types import MappingProxyType

from resnet_viz.experiments.starting_point import StartingPoint


@lru_cache(maxsize=1)
def starting_points() -> Mapping[str, StartingPoint]:
    """Name -> starting point, as they stand on the page."""
    files = [module.name for module in pkgutil.iter_modules(__path__)]
    points: list[StartingPoint] = [
        import_module(f"{__name__}.{file}").STARTING_POINT for file in files
    ]
    points.sort(key=lambda point: (point.place, point.name))
    return MappingProxyType({point.name: point for point in points})


def current_name(name: str) -> str | None:
    """The name of the starting point that is called so, or was in an earlier version; None if none
    is."""
    points = starting_points()
    if name in points:
        return name
    return next((point.name for point in points.values() if point.formerly == name), None)
