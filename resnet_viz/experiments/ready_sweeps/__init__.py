"""Sweeps to begin with: one file each, and the folder is the list."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from types import MappingProxyType

from resnet_viz.experiments.ready_sweep import ReadySweep


@lru_cache(maxsize=1)
def ready_sweeps() -> Mapping[str, ReadySweep]:
    """Key -> ready sweep, in the order of their places."""
    files = [module.name for module in pkgutil.iter_modules(__path__)]
    sweeps: list[ReadySweep] = [import_module(f"{__name__}.{file}").READY_SWEEP for file in files]
    sweeps.sort(key=lambda sweep: (sweep.place, sweep.key))
    return MappingProxyType({sweep.key: sweep for sweep in sweeps})
