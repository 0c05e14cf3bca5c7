"""The kinds of jobs there are, found in `kinds`; no torch."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from importlib import import_module
from types import MappingProxyType

from resnet_viz.lab.jobs import kinds as folder
from resnet_viz.scheduler.jobs.kind import Kind
from resnet_viz.text import unknown_name


@lru_cache(maxsize=1)
def kinds() -> Mapping[str, Kind]:
    """Name -> kind."""
    names = [module.name for module in pkgutil.iter_modules(folder.__path__)]
    modules = [import_module(f"{folder.__name__}.{name}") for name in names]
    found = [replace(m.KIND, request=m.Request, work=m.work) for m in modules]
    return MappingProxyType({kind.name: kind for kind in found})


def kind_of(name: str) -> Kind:
    """The kind called `name`.

    Raises:
        ValueError: for an unknown one, with near ones suggested.
    """
    if name not in kinds():
        raise ValueError(unknown_name("kind of job", name, tuple(kinds())))
    return kinds()[name]
