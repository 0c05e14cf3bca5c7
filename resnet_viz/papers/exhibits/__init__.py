"""Figures and tables of the papers: one file each, and the folder is the list."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from types import MappingProxyType

from resnet_viz.papers.exhibit import Exhibit
from resnet_viz.papers.paper import PAPERS


@lru_cache(maxsize=1)
def exhibits() -> Mapping[str, Exhibit]:
    """Key -> exhibit: paper by paper, each in the paper's order."""
    files = [module.name for module in pkgutil.iter_modules(__path__)]
    found: list[Exhibit] = [import_module(f"{__name__}.{file}").EXHIBIT for file in files]
    papers = list(PAPERS)
    found.sort(key=lambda one: (papers.index(one.paper), one.place))
    return MappingProxyType({one.key: one for one in found})
