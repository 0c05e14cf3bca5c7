"""Result: what a measurement found of a net, and the net that it is of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resnet_viz.measurements.base.measurement import Arrays, Settings


@dataclass(frozen=True, eq=False, slots=True)
class MeasurementResult:
    """What a measurement found of a run as step `step` began; `seconds` is what it took."""

    step: int
    measurement: str
    settings: Settings
    seconds: float
    found: Arrays


@dataclass(frozen=True)
class MeasuredNet:
    """A net with a result: its name and colour, the names of its blocks and layers, the loss of a
    guess, where that is known, and its run's id, which its points have."""

    name: str
    colour: str
    blocks: tuple[str, ...]
    layers: tuple[str, ...]
    result: MeasurementResult
    chance: float | None = None
    id: str = ""

    def array(self, name: str) -> NDArray[np.float64]:
        """One of the result's arrays; empty where it is not there."""
        return self.result.found.get(name, np.empty(0))

    def scalar(self, name: str) -> float:
        """One of the result's numbers; NaN where it is not there."""
        array = self.array(name)
        return float(array) if not array.shape else float("nan")

    def median(self, name: str) -> float:
        """The median of what is finite in one of the result's arrays; NaN where nothing is."""
        array = self.array(name)
        known = array[np.isfinite(array)]
        return float(np.median(known)) if known.size else float("nan")
