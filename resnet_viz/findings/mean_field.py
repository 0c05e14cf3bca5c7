"""What theory says of a new plain net: the factor by which each layer multiplies the gradient.

For wide layers, on the gradient's way from the output back to the input. Neither torch nor numpy.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi, sqrt

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan

BATCH_NORM = sqrt(pi / (pi - 1))
"""1.211, with ReLU and large batches: Yang et al. 2019, arXiv:1902.08129."""
# Of the weights' standard deviation that keeps the gradient's size through a ReLU, sqrt(2 / fan).
_INITS = {
    "kaiming_fan_in": 1.0,
    "kaiming_fan_out": 1.0,
    "xavier": sqrt(1 / 2),
    "pytorch": sqrt(1 / 6),
}


def padding_factor(size: int) -> float:
    """What the zeros around a map of `size` x `size` pixels cost a 3x3 layer: the largest
    eigenvalue of a row of pixels of which each sees itself and its neighbours, over 3."""
    return (1 + 2 * cos(pi / (size + 1))) / 3


def layer_factor(config: ResNetConfig, size: int) -> float | None:
    """The factor of a 3x3 layer on maps of `size` x `size`; None where theory says nothing here.

    That is for nets with shortcuts, other norms, activations and initialisations, and for
    bottlenecks.
    """
    if config.shortcut != "none" or config.activation != "relu" or config.block != "basic":
        return None
    if config.norm == "batch":
        return BATCH_NORM
    if config.norm == "none" and config.init in _INITS:
        return _INITS[config.init] * padding_factor(size)
    return None


def profile(config: ResNetConfig) -> Sequence[float] | None:
    """The gradient's size at each block's input over that at the last's; None as above.

    A block that halves the maps is counted as if both its layers had its output's size.
    """
    sizes = [block.out_shape[1] for block in plan(config).blocks]
    factors = [layer_factor(config, size) for size in sizes]
    grown = [1.0]
    for factor in reversed(factors[:-1]):
        if factor is None:
            return None
        grown.append(grown[-1] * factor**2)  # two layers a block
    return grown[::-1] if factors[-1] is not None else None
