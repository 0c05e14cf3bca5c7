"""resnet18: He et al. 2015, arXiv:1512.03385, Table 1; stride on the 3x3 as in
torchvision.models.resnet.

Weights start as PyTorch draws them. With those of resnet_viz.build_resnet(config), by
load_state_dict, the outputs are the same to the last bit.
The config, beyond ResNetConfig's defaults: {"depths": [2, 2, 2, 2]}
"""

from collections import OrderedDict

from torch import Tensor, nn


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


class IdentityBlock(nn.Module):
    """y = after(F(x) + x): He et al. 2015, eq. 1."""

    def __init__(self, channels: int, out_channels: int) -> None:
        super().__init__()
        self.branch = branch(channels, out_channels)
        self.after = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.after(self.branch(x) + x)
        return out


class ProjectionBlock(nn.Module):
    """y = after(F(x) + shortcut(x)): He et al. 2015, eq. 2."""

    def __init__(self, channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.branch = branch(channels, out_channels, stride)
        self.shortcut = sequence(
            conv=nn.Conv2d(channels, out_channels, 1, stride=stride, bias=False),
            norm=nn.BatchNorm2d(out_channels),
        )
        self.after = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.after(self.branch(x) + self.shortcut(x))
        return out


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
            nn.Sequential(*(IdentityBlock(64, 64) for _ in range(2))),
            nn.Sequential(ProjectionBlock(64, 128, stride=2), IdentityBlock(128, 128)),
            nn.Sequential(ProjectionBlock(128, 256, stride=2), IdentityBlock(256, 256)),
            nn.Sequential(ProjectionBlock(256, 512, stride=2), IdentityBlock(512, 512)),
        )
        self.head = sequence(
            pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(), linear=nn.Linear(512, 1000)
        )

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(self.stages(self.stem(x)))
        return out
