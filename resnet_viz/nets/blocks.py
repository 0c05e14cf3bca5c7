"""Blocks: each forward reads as the paper's equation. Everything is built from the plan's units."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.units import Operation, Unit

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
}


class ZeroPad(nn.Module):
    """Option A shortcut: every `stride`-th pixel, and zeros for the new channels.

    He et al. 2015, sec. 3.3: [N, C, H, W] -> [N, C + extra_channels, ceil(H/s), ceil(W/s)].
    """

    def __init__(self, extra_channels: int, stride: int) -> None:
        super().__init__()
        self.extra_channels, self.stride = extra_channels, stride

    def forward(self, x: Tensor) -> Tensor:
        subsampled = x[:, :, :: self.stride, :: self.stride]
        return functional.pad(subsampled, (0, 0, 0, 0, 0, self.extra_channels))

    def extra_repr(self) -> str:
        return f"extra_channels={self.extra_channels}, stride={self.stride}"


class GlobalAveragePool(nn.Module):
    """Mean over all pixels: [N, C, H, W] -> [N, C]."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3))


class ResidualBlock(nn.Module):
    """y = act(F(x) + shortcut(x)): He et al. 2015, eq. 1 and 2."""

    def __init__(self, branch: nn.Module, shortcut: nn.Module, act: nn.Module) -> None:
        super().__init__()
        self.branch, self.shortcut, self.act = branch, shortcut, act

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.act(self.branch(x) + self.shortcut(x))
        return out


class PlainBlock(nn.Module):
    """y = act(F(x)): the same layers without the shortcut (He et al. 2015, sec. 3.3)."""

    def __init__(self, branch: nn.Module, act: nn.Module) -> None:
        super().__init__()
        self.branch, self.act = branch, act

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.act(self.branch(x))
        return out


class PreactivationBlock(nn.Module):
    """y = F(p(x)) + shortcut(x), where p is norm and activation: He et al. 2016, Fig. 4e."""

    def __init__(self, preactivation: nn.Module, branch: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.preactivation, self.branch, self.shortcut = preactivation, branch, shortcut

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.branch(self.preactivation(x)) + self.shortcut(x)
        return out


class SharedPreactivationBlock(PreactivationBlock):
    """y = F(p(x)) + shortcut(p(x)): a stage's first block where the shortcut is a projection."""

    def forward(self, x: Tensor) -> Tensor:
        p = self.preactivation(x)
        out: Tensor = self.branch(p) + self.shortcut(p)
        return out


class PlainPreactivationBlock(nn.Module):
    """y = F(p(x)): a pre-activation block without its shortcut."""

    def __init__(self, preactivation: nn.Module, branch: nn.Module) -> None:
        super().__init__()
        self.preactivation, self.branch = preactivation, branch

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.branch(self.preactivation(x))
        return out


def block(unit: Unit, config: ResNetConfig) -> nn.Module:
    """The module of a block's unit: [N, *unit.in_shape] -> [N, *unit.out_shape]."""
    branch = sequence(unit.part("branch"), config)
    shortcut = sequence(unit.part("shortcut"), config) if unit.part("shortcut") else nn.Identity()
    if config.activation_order == "original":
        act = ACTIVATIONS[config.activation]()
        if unit.shortcut == "none":
            return PlainBlock(branch, act)
        return ResidualBlock(branch, shortcut, act)
    preactivation = sequence(unit.part("preactivation"), config)
    if unit.shortcut == "none":
        return PlainPreactivationBlock(preactivation, branch)
    kind = SharedPreactivationBlock if _shares_preactivation(unit) else PreactivationBlock
    return kind(preactivation, branch, shortcut)


def _shares_preactivation(unit: Unit) -> bool:
    path = unit.part("shortcut")
    return bool(path) and path[0].inputs == unit.part("branch")[0].inputs


def sequence(operations: Sequence[Operation], config: ResNetConfig) -> nn.Sequential:
    """Operations one after the other, under the last part of their names."""
    named = [(o.name.rpartition(".")[2], layer(o, config)) for o in operations]
    return nn.Sequential(OrderedDict(named))


def layer(operation: Operation, config: ResNetConfig) -> nn.Module:  # noqa: PLR0911
    """The torch module of one operation (an addition has none: it stands in a forward)."""
    before, after = operation.in_shape[0], operation.out_shape[0]
    match operation.kind:
        case "conv":
            return _conv(operation)
        case "norm":
            return nn.BatchNorm2d(after)
        case "activation":
            return ACTIVATIONS[config.activation]()
        case "max_pool":
            return nn.MaxPool2d(operation.kernel, operation.stride, operation.padding)
        case "zero_pad":
            return ZeroPad(after - before, operation.stride)
        case "global_avg_pool":
            return GlobalAveragePool()
        case "linear":
            return nn.Linear(before, after)
    raise AssertionError(operation.kind)


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
