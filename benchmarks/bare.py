"""A bare PyTorch script that does the work of one contestant, without this project.

python bare.py residual|plain STEPS: a CIFAR ResNet-56 with zero-padded shortcuts, or its plain
twin, on scikit-learn's digits; the same optimiser, batch size, memory format and threads. It
prints as JSON when its first step was over, in seconds since the epoch, and how long one of the
steps after it took: imports and building are in the one and not in the other.
"""

from __future__ import annotations

import json
import sys
import time

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional


class Block(nn.Module):
    def __init__(self, channels: int, width: int, stride: int, *, residual: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.stride, self.more, self.residual = stride, width - channels, residual

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm2(self.conv2(functional.relu(self.norm1(self.conv1(x)))))
        if self.residual:
            y = y + self.shortcut(x)
        return functional.relu(y)

    def shortcut(self, x: Tensor) -> Tensor:
        if not self.more:
            return x
        return functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.more))


def make_net(*, residual: bool) -> nn.Module:
    layers: list[nn.Module] = [nn.Conv2d(1, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    channels = 16
    for width in (16, 32, 64):
        for _ in range(9):
            stride = 2 if width > channels else 1
            layers.append(Block(channels, width, stride, residual=residual))
            channels = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def main(kind: str, steps: int) -> None:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    torch.manual_seed(0)
    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
    labels = torch.tensor(digits.target)
    net = make_net(residual=kind == "residual").to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    order = torch.cat([torch.randperm(len(images)) for _ in range(1 + steps * 64 // len(images))])
    ends = []
    for batch in order.split(64)[:steps]:  # type: ignore[no-untyped-call]
        x = images[batch].to(memory_format=torch.channels_last)
        optimizer.zero_grad()
        loss = functional.cross_entropy(net(x), labels[batch])
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        loss.item()
        ends.append(time.time())
    print(json.dumps({"first": ends[0], "step": (ends[-1] - ends[0]) / (steps - 1)}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
