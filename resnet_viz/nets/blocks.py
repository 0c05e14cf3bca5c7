"""Blocks: each forward reads like the equation in the paper. All are built from the plan's units.

F is the residual branch, p what comes before it and `after` what follows the addition (He et al.
2016, Fig. 4); where a config has none of them they are identities. The classes here and in
layers.py stand as they are in the files that views/source writes: they need torch alone.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from inspect import signature
from itertools import groupby

from torch import Tensor, nn

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.operations import Operation, Unit
from resnet_viz.nets.kinds import STANDING_IN_A_FORWARD, block_class
from resnet_viz.nets.layers import EfficientChannelAttention, SqueezeExcitation, layer


class ResidualBlock(nn.Module):
    """y = after(F(x) + shortcut(x)): He et al. 2015, eq. 1 and 2."""

    def __init__(self, branch: nn.Module, shortcut: nn.Module, after: nn.Module) -> None:
        super().__init__()
        self.branch, self.shortcut, self.after = branch, shortcut, after

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.after(self.branch(x) + self.shortcut(x))
        return out


class PlainBlock(nn.Module):
    """y = after(F(x)): the same layers without the shortcut (He et al. 2015, sec. 3.3)."""

    def __init__(self, branch: nn.Module, after: nn.Module) -> None:
        super().__init__()
        self.branch, self.after = branch, after

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.after(self.branch(x))
        return out


class PreactivationBlock(nn.Module):
    """y = F(p(x)) + shortcut(x): He et al. 2016, Fig. 4d and e."""

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


class ShortcutOnlyGateBlock(nn.Module):
    """y = after(F(p(x)) + (1 - g(x)) x): He et al. 2016, Fig. 2d."""

    def __init__(
        self, gate: nn.Module, preactivation: nn.Module, branch: nn.Module, after: nn.Module
    ) -> None:
        super().__init__()
        self.gate, self.preactivation = gate, preactivation
        self.branch, self.after = branch, after

    def forward(self, x: Tensor) -> Tensor:
        g = self.gate(x)
        out: Tensor = self.after(self.branch(self.preactivation(x)) + (1 - g) * x)
        return out


class ExclusiveGateBlock(ShortcutOnlyGateBlock):
    """y = after(g(x) F(p(x)) + (1 - g(x)) x): He et al. 2016, Fig. 2c."""

    def forward(self, x: Tensor) -> Tensor:
        g = self.gate(x)
        out: Tensor = self.after(g * self.branch(self.preactivation(x)) + (1 - g) * x)
        return out


_KINDS: Mapping[str, type[nn.Module]] = {
    kind.__name__: kind
    for kind in (
        ResidualBlock,
        PlainBlock,
        PreactivationBlock,
        SharedPreactivationBlock,
        PlainPreactivationBlock,
        ShortcutOnlyGateBlock,
        ExclusiveGateBlock,
    )
}


def block(unit: Unit, config: ResNetConfig, drop_rate: float = 0.0) -> nn.Module:
    """The module of a block's unit: [N, *unit.in_shape] -> [N, *unit.out_shape]."""
    kind = _KINDS[block_class(unit)]
    parts: dict[str, nn.Module] = {}
    for name in signature(kind).parameters:
        laid = unit.part(name)
        parts[name] = sequence(laid, config, drop_rate, f"{name}.") if laid else nn.Identity()
    return kind(**parts)


def sequence(
    operations: Sequence[Operation], config: ResNetConfig, drop_rate: float = 0.0, prefix: str = ""
) -> nn.Sequential:
    """Operations one after the other, under their names less `prefix`."""
    modules: OrderedDict[str, nn.Module] = OrderedDict()
    alone = [o for o in operations if o.kind not in STANDING_IN_A_FORWARD or o.attention]
    for name, group in groupby(alone, lambda o: o.name.removeprefix(prefix).partition(".")[0]):
        members = tuple(group)
        if name == "se":
            widths = {o.name.rpartition(".")[2]: o.out_shape[0] for o in members}
            modules[name] = SqueezeExcitation(widths["expand"], widths["reduce"])
        elif name == "eca":
            modules[name] = EfficientChannelAttention(max(o.kernel for o in members))
        else:
            modules[name] = layer(members[0], config, drop_rate)
    return nn.Sequential(modules)
