"""ResNet-20 bottleneck 16-24-48 avgpool_projection, depths 2-3-1, cardinality 4, group_width 16,
stem deep, shortcut_transform exclusive_gate, activation_order full_preactivation, downsample_at
last, norm group, activation silu, attention se, se_reduction 4, dropout 0.1, stochastic_depth 0.2,
residual_scale skipinit.

Weights start as PyTorch draws them. With those of resnet_viz.build_resnet(config), by
load_state_dict, the outputs are the same to the last bit.
The config, beyond ResNetConfig's defaults: {"block": "bottleneck", "depths": [2, 3, 1], "widths":
[16, 24, 48], "cardinality": 4, "group_width": 16, "stem": "deep", "shortcut": "avgpool_projection",
"shortcut_transform": "exclusive_gate", "activation_order": "full_preactivation", "downsample_at":
"last", "norm": "group", "activation": "silu", "attention": "se", "se_reduction": 4, "dropout": 0.1,
"stochastic_depth": 0.2, "residual_scale": "skipinit", "num_classes": 10, "image_size": 32}
"""

from collections import OrderedDict
from math import gcd

import torch
from torch import Tensor, nn


class GlobalAveragePool(nn.Module):
    """Mean over all pixels: [N, C, H, W] -> [N, C]."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3))


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


def sequence(**layers: nn.Module) -> nn.Sequential:
    """Layers in a row, by name."""
    return nn.Sequential(OrderedDict(layers))


def branch(channels: int, width: int, out_channels: int, n: int, stride: int = 1) -> nn.Sequential:
    """F, a block's branch: [N, channels, H, W] -> [N, out_channels, H/stride, W/stride]."""
    return sequence(
        conv1=nn.Conv2d(channels, width, 1, bias=False),
        norm2=nn.GroupNorm(gcd(32, width), width),
        act2=nn.SiLU(),
        dropout2=nn.Dropout(0.1),
        conv2=nn.Conv2d(width, width, 3, stride=stride, padding=1, groups=4, bias=False),
        norm3=nn.GroupNorm(gcd(32, width), width),
        act3=nn.SiLU(),
        dropout3=nn.Dropout(0.1),
        conv3=nn.Conv2d(width, out_channels, 1, bias=False),
        se=SqueezeExcitation(out_channels, max(1, out_channels // 4)),
        skipinit=SkipInit(),
        stochastic_depth=StochasticDepth(0.2 * n / 6),
    )


def shared_projection_block(channels: int, width: int, out_channels: int, n: int) -> nn.Module:
    """A block: [N, channels, H, W] -> [N, out_channels, H, W]."""
    return SharedPreactivationBlock(
        preactivation=sequence(norm=nn.GroupNorm(gcd(32, channels), channels), act=nn.SiLU()),
        branch=branch(channels, width, out_channels, n),
        shortcut=sequence(conv=nn.Conv2d(channels, out_channels, 1, bias=False)),
    )


def projection_block(
    channels: int, width: int, out_channels: int, n: int, stride: int = 1
) -> nn.Module:
    """A block: [N, channels, H, W] -> [N, out_channels, H/stride, W/stride]."""
    return PreactivationBlock(
        preactivation=sequence(norm=nn.GroupNorm(gcd(32, channels), channels), act=nn.SiLU()),
        branch=branch(channels, width, out_channels, n, stride),
        shortcut=sequence(
            pool=nn.AvgPool2d(stride, ceil_mode=True, count_include_pad=False),
            conv=nn.Conv2d(channels, out_channels, 1, bias=False),
        ),
    )


def exclusive_gate_block(channels: int, width: int, out_channels: int, n: int) -> nn.Module:
    """A block: [N, channels, H, W] -> [N, out_channels, H, W]."""
    return ExclusiveGateBlock(
        gate=sequence(conv=nn.Conv2d(channels, out_channels, 1), sigmoid=nn.Sigmoid()),
        preactivation=sequence(norm=nn.GroupNorm(gcd(32, channels), channels), act=nn.SiLU()),
        branch=branch(channels, width, out_channels, n),
        after=nn.Identity(),
    )


class ResNet(nn.Module):
    """Stem, stages of blocks, head: [N, 3, 32, 32] -> logits [N, 10]."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = sequence(
            conv1=nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False),
            norm1=nn.GroupNorm(8, 8),
            act1=nn.SiLU(),
            conv2=nn.Conv2d(8, 8, 3, padding=1, bias=False),
            norm2=nn.GroupNorm(8, 8),
            act2=nn.SiLU(),
            conv3=nn.Conv2d(8, 16, 3, padding=1, bias=False),
            pool=nn.MaxPool2d(3, stride=2, padding=1),
        )
        self.stages = nn.Sequential(
            nn.Sequential(
                shared_projection_block(16, 16, 64, 1), projection_block(64, 16, 64, 2, stride=2)
            ),
            nn.Sequential(
                shared_projection_block(64, 24, 96, 3),
                exclusive_gate_block(96, 24, 96, 4),
                projection_block(96, 24, 96, 5, stride=2),
            ),
            nn.Sequential(shared_projection_block(96, 48, 192, 6)),
        )
        self.head = sequence(
            norm=nn.GroupNorm(32, 192),
            act=nn.SiLU(),
            pool=GlobalAveragePool(),
            linear=nn.Linear(192, 10),
        )

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(self.stages(self.stem(x)))
        return out
