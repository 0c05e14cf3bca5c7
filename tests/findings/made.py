"""Contestants with made-up histories, for tests of the plots."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.findings.contestant import Contestant
from resnet_viz.lab.records import History, StepRecord

Norm = Callable[[int, int], float]
"""Gradient norm from step and column."""


def contestant(
    config: str,
    steps: int,
    *,
    name: str | None = None,
    norm: Norm = lambda step, column: 1.0 + column + 0.5 * step,
    loss: Callable[[int], float] = lambda step: 2.0 - 0.01 * step,
    accuracy: Callable[[int], float] | None = None,
) -> Contestant:
    """A net that has trained for `steps` steps; the rest follows from the step, if not given."""
    layers = plan(preset(config)).weighted_layers
    columns = range(len(layers))
    records = []
    for step in range(steps):
        grad = np.array([norm(step, column) for column in columns], np.float32)
        right = step / max(steps, 1) if accuracy is None else accuracy(step)
        scalars = (step, loss(step), right, 0.25 * step)
        values = {"grad_norm": grad, "weight_norm": grad * 2, "update_ratio": grad * 3}
        records.append(StepRecord(*scalars, values))
    return Contestant(name or config, "#0072B2", layers, History(records))
