"""What is measured each step: norms of gradients, weights and updates, by weighted layer."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class LayerProbes:
    """Per-layer norms [L] by fused multi-tensor operations; nothing leaves the device.

    Call `before_update` between backward and the optimiser's step, `after_update` after it. The
    layers are in the order of `weights`. The weights before the update are copied into buffers
    that are made once.
    """

    def __init__(self, weights: Sequence[Tensor]) -> None:
        self._weights = list(weights)
        self._before = [torch.empty_like(weight, requires_grad=False) for weight in weights]
        self._weight_norms = torch.empty(len(self._weights))

    @torch.no_grad()
    def before_update(self) -> tuple[Tensor, Tensor]:
        """Norms of the gradients, and norms of the weights."""
        torch._foreach_copy_(self._before, self._weights)
        self._weight_norms = torch.stack(torch._foreach_norm(self._before))
        gradients = [_gradient(weight) for weight in self._weights]
        return torch.stack(torch._foreach_norm(gradients)), self._weight_norms

    @torch.no_grad()
    def after_update(self) -> Tensor:
        """Norms of W_after - W_before over the norms of W_before."""
        torch._foreach_sub_(self._before, self._weights)
        return torch.stack(torch._foreach_norm(self._before)) / self._weight_norms


def _gradient(weight: Tensor) -> Tensor:
    assert weight.grad is not None, "every weighted layer is on a path to the loss"
    return weight.grad


def layer_weights(net: nn.Module, layer_names: Sequence[str]) -> list[Tensor]:
    """The kernel or matrix of each weighted layer; biases are left out."""
    return [net.get_parameter(f"{name}.weight") for name in layer_names]
