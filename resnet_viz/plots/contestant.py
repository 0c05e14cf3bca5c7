"""Contestant: one net of a race as the plots see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from resnet_viz.arch.operations import Role
from resnet_viz.arch.plan import WeightedLayer
from resnet_viz.lab.quantities.quantity import Along
from resnet_viz.lab.records import Floats, History

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Contestant:
    """A net's name, colour and weighted layers (forward order: the columns of `history`).

    `classes` is how many the net tells apart, where that is known; `header` says along what each
    quantity of the history is.
    """

    name: str
    colour: str
    layers: tuple[WeightedLayer, ...]
    history: History
    classes: int | None = None
    header: Mapping[str, Along] = field(default_factory=dict)

    @property
    def chance(self) -> float | None:
        """The loss of a net that guesses: ln of the number of classes."""
        return None if self.classes is None else float(np.log(self.classes))

    @cached_property
    def main(self) -> Indices:
        """Columns of the layers on the main path, from input to output."""
        return self._columns("main")

    @cached_property
    def beside(self) -> Mapping[Role, Indices]:
        """Columns of the layers beside the main path, by what they are for."""
        roles = dict.fromkeys(layer.role for layer in self.layers if layer.is_beside)
        return {role: self._columns(role) for role in roles}

    def _columns(self, role: Role) -> Indices:
        return np.flatnonzero([layer.role == role for layer in self.layers])

    def row_at(self, step: int) -> int | None:
        """The row of the newest record that is not after `step`; None where there is none."""
        row = int(np.searchsorted(self.history.steps, step, side="right")) - 1
        return row if row >= 0 else None


def thinned(count: int, most: int) -> Indices:
    """At most `most` of `count` indices, even apart, with the first and the last."""
    if count <= most:
        return np.arange(count)
    return np.unique(np.linspace(0, count - 1, most).round().astype(np.int64))


def shown(norms: Floats) -> NDArray[np.float64]:
    """`norms` for a log axis: NaN, which draws nothing, where not finite or not above 0."""
    fits = np.isfinite(norms) & (norms > 0)
    return np.where(fits, norms, np.nan).astype(np.float64)


def decades(contestants: Sequence[Contestant], most_steps: int = 2000) -> tuple[float, float]:
    """Whole powers of ten around every gradient norm so far, as log10 limits.

    They only widen while a race goes on, so that the axis does not jump from step to step. Of a
    very long run `most_steps` steps are looked at.
    """
    low, high = np.inf, -np.inf
    for contestant in contestants:
        norms = contestant.history.grad_norm[thinned(len(contestant.history), most_steps)]
        finite = norms[np.isfinite(norms) & (norms > 0)]
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    if low > high:
        return -3.0, 1.0
    bottom = np.floor(np.log10(low))
    return float(bottom), float(max(np.ceil(np.log10(high)), bottom + 1))
