"""Registry of the kinds of jobs: one file each in workers/job_kinds; no torch."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from importlib import import_module
from types import MappingProxyType

from resnet_viz.scheduler.jobs.kind import Kind
from resnet_viz.text import unknown_name

_FOLDER = "resnet_viz.workers.job_kinds"


@lru_cache(maxsize=1)
def kinds() -> Mapping[str, Kind]:
    """Name -> kind."""
    names = [module.name for module in pkgutil.iter_modules(import_module(_FOLDER).__path__)]
    modules = [import_module(f"{_FOLDER}.{name}") for name in names]
    complete = [replace(m.KIND, request=m.Request, work=m.work) for m in modules]
    return MappingProxyType({kind.name: kind for kind in complete})


def kind_of(name: str) -> Kind:
    """The kind called `name`.

    Raises:
        ValueError: for an unknown one, with near ones suggested.
    """
    if name not in kinds():
        raise ValueError(unknown_name("kind of job", name, tuple(kinds())))
    return kinds()[name]
