"""Intervals of measuring: the steps between two measurements of a quantity in a run.

A look at the weights before and after an update reads each of them several times from memory. Where
a net has many, and uses each for few positions of few images, that is a good part of a step: then
weights are looked at every second step, or every fourth, ...; gradients are at each step.
"""

from __future__ import annotations

from typing import NamedTuple

from resnet_viz.quantities.points import GRADIENTS, OF_WEIGHTS, place
from resnet_viz.quantities.quantity import Quantity

FEW_WEIGHTS = 1 << 20
"""A processor's cache holds so many: looking at them costs next to nothing."""
_LOOK = 20.0
"""Multiply-accumulates of a forward pass for each weight, in the time of which a step looks at it
(on a CPU; measured with nets of 2 to 35 million weights: 13 to 24)."""
_MOST_SHARE = 0.015
"""The share of the time that a look at the weights may take, over all steps."""
_EVERY = (1, 2, 4, 5, 10, 20)
"""Divisors of what `RunSpec.measure_every` is by default: one step then has all quantities."""

SHORT, FLOWS = 200, 5
"""A run of at most so many steps measures the gradient's way through shortcut and branch, which the
stage draws at each step, so often, where that goes together with `measure_every`."""


def flows_every(steps: int, measure_every: int) -> int:
    """Steps between two measurements of the gradient's way through shortcut and branch."""
    return FLOWS if steps <= SHORT and measure_every % FLOWS == 0 else measure_every


def weights_every(weights: int, work: float) -> int:
    """Steps between two measurements of a net's `weights`, by the multiply-accumulates of all
    images in a step's forward pass."""
    if weights <= FEW_WEIGHTS:
        return 1
    share = _LOOK * weights / max(work, 1.0)
    return next((every for every in _EVERY if share <= _MOST_SHARE * every), _EVERY[-1])


class Every(NamedTuple):
    """Steps between measurements: of activations, of weights, of held-out images, and of the
    gradient's way through shortcut and branch (None: as activations)."""

    activations: int = 1
    weights: int = 1
    held_out: int = 1
    flows: int | None = None

    def of(self, quantity: Quantity) -> int:
        """Steps between two values of a quantity."""
        when = place(quantity)[1]
        if when == "measured steps":
            is_flow = self.flows and GRADIENTS.issuperset(quantity.points)
            return self.flows if self.flows and is_flow else self.activations
        if when == "evaluations":
            return max(self.held_out, 1)
        return self.weights if OF_WEIGHTS & set(quantity.points) else 1


EACH_STEP = Every()
