"""Layers: the torch module of each operation of the plan."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.operations import Operation
from resnet_viz.nets.kinds import ACTIVATIONS, dropout_rate


class ZeroPad(nn.Module):
    """Option A shortcut: every `stride`-th pixel, and zeros for the new channels.

    He et al. 2015, sec. 3.3: [N, C, H, W] -> [N, C + extra_channels, ceil(H/s), ceil(W/s)].
    """

    def __init__(self, extra_channels: int, stride: int) -> None:
        super().__init__()
        self.extra_channels, self.stride = extra_channels, stride

    def forward(self, x: Tensor) -> Tensor:
        subsampled = x[:, :, :: self.stride, :: self.stride]
        return nn.functional.pad(subsampled, (0, 0, 0, 0, 0, self.extra_channels))

    def extra_repr(self) -> str:
        return f"extra_channels={self.extra_channels}, stride={self.stride}"


class GlobalAveragePool(nn.Module):
    """Mean over all pixels: [N, C, H, W] -> [N, C]."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3))


class Scale(nn.Module):
    """0.5 x: He et al. 2016, Fig. 2b."""

    def forward(self, x: Tensor) -> Tensor:
        return 0.5 * x


class SkipInit(nn.Module):
    """alpha x, alpha learned from 0: De & Smith 2020, arXiv:2002.10444."""

    def __init__(self) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.zeros(()))

    def reset_parameters(self) -> None:
        nn.init.zeros_(self.alpha)

    def forward(self, x: Tensor) -> Tensor:
        return self.alpha * x


class StochasticDepth(nn.Module):
    """In training, 0 with probability `rate` for the whole minibatch, else x / (1 - rate).

    Huang et al. 2016, arXiv:1603.09382, sec. 3; dividing in training instead of multiplying in
    evaluation leaves the expectation as it is there.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        survives = torch.rand((), device=x.device) >= self.rate
        return x * (survives.to(x.dtype) / (1 - self.rate))

    def extra_repr(self) -> str:
        return f"rate={self.rate:.4g}"


class SqueezeExcitation(nn.Module):
    """x * sigmoid(W2 relu(W1 mean(x))): Hu et al. 2018, arXiv:1709.01507, eq. 3 and 4."""

    def __init__(self, channels: int, reduced: int) -> None:
        super().__init__()
        self.pool = GlobalAveragePool()
        self.reduce, self.act = nn.Linear(channels, reduced), nn.ReLU()
        self.expand, self.sigmoid = nn.Linear(reduced, channels), nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        weights: Tensor = self.sigmoid(self.expand(self.act(self.reduce(self.pool(x)))))
        return x * weights[:, :, None, None]


class EfficientChannelAttention(nn.Module):
    """x * sigmoid(w * mean(x)), w a filter over channels: Wang et al. 2020, arXiv:1910.03151."""

    def __init__(self, kernel: int) -> None:
        super().__init__()
        self.pool, self.sigmoid = GlobalAveragePool(), nn.Sigmoid()
        self.conv = nn.Conv1d(1, 1, kernel, padding=kernel // 2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        weights: Tensor = self.sigmoid(self.conv(self.pool(x)[:, None]))
        return x * weights[:, 0, :, None, None]


class BlurPool(nn.Module):
    """Every second pixel of x blurred by (1, 2, 1) / 4 along both sides: Zhang 2019,
    arXiv:1904.11486, sec. 3. The border is mirrored: [N, C, H, W] -> [N, C, ceil(H/2), ceil(W/2)].

    That is halfway between a pixel and the middle of its neighbours.
    """

    def forward(self, x: Tensor) -> Tensor:
        x = nn.functional.pad(x, (1, 1, 1, 1), "reflect")
        x = x[:, :, :-2:2].lerp(x[:, :, 2::2], 0.5).lerp(x[:, :, 1:-1:2], 0.5)
        return x[..., :-2:2].lerp(x[..., 2::2], 0.5).lerp(x[..., 1:-1:2], 0.5)


def layer(operation: Operation, config: ResNetConfig, drop_rate: float = 0.0) -> nn.Module:
    """The module of one operation (additions are part of a forward)."""
    before, after = operation.in_shape[0], operation.out_shape[0]
    makers: dict[str, Callable[[], nn.Module]] = {
        "conv": lambda: _conv(operation),
        "norm": lambda: _norm(operation, config),
        "activation": getattr(nn, ACTIVATIONS[config.activation]),
        "max_pool": lambda: nn.MaxPool2d(operation.kernel, operation.stride, operation.padding),
        "avg_pool": lambda: _avg_pool(operation),
        "blur_pool": BlurPool,
        "zero_pad": lambda: ZeroPad(after - before, operation.stride),
        "dropout": lambda: nn.Dropout(dropout_rate(operation, config)),
        "sigmoid": nn.Sigmoid,
        "scale": Scale,
        "skipinit": SkipInit,
        "stochastic_depth": lambda: StochasticDepth(drop_rate),
        "global_avg_pool": GlobalAveragePool,
        "linear": lambda: nn.Linear(before, after),
    }
    return makers[operation.kind]()


def _avg_pool(operation: Operation) -> nn.AvgPool2d:
    return nn.AvgPool2d(2, 2, ceil_mode=operation.ceil_mode, count_include_pad=False)


def _conv(operation: Operation) -> nn.Conv2d:
    return nn.Conv2d(
        operation.in_shape[0],
        operation.out_shape[0],
        operation.kernel,
        operation.stride,
        operation.padding,
        groups=operation.groups,
        bias=operation.bias,
    )


def _norm(operation: Operation, config: ResNetConfig) -> nn.Module:
    channels = operation.out_shape[0]
    if config.norm == "group":
        return nn.GroupNorm(operation.groups, channels)
    return nn.BatchNorm2d(channels)
