"""Hopeless: a run of a sweep that cannot recover, ended early by a rule."""

from __future__ import annotations

from math import isfinite

from resnet_viz.quantities.records import StepRecord
from resnet_viz.scheduler.worker_turn import Stopped
from resnet_viz.store.sweep_rows import HOPELESS

STEPS = 5
"""So many steps in a row decide: a scaled float16 loss may once be inf and recover."""
_GRADIENT = "grad_total_norm"


class HopelessError(Stopped):
    """The run is ended early; the message says why."""


class Hope:
    """Looks at the steps of one run as they come."""

    def __init__(self) -> None:
        self._lost = self._dead = 0

    def look(self, record: StepRecord) -> None:
        """Take a step into account.

        Raises:
            HopelessError: where the loss was no finite number, or all gradients were exactly 0,
                for `STEPS` steps.
        """
        self._lost = 0 if isfinite(record.loss) else self._lost + 1
        gradient = record.values.get(_GRADIENT)
        is_dead = gradient is not None and bool((gradient == 0).all())
        self._dead = self._dead + 1 if is_dead else 0
        for count, what in (
            (self._lost, "the loss was not a finite number"),
            (self._dead, "every gradient was exactly 0"),
        ):
            if count >= STEPS:
                raise HopelessError(
                    f"{HOPELESS}{what} in {STEPS} steps in a row, up to step {record.step}."
                )
