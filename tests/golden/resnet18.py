"""resnet18: He et al. 2015, arXiv:1512.03385, Table 1; stride on the 3x3 as in
torchvision.models.resnet.

Weights start as PyTorch draws them. With those of resnet_viz.build_resnet(config), by
load_state_dict, the outputs are the same to the last bit.
The config, beyond ResNetConfig's defaults: {"depths": [2, 2, 2, 2]}
"""

from collections import OrderedDict

from torch import Tensor, nn


class GlobalAveragePool(nn.Module):
    """Mean over all pixels: [N, C, H, W] -> [N, C]."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3))


class ResidualBlock(nn.Module):
    """y = after(F(x) + shortcut(x)): He et al. 2015, eq. 1 and 2."""

    def __init__(self, branch: nn.Module, shortcut: nn.Module, after: nn.Module) -> None:
        super().__init__()
        self.branch, self.shortcut, self.after = branch, shortcut, after

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.after(self.branch(x) + self.shortcut(x))
        return out


def sequence(**layers: nn.Module) -> nn.Sequential:
    """Layers in a row, by name."""
    return nn.Sequential(OrderedDict(layers))


def branch(channels: int, out_channels: int, stride: int = 1) -> nn.Sequential:
    """F, a block's branch: [N, channels, H, W] -> [N, out_channels, H/stride, W/stride]."""
    return sequence(
        conv1=nn.Conv2d(channels, out_channels, 3, stride=stride, padding=1, bias=False),
        norm1=nn.BatchNorm2d(out_channels),
        act1=nn.ReLU(),
        conv2=nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False),
        norm2=nn.BatchNorm2d(out_channels),
    )


def identity_block(channels: int, out_channels: int) -> nn.Module:
    """A block: [N, channels, H, W] -> [N, out_channels, H, W]."""
    return ResidualBlock(
        branch=branch(channels, out_channels), shortcut=nn.Identity(), after=nn.ReLU()
    )


def projection_block(channels: int, out_channels: int, stride: int = 1) -> nn.Module:
    """A block: [N, channels, H, W] -> [N, out_channels, H/stride, W/stride]."""
    return ResidualBlock(
        branch=branch(channels, out_channels, stride),
        shortcut=sequence(
            conv=nn.Conv2d(channels, out_channels, 1, stride=stride, bias=False),
            norm=nn.BatchNorm2d(out_channels),
        ),
        after=nn.ReLU(),
    )


class ResNet(nn.Module):
    """Stem, stages of blocks, head: [N, 3, 224, 224] -> logits [N, 1000]."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = sequence(
            conv=nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False),
            norm=nn.BatchNorm2d(64),
            act=nn.ReLU(),
            pool=nn.MaxPool2d(3, stride=2, padding=1),
        )
        self.stages = nn.Sequential(
            nn.Sequential(*(identity_block(64, 64) for _ in range(2))),
            nn.Sequential(projection_block(64, 128, stride=2), identity_block(128, 128)),
            nn.Sequential(projection_block(128, 256, stride=2), identity_block(256, 256)),
            nn.Sequential(projection_block(256, 512, stride=2), identity_block(512, 512)),
        )
        self.head = sequence(pool=GlobalAveragePool(), linear=nn.Linear(512, 1000))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(self.stages(self.stem(x)))
        return out
