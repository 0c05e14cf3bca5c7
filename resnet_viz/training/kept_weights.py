"""Weights before an update, and what the update was, in one copy that is made once.

Weights are read from memory where a CPU's cache does not hold all of them: what is done to them is
then done piece by piece, so that each piece is fetched once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from resnet_viz.tensor_stats.norms import Tensors, norm_of_parts

_PIECE = 1 << 16
"""Numbers of which a CPU core's cache holds a few times as many: 256 KB of float32."""
_FEW = 1 << 20
"""Weights that the cache holds as they are: all together take fewer calls."""


class KeptWeights:
    """The `weights` of a net, each with a copy that lies in memory as it does."""

    def __init__(self, weights: Sequence[Tensor]) -> None:
        self._weights = list(weights)
        self._make_room()

    def keep(self) -> Tensors:
        """The copies, which are now what the weights are."""
        pairs = zip(self._copies, self._weights, strict=True)
        if any(c.device != w.device or c.dtype != w.dtype for c, w in pairs):
            self._make_room()  # the model was moved
        if not self._is_by_piece:
            torch._foreach_copy_(self._copies, self._weights)
            return Tensors(self._copies)
        return self._changed(torch.Tensor.copy_)

    def update(self) -> Tensors:
        """What was kept less what the weights are now, in the room of what was kept."""
        if not self._is_by_piece:
            torch._foreach_sub_(self._copies, self._weights)
            return Tensors(self._copies)
        return self._changed(torch.Tensor.sub_)

    def _make_room(self) -> None:
        self._copies = [torch.empty_like(w, requires_grad=False) for w in self._weights]
        is_host = all(weight.device.type == "cpu" for weight in self._weights)
        self._is_by_piece = is_host and sum(w.numel() for w in self._weights) > _FEW

    def _changed(self, change: Callable[[Tensor, Tensor], Tensor]) -> Tensors:
        """The copies changed piece by piece, with the norms of what has become of them."""
        norms = [
            norm_of_parts(change(c, w) for c, w in _pieces(copy, weight.detach()))
            for copy, weight in zip(self._copies, self._weights, strict=True)
        ]
        return Tensors(self._copies, known_norms=norms)


def _pieces(copy: Tensor, weight: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Two tensors that lie in memory alike, in pieces of both."""
    strides = copy.stride()
    order = sorted(range(copy.dim()), key=lambda i: (-strides[i], i))
    flat = [one.permute(order) for one in (copy, weight)]
    if not all(one.is_contiguous() for one in flat):
        return iter([(copy, weight)])
    return zip(*(torch.split(one.view(-1), _PIECE) for one in flat), strict=True)
