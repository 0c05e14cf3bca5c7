"""A forward pass block by block, and the gradient of the loss where the last block ends."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_viz.nets.block_parts import Opened, opened
from resnet_viz.nets.network import ResNet


def blocks_of(network: ResNet) -> list[nn.Module]:
    """All blocks, from input to output."""
    return [block for stage in network.stages for block in _children(stage)]


def _children(stage: nn.Module) -> Iterator[nn.Module]:
    return stage.children()


def outputs(network: ResNet, images: Tensor) -> Iterator[Tensor]:
    """What the stem gives, and then each block."""
    x = network.stem(images)
    yield x
    for block in blocks_of(network):
        x = block(x)
        yield x


def opened_blocks(network: ResNet, images: Tensor, labels: Tensor) -> tuple[list[Opened], Tensor]:
    """Each block, taken apart where the images pass it, and the loss's gradient by the output of
    the last."""
    with torch.no_grad():
        x = network.stem(images)
    found: list[Opened] = []
    for block in blocks_of(network):
        found.append(opened(block, x))
        x = found[-1].paths.output.detach()
    end = x.requires_grad_()
    loss = functional.cross_entropy(network.head(end), labels)
    return found, torch.autograd.grad(loss, end)[0]
