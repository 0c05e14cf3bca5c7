"""What is measured of a net on demand: one file a measurement, and the folder is the registry.

A file describes its measurement on top (`MEASUREMENT`; no torch) and carries it out below
(`measure`, which may import torch when it runs). perform.py is how to call them: it sees to it that
the net is left as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from resnet_viz.arch.plan import NetworkPlan
from resnet_viz.measurements.measurement import Measurement
from resnet_viz.text import shorten

_NONE_OF_THEM = ("__init__", "measurement")


@lru_cache(maxsize=1)
def measurements() -> Mapping[str, Measurement]:
    """Every measurement there is by name, the cheapest first."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    modules = [import_module(f"{__name__}.{f.stem}") for f in files if f.stem not in _NONE_OF_THEM]
    found = [replace(module.MEASUREMENT, measure=module.measure) for module in modules]
    return MappingProxyType({m.name: m for m in sorted(found, key=lambda m: (m.cost, m.name))})


def measurement(name: str) -> Measurement:
    """The measurement called `name`; ValueError with those there are where there is none."""
    found = measurements().get(name)
    if found is None:
        raise ValueError(
            f"there is no measurement {shorten(name)}; allowed are {', '.join(measurements())}"
        )
    return found


def why_not(about: Measurement, network: NetworkPlan) -> str:
    """Why a measurement has no meaning for a net, in a sentence; "" where it has one."""
    if about.shortcuts and not network.shortcuts:
        return f"{about.title[:1].upper()}{about.title[1:]}: this net has no shortcuts."
    return ""
