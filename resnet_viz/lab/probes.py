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
        self._weight_norms = norms(self._before)
        gradients = [weight.grad for weight in self._weights if weight.grad is not None]
        assert len(gradients) == len(self._weights), "every weighted layer is on a path to the loss"
        return norms(gradients), self._weight_norms

    @torch.no_grad()
    def after_update(self) -> Tensor:
        """Norms of W_after - W_before over the norms of W_before."""
        torch._foreach_sub_(self._before, self._weights)
        return norms(self._before) / self._weight_norms


def layer_weights(net: nn.Module, layer_names: Sequence[str]) -> list[Tensor]:
    """The kernel or matrix of each weighted layer; biases are left out."""
    return [net.get_parameter(f"{name}.weight") for name in layer_names]


def norms(tensors: list[Tensor]) -> Tensor:
    """Euclidean norms [L] of float32 tensors on one device, right over all of float32's range.

    Squares leave that range long before the norm does: a tensor of 1e-24s would have norm 0, one
    of 1e20s inf. They are therefore added up in float64, which a CPU does for those norms alone
    that float32 cannot be trusted with; elsewhere looking at values would make the host wait. MPS
    has no float64.
    """
    device = tensors[0].device.type
    if device == "mps":
        return scaled_norms(tensors)
    if device != "cpu":
        return torch.stack(torch._foreach_norm(tensors, 2, torch.float64)).float()
    found = torch.stack(torch._foreach_norm(tensors))
    doubtful = [i for i, norm in enumerate(found.tolist()) if not _SURE[0] <= norm <= _SURE[1]]
    if doubtful:
        exact = torch._foreach_norm([tensors[i] for i in doubtful], 2, torch.float64)
        found[doubtful] = torch.stack(exact).float()
    return found


# Squares below 1.2e-38 are lost: in a tensor of 1e8 elements with norm 1e-12 at most a millionth.
# Those of a tensor whose norm is 1e18 add up to 1e36, within float32.
_SURE = (1e-12, 1e18)


def scaled_norms(tensors: list[Tensor]) -> Tensor:
    """The same norms without float64: of each tensor over its largest element, times that."""
    largest = torch.stack(torch._foreach_norm(tensors, float("inf")))
    scales = torch.where((largest > 0) & largest.isfinite(), largest, 1.0)
    scaled = torch._foreach_div(tensors, scales.unbind())
    return torch.stack(torch._foreach_norm(scaled)) * scales
