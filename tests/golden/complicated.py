"""ResNet-20 bottleneck 16-24-48 avgpool_projection.

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


def sequence(**layers: nn.Module) -> nn.Sequential:
    """Layers in a row, by name."""
    return nn.Sequential(OrderedDict(layers))


class SqueezeExcitation(nn.Module):
    """x * sigmoid(W2 relu(W1 mean(x))): Hu et al. 2018, eq. 3 and 4."""

    def __init__(self, channels: int, reduced: int) -> None:
        super().__init__()
        self.reduce, self.expand = nn.Linear(channels, reduced), nn.Linear(reduced, channels)

    def forward(self, x: Tensor) -> Tensor:
        weights: Tensor = self.expand(self.reduce(x.mean((2, 3))).relu()).sigmoid()
        return x * weights[:, :, None, None]


class SkipInit(nn.Module):
    """alpha x, alpha learned from 0: De & Smith 2020."""

    def __init__(self) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        return self.alpha * x


class StochasticDepth(nn.Module):
    """In training 0 at the rate of the n-th block, else x / (1 - rate): Huang et al. 2016."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.rate = 0.2 * n / 6

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        survives = torch.rand((), device=x.device) >= self.rate
        return x * (survives.to(x.dtype) / (1 - self.rate))


def group_norm(channels: int) -> nn.GroupNorm:
    """32 groups, fewer where the channels do not divide: Wu & He 2018."""
    return nn.GroupNorm(gcd(32, channels), channels)


def branch(channels: int, width: int, out_channels: int, n: int, stride: int = 1) -> nn.Sequential:
    """F, a block's branch: [N, channels, H, W] -> [N, out_channels, H/stride, W/stride]."""
    return sequence(
        conv1=nn.Conv2d(channels, width, 1, bias=False),
        norm2=group_norm(width),
        act2=nn.SiLU(),
        dropout2=nn.Dropout(0.1),
        conv2=nn.Conv2d(width, width, 3, stride=stride, padding=1, groups=4, bias=False),
        norm3=group_norm(width),
        act3=nn.SiLU(),
        dropout3=nn.Dropout(0.1),
        conv3=nn.Conv2d(width, out_channels, 1, bias=False),
        se=SqueezeExcitation(out_channels, max(1, out_channels // 4)),
        skipinit=SkipInit(),
        stochastic_depth=StochasticDepth(n),
    )


class ProjectionBlock(nn.Module):
    """y = F(p(x)) + shortcut(x): He et al. 2016, Fig. 4e."""

    def __init__(
        self, channels: int, width: int, out_channels: int, n: int, stride: int = 1
    ) -> None:
        super().__init__()
        self.preactivation = sequence(norm=group_norm(channels), act=nn.SiLU())
        self.branch = branch(channels, width, out_channels, n, stride)
        self.shortcut = sequence(
            pool=nn.AvgPool2d(stride, ceil_mode=True, count_include_pad=False),
            conv=nn.Conv2d(channels, out_channels, 1, bias=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.branch(self.preactivation(x)) + self.shortcut(x)
        return out


class SharedBlock(ProjectionBlock):
    """y = F(p) + shortcut(p), p = preactivation(x): He et al. 2016, Fig. 4e."""

    def forward(self, x: Tensor) -> Tensor:
        p = self.preactivation(x)
        out: Tensor = self.branch(p) + self.shortcut(p)
        return out


class GatedBlock(nn.Module):
    """y = g * F(p(x)) + (1 - g) * x, g = gate(x): He et al. 2016, Fig. 2c and 4e."""

    def __init__(self, channels: int, width: int, out_channels: int, n: int) -> None:
        super().__init__()
        self.gate = sequence(conv=nn.Conv2d(channels, out_channels, 1), sigmoid=nn.Sigmoid())
        self.preactivation = sequence(norm=group_norm(channels), act=nn.SiLU())
        self.branch = branch(channels, width, out_channels, n)

    def forward(self, x: Tensor) -> Tensor:
        g = self.gate(x)
        out: Tensor = g * self.branch(self.preactivation(x)) + (1 - g) * x
        return out


class ResNet(nn.Module):
    """Stem, stages of blocks, head: [N, 3, 32, 32] -> logits [N, 10]."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = sequence(
            conv1=nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False),
            norm1=group_norm(8),
            act1=nn.SiLU(),
            conv2=nn.Conv2d(8, 8, 3, padding=1, bias=False),
            norm2=group_norm(8),
            act2=nn.SiLU(),
            conv3=nn.Conv2d(8, 16, 3, padding=1, bias=False),
            pool=nn.MaxPool2d(3, stride=2, padding=1),
        )
        self.stages = nn.Sequential(
            nn.Sequential(SharedBlock(16, 16, 64, 1), ProjectionBlock(64, 16, 64, 2, stride=2)),
            nn.Sequential(
                SharedBlock(64, 24, 96, 3),
                GatedBlock(96, 24, 96, 4),
                ProjectionBlock(96, 24, 96, 5, stride=2),
            ),
            nn.Sequential(SharedBlock(96, 48, 192, 6)),
        )
        self.head = sequence(
            norm=group_norm(192),
            act=nn.SiLU(),
            pool=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            linear=nn.Linear(192, 10),
        )

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(self.stages(self.stem(x)))
        return out
