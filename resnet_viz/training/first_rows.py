"""The features of a minibatch's first images, where it comes in parts."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

MOST_NUMBERS = 1 << 16
"""Numbers of an image that are kept for what comes after: at 64 images 17 MB of float32."""


class _Rows(NamedTuple):
    tensor: Tensor
    version: int

    def fits(self, other: Tensor) -> bool:
        """Whether they are as they passed, and of images as large as the others'."""
        is_alike = self.tensor.shape[1:] == other.shape[1:]
        return is_alike and self.tensor._version == self.version


class FirstRows:
    """The first `most` rows of what passes at each name, over the passes of one step.

    They are not copied: what autograd keeps anyway costs no memory until its pass is over. What is
    changed in place meanwhile is not taken for what it was.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._parts: dict[str, dict[int, _Rows]] = {}

    def clear(self) -> None:
        """Forget all."""
        self._parts.clear()

    def with_those_before(self, name: str, number: int, tensors: Tensor) -> Tensor | None:
        """The first rows of the passes up to this, `number`, together.

        None where that are those of this pass alone, or those before cannot be had any more: they
        are enough, too large to be kept, of another size, or were changed.
        """
        parts = self._parts.setdefault(name, {})
        before = [rows for place, rows in parts.items() if place < number]
        had = sum(len(rows.tensor) for rows in before)
        if tensors.dim() < 2 or had >= self._most or tensors[0].numel() > MOST_NUMBERS:
            return None
        mine = tensors[: self._most - had]
        parts[number] = _Rows(mine, mine._version)
        if not before or not all(rows.fits(mine) for rows in before):
            return None
        return torch.cat([*(rows.tensor for rows in before), mine])
