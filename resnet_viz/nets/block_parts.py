"""A block taken apart: its two paths with an input each."""

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
    """What the branch and the shortcut of a block add up (None: there is no shortcut), and what
    the block passes on."""

    branch: Tensor
    shortcut: Tensor | None
    output: Tensor


def paths(block: nn.Module, to_branch: Tensor, to_shortcut: Tensor) -> Paths:
    """The block's forward with an input for each path; with the same for both it is the block's.

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
    """What is left of a block whose branch is cut: what its shortcut passes on.

    Of a plain block its input, where it fits what follows; None where nothing can be left.
    """
    split = paths(block, x, x)
    if split.shortcut is None:
        return x if x.shape == split.output.shape else None
    left: Tensor = _after(block)(split.shortcut)
    return left


def _after(block: nn.Module) -> nn.Module:
    """What follows the addition."""
    found = getattr(block, "after", None)
    return found if isinstance(found, nn.Module) else nn.Identity()


class Opened(NamedTuple):
    """A block after a forward pass, with leaves of its own as the inputs of its paths."""

    to_branch: Tensor
    to_shortcut: Tensor
    paths: Paths

    def products(self, gradient: Tensor) -> tuple[Tensor, Tensor | None]:
        """The parts of the gradient at the block's input, given that at its output: through the
        branch and through the shortcut (None: there is none)."""
        if self.paths.shortcut is None:
            return self.through_branch(gradient), None
        inputs = (self.to_branch, self.to_shortcut)
        branch, shortcut = torch.autograd.grad(
            self.paths.output, inputs, gradient, retain_graph=True
        )
        return branch, shortcut

    def through_branch(self, gradient: Tensor) -> Tensor:
        """The part through the branch alone."""
        return torch.autograd.grad(self.paths.output, self.to_branch, gradient, retain_graph=True)[
            0
        ]

    def through_shortcut(self, gradient: Tensor) -> Tensor:
        """The part through the shortcut alone."""
        return torch.autograd.grad(
            self.paths.output, self.to_shortcut, gradient, retain_graph=True
        )[0]


def opened(block: nn.Module, x: Tensor) -> Opened:
    """`block` at `x`, ready for the gradients of its paths."""
    to_branch, to_shortcut = (x.detach().requires_grad_() for _ in range(2))
    return Opened(to_branch, to_shortcut, paths(block, to_branch, to_shortcut))
