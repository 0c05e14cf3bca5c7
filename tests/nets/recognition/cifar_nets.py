"""Nets for CIFAR as four well-known repositories name and lay their layers, written anew."""

from __future__ import annotations

from typing import cast

import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


class Padded(nn.Module):
    """Every second pixel, and zeros on both sides of the channels or after them."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.channels = (before, after)

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, *self.channels))


def _conv3(before: int, after: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(before, after, 3, stride, 1, bias=False)


class BasicOfNames(nn.Module):
    """conv1, bn1, conv2, bn2 and a path called as the repository calls it."""

    def __init__(self, before: int, width: int, stride: int, path: str, pad: str = "") -> None:
        super().__init__()
        self.conv1, self.bn1 = _conv3(before, width, stride), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = _conv3(width, width), nn.BatchNorm2d(width)
        self.path = path
        shortcut: nn.Module = nn.Sequential()
        if before != width and pad:
            extra = width - before
            shortcut = Padded(extra // 2, extra // 2) if pad == "around" else Padded(0, extra)
        elif before != width:
            shortcut = nn.Sequential(
                nn.Conv2d(before, width, 1, stride, bias=False), nn.BatchNorm2d(width)
            )
        setattr(self, path, shortcut)

    def forward(self, x: Tensor) -> Tensor:
        out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(out + getattr(self, self.path)(x))


class CifarNet(nn.Module):
    """conv1, bn1, layer1 to layer3 or 4, and a classifier."""

    def __init__(
        self, *, widths: tuple[int, ...], path: str, head: str, pad: str = "", pool: int = 0
    ) -> None:
        super().__init__()
        self.conv1, self.bn1 = _conv3(3, widths[0]), nn.BatchNorm2d(widths[0])
        before = widths[0]
        for number, width in enumerate(widths, start=1):
            first = BasicOfNames(before, width, 1 if number == 1 else 2, path, pad)
            second = BasicOfNames(width, width, 1, path, pad)
            setattr(self, f"layer{number}", nn.Sequential(first, second))
            before = width
        self.stages, self.head, self.pool = len(widths), head, pool
        setattr(self, head, nn.Linear(before, 10))

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv1(x)))
        for number in range(1, self.stages + 1):
            out = getattr(self, f"layer{number}")(out)
        # kuangliu's nets take images of 32 pixels alone.
        out = F.avg_pool2d(out, self.pool or out.shape[-1]).flatten(1)
        logits: Tensor = getattr(self, self.head)(out)
        return logits


class SequentialBlock(nn.Module):
    """weiaicunzai's: the branch in one Sequential, the path in another."""

    def __init__(self, before: int, width: int, stride: int, expansion: int) -> None:
        super().__init__()
        out = width * expansion
        layers: list[nn.Module] = [_conv3(before, width, stride), nn.BatchNorm2d(width)]
        last = _conv3(width, out)
        if expansion > 1:
            layers = [nn.Conv2d(before, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            layers += [_conv3(width, width, stride), nn.BatchNorm2d(width)]
            last = nn.Conv2d(width, out, 1, bias=False)
        self.residual_function = nn.Sequential(*layers, nn.ReLU(), last, nn.BatchNorm2d(out))
        self.shortcut = nn.Sequential()
        if stride != 1 or before != out:
            self.shortcut = nn.Sequential(
                nn.Conv2d(before, out, 1, stride, bias=False), nn.BatchNorm2d(out)
            )

    def forward(self, x: Tensor) -> Tensor:
        return nn.ReLU()(self.residual_function(x) + self.shortcut(x))


class SequentialNet(nn.Module):
    """weiaicunzai's: conv1 as a Sequential, then conv2_x to conv5_x."""

    def __init__(self, expansion: int) -> None:
        super().__init__()
        self.conv1 = nn.Sequential(_conv3(3, 16), nn.BatchNorm2d(16), nn.ReLU())
        before = 16
        for number, width in enumerate((16, 32, 64, 128)):
            blocks = []
            for stride in (1 if number == 0 else 2, 1):
                blocks.append(SequentialBlock(before, width, stride, expansion))
                before = width * expansion
            setattr(self, f"conv{number + 2}_x", nn.Sequential(*blocks))
        self.avg_pool, self.fc = nn.AdaptiveAvgPool2d((1, 1)), nn.Linear(before, 100)

    def forward(self, x: Tensor) -> Tensor:
        out = self.conv1(x)
        for number in range(2, 6):
            out = getattr(self, f"conv{number}_x")(out)
        logits: Tensor = self.fc(self.avg_pool(out).flatten(1))
        return logits


class OneLayer(nn.Module):
    """Blocks of one convolution, the first of stage 2 with a projection, by modules' names."""

    def __init__(self, conv: str = "conv1", norm: str = "bn1", path: str = "downsample") -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 8, 3, 1, 1, bias=False), nn.BatchNorm2d(8)
        names = conv, norm, path
        self.layer1 = nn.Sequential(_OneLayerBlock(8, 8, *names), _OneLayerBlock(8, 8, *names))
        self.layer2 = nn.Sequential(_OneLayerBlock(8, 16, *names), _OneLayerBlock(16, 16, *names))
        self.fc = nn.Linear(16, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x)))))
        return cast(Tensor, self.fc(x.mean((2, 3))))


class _OneLayerBlock(nn.Module):
    def __init__(self, before: int, width: int, *names: str) -> None:
        super().__init__()
        stride, self._names = width // before, names
        conv = nn.Conv2d(before, width, 3, stride, 1, bias=False)
        path = nn.Conv2d(before, width, 1, stride, bias=False)
        sides = conv, nn.BatchNorm2d(width), nn.Sequential(path, nn.BatchNorm2d(width))
        for name, module in list(zip(names, sides, strict=True))[: 2 if stride == 1 else 3]:
            setattr(self, name, module)

    def forward(self, x: Tensor) -> Tensor:
        conv, norm, path = (getattr(self, name, nn.Identity()) for name in self._names)
        return F.relu(norm(conv(x)) + path(x))
