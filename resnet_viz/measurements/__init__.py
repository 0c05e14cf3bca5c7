"""What is measured of a net on demand: one file a measurement, and the folder is the registry.

A file describes its measurement on top (`MEASUREMENT`, with its figure; no torch), carries it out
below (`measure`, which may import torch when it runs) and says what a result says of its net
(`verdict`). training/perform.py is how to call them: it sees to it that the net is left as it was.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from importlib import import_module
from types import MappingProxyType, ModuleType

from resnet_viz.arch.plan import NetworkPlan
from resnet_viz.measurements.base.measurement import Measurement
from resnet_viz.text import capital, shorten


@lru_cache(maxsize=1)
def measurements() -> Mapping[str, Measurement]:
    """Every measurement there is by name, the cheapest first."""
    files = [file.name for file in pkgutil.iter_modules(__path__) if not file.ispkg]
    every = [_described_by(import_module(f"{__name__}.{name}")) for name in files]
    return MappingProxyType({m.name: m for m in sorted(every, key=lambda m: (m.cost, m.name))})


def _described_by(file: ModuleType) -> Measurement:
    described: Measurement = file.MEASUREMENT
    return replace(described, measure=file.measure, judge=getattr(file, "verdict", None))


def measurement(name: str) -> Measurement:
    """The measurement called `name`; ValueError with those there are where there is none."""
    if name not in measurements():
        raise ValueError(
            f"there is no measurement {shorten(name)}; allowed are {', '.join(measurements())}"
        )
    return measurements()[name]


def why_not(about: Measurement, network: NetworkPlan) -> str:
    """Why a measurement has no meaning for a net, in a sentence; "" where it has one."""
    if about.shortcuts and not network.shortcuts:
        return f"{capital(about.title)}: this net has no shortcuts."
    return ""
