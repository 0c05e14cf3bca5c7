"""Gradient flow: how the gradient grows or shrinks from the last block back to the first.

Words such as "explodes" are about the gradient at the blocks' inputs, which is what is passed on.
The gradients of the weights are products of it and of the activations: without a norm both shrink,
and the product can look healthy. They are reported as what they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.theory.layers_left import layers_left
from resnet_viz.measurements.base.fits import Fit, exponential
from resnet_viz.measurements.base.verdict import FITS, flow_word

INPUTS = "grad_input_norm"
_FEWEST_BLOCKS = 3

Norms = NDArray[np.float64]


@dataclass(frozen=True)
class Flow:
    """The gradient at the inputs of a net's blocks, at one step.

    `ratio` is the first block's over the last's: inf or NaN where it cannot be formed. `layers` of
    the main path lie between them (NaN where that is not known), and `fit` is one factor per layer
    through all blocks. `stages` are the factors of the stages, first to last, where each fits.
    """

    step: int
    first: float
    last: float
    layers: float
    fit: Fit | None
    stages: tuple[float, ...] = ()

    @property
    def ratio(self) -> float:
        """The first block's gradient over the last block's."""
        if not np.isfinite([self.first, self.last]).all():
            return np.nan
        return self.first / self.last if self.last else np.nan

    @property
    def rate(self) -> float | None:
        """The factor per layer; None if none fits."""
        return self.fit.rate if self.fit is not None and self.fit.explained >= FITS else None

    @property
    def word(self) -> str:
        """The verdict: explodes, grows, keeps its size, shrinks, vanishes, is 0, is not finite."""
        if not np.isfinite([self.first, self.last]).all():
            return "is not finite"
        if not (self.first and self.last):
            return "is 0"
        return flow_word(self.ratio, is_steady=self.rate is not None)


def flow_at(net: Contestant, row: int) -> Flow | None:
    """The flow in one row of measurements at the blocks' inputs; None if there are fewer than two
    blocks, or nothing was measured."""
    series, names = net.history.series(INPUTS), net.along(INPUTS).names
    if not len(series.steps) or len(names) < 2:
        return None
    norms = series.values[row].astype(np.float64)
    left = layers_left(net.layers, names)
    layers = float(left[0] - left[-1])
    usable = np.isfinite(left) & np.isfinite(norms) & (norms > 0)
    fit = exponential(left[usable], norms[usable]) if usable.all() else None
    stages = _stage_rates(net, left, norms) if fit is not None else ()
    step = int(series.steps[row])
    return Flow(step, float(norms[0]), float(norms[-1]), layers, fit, stages)


def _stage_rates(net: Contestant, left: Norms, norms: Norms) -> tuple[float, ...]:
    """The factor per layer in each stage; () unless one fits in each."""
    main = [layer for layer in net.layers if layer.role == "main"]
    stages = [main[len(main) - int(own)].stage for own in left]
    if None in stages:
        return ()
    numbers = np.array(stages)
    rates = []
    for stage in dict.fromkeys(stages):
        mine = numbers == stage
        fit = exponential(left[mine], norms[mine]) if mine.sum() >= _FEWEST_BLOCKS else None
        if fit is None or fit.explained < FITS:
            return ()
        rates.append(fit.rate)
    return tuple(rates) if len(rates) > 1 else ()


def weight_ratio(net: Contestant, steps: tuple[int, int]) -> float:
    """The weight gradient of the first layer over the last one's (medians over `steps`); NaN if one
    is 0 or not finite."""
    norms = main_norms(net, steps)
    first, last = float(norms[0]), float(norms[-1])
    return first / last if np.isfinite([first, last]).all() and first and last else np.nan


def main_norms(net: Contestant, steps: tuple[int, int]) -> Norms:
    """Weight gradients of the main path's layers, from input to output: medians over `steps`."""
    series = net.history.series("grad_norm")
    among = (series.steps >= steps[0]) & (series.steps <= steps[1])
    if not among.any():  # what is brought in from elsewhere may hold none
        return np.full(len(net.main), np.nan)
    norms = series.values[among][:, net.main].astype(np.float64)
    return np.asarray(np.median(norms, axis=0), np.float64)
