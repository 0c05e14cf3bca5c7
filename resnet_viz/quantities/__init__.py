"""Quantities measured while a net trains: one file each; this package is their registry.

A file describes its quantity on top (`QUANTITY`, a `Quantity`; no torch) and measures it below
(`measure`, which may import torch when it runs). Whatever shows, stores or prints quantities reads
this registry, so that a new file is all that a new quantity needs. Folders named in
RESNET_VIZ_QUANTITIES (as PATH separates them) add quantities that are not part of the project.
"""

from __future__ import annotations

import os
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import MappingProxyType, ModuleType

from resnet_viz.arch.plan import NetworkPlan
from resnet_viz.quantities.every import EACH_STEP, Every
from resnet_viz.quantities.points import along, names_in, place
from resnet_viz.quantities.quantity import Along, Quantity

FOLDERS_VARIABLE = "RESNET_VIZ_QUANTITIES"
_AXES = ("layer", "block", "net", "final")


def quantities() -> Mapping[str, Quantity]:
    """All quantities by name: of layers first, then of blocks, of the net, and of the end.

    Raises:
        ValueError: for a file in a folder of one's own that describes no quantity.
    """
    return _read(os.environ.get(FOLDERS_VARIABLE, ""))


def quantity(name: str) -> Quantity:
    """The quantity called `name`; if a record has it but this program does not, a quantity with
    that name alone."""
    return quantities().get(name) or Quantity(name, name.replace("_", " "), "", "", "")


def held_by(
    network: NetworkPlan, *, evaluated: bool, every: Every = EACH_STEP
) -> Mapping[str, Along]:
    """The quantities that a run of `network` measures, the names along each, and how often.

    `evaluated`: whether the net is also tried on held-out images.
    """
    names = names_in(network)
    held = {
        q.name: replace(along(q, names), every=every.of(q))
        for q in quantities().values()
        if evaluated or place(q)[1] != "evaluations"
    }
    return MappingProxyType({name: axis for name, axis in held.items() if len(axis)})


@lru_cache(maxsize=8)
def _read(folders: str) -> Mapping[str, Quantity]:
    more = [Path(folder) for folder in folders.split(os.pathsep) if folder]
    all_quantities = [*_own(), *(q for folder in more for q in _in_folder(folder))]
    all_quantities.sort(key=lambda q: _AXES.index(place(q)[0]))
    return MappingProxyType({q.name: q for q in all_quantities})


def _own() -> Iterator[Quantity]:
    for file in pkgutil.iter_modules(__path__):
        module = import_module(f"{__name__}.{file.name}")
        if hasattr(module, "QUANTITY"):
            yield _described_by(module)


def _in_folder(folder: Path) -> Iterator[Quantity]:
    for file in sorted(folder.glob("*.py")):
        module = _load(file, f"{__name__}.{file.stem}")
        try:
            yield _described_by(module)
        except (AttributeError, TypeError) as error:
            raise ValueError(f"the file {file} describes no quantity: {error}") from error


def _described_by(module: ModuleType) -> Quantity:
    described: Quantity = module.QUANTITY
    finish, pool = (getattr(module, name, None) for name in ("finish", "pool"))
    return replace(described, measure=module.measure, finish=finish, pool=pool)


def _load(file: Path, name: str) -> ModuleType:
    spec = spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ValueError(f"the file {file} cannot be read as Python")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
