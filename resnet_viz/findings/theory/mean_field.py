"""Mean field theory of new nets: the factor of each layer on the gradient, and of each branch on
the variance.

For wide layers before the first step. Neither torch nor numpy. A function gives None for a net that
its theory is not of: a line drawn beside such a net would only look like an explanation.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi, prod, sqrt

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.fields import BRANCH_LAYERS, ImageSize, height_and_width
from resnet_viz.arch.plan import plan

BATCH_NORM = sqrt(pi / (pi - 1))
"""1.211, with ReLU and large batches: Yang et al. 2019, arXiv:1902.08129."""
# With fewer values per channel, batch norm's statistics are their own noise: on maps of one pixel
# 4 images give 1.6 per layer, 16 give 1.27, 64 give 1.22.
LEAST_VALUES = 64
# Of the weights' standard deviation that keeps the gradient's size through a ReLU, sqrt(2 / fan).
_INITS = {
    "kaiming_fan_in": 1.0,
    "kaiming_fan_out": 1.0,
    "xavier": sqrt(1 / 2),
    "pytorch": sqrt(1 / 6),
}


def padding_factor(size: ImageSize) -> float:
    """The factor of zero padding on a 3x3 layer on maps of `size`: the largest eigenvalue of a row
    of pixels, each of which sees itself and its neighbours, over 3; of rows and columns the
    geometric mean."""
    return sqrt(prod((1 + 2 * cos(pi / (side + 1))) / 3 for side in height_and_width(size)))


def layer_factor(config: ResNetConfig, size: ImageSize, batch: int) -> float | None:
    """The factor of a 3x3 layer on maps of `size` in batches of `batch` images.

    None for nets with shortcuts, and wherever something besides 3x3 convolutions, ReLU and batch
    norm (or none) acts on the gradient. Batch norm's factor leaves the maps' borders out, which
    lower it to between 1.15 and 1.20 on maps of 2 to 16 pixels.
    """
    if not _is_uniform(config) or config.shortcut != "none" or not config.final_activation:
        return None
    if config.norm == "batch":
        return BATCH_NORM if batch * prod(height_and_width(size)) >= LEAST_VALUES else None
    has_bias = config.conv_bias and config.init == "pytorch"  # the others begin biases at 0
    if config.norm == "none" and config.init in _INITS and not has_bias:
        return _INITS[config.init] * padding_factor(size)
    return None


def profile(config: ResNetConfig, batch: int) -> Sequence[float] | None:
    """The gradient at each block's input over that at the last one's; None as above.

    A block that halves the maps is counted as if its layers had its output's size.
    """
    sizes = [block.out_shape[1:] for block in plan(config).blocks]
    factors = [layer_factor(config, size, batch) for size in sizes]
    grown = [1.0]
    for factor in reversed(factors[:-1]):
        if factor is None:
            return None
        grown.append(grown[-1] * factor ** BRANCH_LAYERS[config.block])
    return grown[::-1] if factors[-1] is not None else None


def branch_ratios(config: ResNetConfig) -> Sequence[float] | None:
    """Var F(x) / Var x of each block; None for nets that the theory does not cover.

    In a pre-activation net with batch norm every branch adds the same variance, so that block k
    adds 1/k of what is there (De & Smith 2020, arXiv:2002.10444, sec. 3). The sum begins with the
    stem's output, and anew with each projection of what the branch takes; other projections are of
    the sum itself. Zero-padded shortcuts only halve it, since half of the channels are then 0. The
    maps' borders take their share of a 3x3 layer's taps.
    """
    is_theirs = config.activation_order == "full_preactivation" and config.norm == "batch"
    is_theirs = is_theirs and config.projection_kernel == "1x1"
    is_kept = config.shortcut in ("zero_pad", "projection") and config.stem == "cifar"
    if not (_is_uniform(config) and is_theirs and is_kept and _is_identity(config)):
        return None
    first_width = config.width_of_stem
    stream = _inside(height_and_width(config.image_size)) * _gain(
        config, config.in_channels, first_width
    )
    ratios, channels = [], first_width
    for block in plan(config).blocks:
        width, *size = block.out_shape
        added = _inside(size)
        if config.block == "one_layer":  # of others the last layer neither widens nor halves
            added = _inside(size, block.in_shape[1:]) * _gain(config, channels, width) / 2
        if block.shortcut == "projection":
            mean_square = 1 / 2 if block.unit.shares_preactivation else stream
            stream = mean_square * _gain(config, channels, width)
        else:
            stream = stream * channels / width
        ratios.append(added / stream)
        stream, channels = stream + added, width
    return ratios


def _is_uniform(config: ResNetConfig) -> bool:
    """Whether all that acts on the main path is 3x3 convolutions, ReLU and the norm."""
    return (
        config.block != "bottleneck"
        and config.activation == "relu"
        and config.attention == "none"
        and config.antialias == "none"
        and not config.dropout
        and config.residual_scale == "none"
    )


def _is_identity(config: ResNetConfig) -> bool:
    """Whether shortcuts pass on what comes, and branches add all that they compute."""
    return (
        config.shortcut_transform == "identity"
        and not config.stochastic_depth
        and config.init in ("kaiming_fan_in", "kaiming_fan_out")
    )


def _inside(size: Sequence[int], before: Sequence[int] | None = None) -> float:
    """The share of a 3x3 layer's taps that lie inside, if it makes a map of this height and width.

    Of an input twice as large (`before`), only the first row's and column's taps lie outside.
    """
    outside = (1 if was == 2 * side else 2 for was, side in zip(before or size, size, strict=True))
    return prod((3 * side - out) / (3 * side) for side, out in zip(size, outside, strict=True))


def _gain(config: ResNetConfig, channels: int, width: int) -> float:
    """Variance that a layer from `channels` to `width` makes of inputs with mean square 1."""
    return 2 * channels / width if config.init == "kaiming_fan_out" else 2.0
