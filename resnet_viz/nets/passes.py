"""Passes through a whole net, block by block, and the loss's gradient at the end of the last."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_viz.nets.block_parts import BlockPass, block_pass
from resnet_viz.nets.network import ResNet


def blocks_of(network: ResNet) -> list[nn.Module]:
    """All blocks, from input to output."""
    return [block for stage in network.stages for block in stage.children()]


def outputs(network: ResNet, images: Tensor) -> Iterator[Tensor]:
    """The outputs of the stem and of each block, in order."""
    x = network.stem(images)
    yield x
    for block in blocks_of(network):
        x = block(x)
        yield x


def block_passes(network: ResNet, images: Tensor, labels: Tensor) -> tuple[list[BlockPass], Tensor]:
    """The pass of each block where the images run through it, and the loss's gradient by the output
    of the last."""
    with torch.no_grad():
        x = network.stem(images)
    passes: list[BlockPass] = []
    for block in blocks_of(network):
        passes.append(block_pass(block, x))
        x = passes[-1].paths.output.detach()
    end = x.requires_grad_()
    loss = functional.cross_entropy(network.head(end), labels)
    return passes, torch.autograd.grad(loss, end)[0]


@contextmanager
def eval_mode(net: nn.Module) -> Iterator[None]:
    """The net in evaluation mode; at the end each of its modules is in the mode that it was in."""
    modes = [(module, module.training) for module in net.modules()]
    net.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode
