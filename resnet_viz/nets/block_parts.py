"""Block passes: a block run with a separate input for each of its two paths."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from resnet_viz.nets.blocks import (
    ExclusiveGateBlock,
    PlainBlock,
    PlainPreactivationBlock,
    PreactivationBlock,
    ResidualBlock,
    SharedPreactivationBlock,
    ShortcutOnlyGateBlock,
)


class Paths(NamedTuple):
    """The two summands of a block (shortcut None: there is none), and the output it passes on."""

    branch: Tensor
    shortcut: Tensor | None
    output: Tensor


def paths(block: nn.Module, to_branch: Tensor, to_shortcut: Tensor) -> Paths:
    """The block's forward with an input for each path; the same for both gives the block's output.

    A gate counts to the shortcut (as in training/hooks.py), a shared pre-activation to both.
    """
    after = _after(block)
    match block:
        case ShortcutOnlyGateBlock():
            gate = block.gate(to_shortcut)
            branch = block.branch(block.preactivation(to_branch))
            if isinstance(block, ExclusiveGateBlock):
                branch = gate * branch
            shortcut = (1 - gate) * to_shortcut
        case SharedPreactivationBlock():
            branch = block.branch(block.preactivation(to_branch))
            shortcut = block.shortcut(block.preactivation(to_shortcut))
        case PreactivationBlock():
            branch = block.branch(block.preactivation(to_branch))
            shortcut = block.shortcut(to_shortcut)
        case ResidualBlock():
            branch, shortcut = block.branch(to_branch), block.shortcut(to_shortcut)
        case PlainPreactivationBlock():
            branch = block.branch(block.preactivation(to_branch))
            return Paths(branch, None, branch)
        case PlainBlock():
            branch = block.branch(to_branch)
            return Paths(branch, None, after(branch))
        case _:
            raise TypeError(f"{type(block).__name__} is no block of ours")
    return Paths(branch, shortcut, after(branch + shortcut))


def without_branch(block: nn.Module, x: Tensor) -> Tensor | None:
    """The output of a block whose branch is cut: what its shortcut passes on.

    Of a plain block its input, where it fits what follows; None where nothing can be left.
    """
    split = paths(block, x, x)
    if split.shortcut is None:
        return x if x.shape == split.output.shape else None
    left: Tensor = _after(block)(split.shortcut)
    return left


def _after(block: nn.Module) -> nn.Module:
    """What follows the addition."""
    module = getattr(block, "after", None)
    return module if isinstance(module, nn.Module) else nn.Identity()


class BlockPass(NamedTuple):
    """A block after a forward pass, with separate leaf tensors as the inputs of its paths."""

    to_branch: Tensor
    to_shortcut: Tensor
    paths: Paths

    def products(self, gradient: Tensor) -> tuple[Tensor, Tensor | None]:
        """The two parts of the gradient at the block's input, given the gradient at its output:
        through the branch and through the shortcut (None: there is none)."""
        if self.paths.shortcut is None:
            return self.through_branch(gradient), None
        branch, shortcut = self._through(gradient, self.to_branch, self.to_shortcut)
        return branch, shortcut

    def through_branch(self, gradient: Tensor) -> Tensor:
        """The part of the gradient through the branch alone."""
        return self._through(gradient, self.to_branch)[0]

    def through_shortcut(self, gradient: Tensor) -> Tensor:
        """The part of the gradient through the shortcut alone."""
        return self._through(gradient, self.to_shortcut)[0]

    def _through(self, gradient: Tensor, *inputs: Tensor) -> tuple[Tensor, ...]:
        return torch.autograd.grad(self.paths.output, inputs, gradient, retain_graph=True)


def block_pass(block: nn.Module, x: Tensor) -> BlockPass:
    """The pass of `block` at `x`, ready for the gradients of its paths."""
    to_branch, to_shortcut = (x.detach().requires_grad_() for _ in range(2))
    return BlockPass(to_branch, to_shortcut, paths(block, to_branch, to_shortcut))
