"""Nets with results made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from resnet_viz.arch.plan import plan
from resnet_viz.findings.colours import RESIDUAL
from resnet_viz.measurements import measurement
from resnet_viz.measurements.base.result import MeasuredNet, MeasurementResult
from resnet_viz.measurements.base.verdict import Verdict
from tests.measurements.test_measurements import SMALL

NAMES = tuple(block.name for block in plan(SMALL).blocks)


def net(name: str, found: Mapping[str, ArrayLike], step: int = 0, **settings: Any) -> MeasuredNet:
    """A net of which this was found."""
    about = measurement(name)
    arrays = {key: np.asarray(value, np.float64) for key, value in found.items()}
    result = MeasurementResult(step, name, about.checked(settings), 0.1, arrays)
    return MeasuredNet("a<b>", RESIDUAL, NAMES, (), result, chance=2.3)


def verdict(one: MeasuredNet) -> Verdict:
    """What its result says of a net."""
    return measurement(one.result.measurement).verdict(one)
