"""Activations and their gradients, whole tensors to one number each.

On a CPU without a copy of the tensor wherever that is right to five digits: copies cost as much
time as reading does, and the holes that they leave among what autograd keeps cost memory. Elsewhere
looking at a number would make the host wait for the device.
"""

from __future__ import annotations

from math import sqrt

import torch
from torch import Tensor

from resnet_viz.lab.norms import norms

_CANCELS = 0.99
"""With a mean this near to the root mean square, their difference has lost three digits or more."""
_SURE = (1e-24, 1e24)
"""Products of two norms whose terms float32 can add up."""


def root_mean_squares(tensors: list[Tensor]) -> Tensor:
    """Root mean squares [L], right over the range of `norms`."""
    sizes = [sqrt(tensor.numel()) for tensor in tensors]
    if len(sizes) == 1:
        return norms(tensors) / sizes[0]
    return torch.stack(torch._foreach_div(list(norms(tensors).unbind()), sizes))


def deviations(tensors: list[Tensor]) -> Tensor:
    """Standard deviations [L], all elements counted, of that range while float32 holds the sums."""
    if tensors[0].device.type != "cpu":
        return _centred(tensors)
    pairs = zip(tensors, root_mean_squares(tensors).tolist(), strict=True)
    return torch.cat([_deviation(tensor, size) for tensor, size in pairs])


def _deviation(tensor: Tensor, size: float) -> Tensor:
    mean = abs(tensor.mean().item())
    if mean <= _CANCELS * size:
        return torch.tensor([sqrt((size - mean) * (size + mean))])
    return _centred([tensor])


def _centred(tensors: list[Tensor]) -> Tensor:
    return root_mean_squares([tensor - tensor.mean() for tensor in tensors])


def cosines(one: list[Tensor], other: list[Tensor]) -> Tensor:
    """Cosines of the angles between tensors in pairs [L]; NaN where one of a pair is 0."""
    sizes, others = norms(one), norms(other)
    products = sizes * others
    is_cpu = one[0].device.type == "cpu"
    if is_cpu and all(_SURE[0] < product < _SURE[1] for product in products.tolist()):
        return torch.stack(list(map(_dot, one, other))) / products
    # Each is divided by its norm, so that the product of two tiny numbers is not lost.
    pairs = zip(one, other, sizes.unbind(), strict=True)
    return torch.stack([((a / size) * b).sum() for a, b, size in pairs]) / others


def _dot(one: Tensor, other: Tensor) -> Tensor:
    """The sum of products, read as they lie in memory where both lie alike."""
    for order in (range(one.dim()), (0, *range(2, one.dim()), 1)):
        views = [tensor.permute(*order) for tensor in (one, other)]
        if all(view.is_contiguous() for view in views):
            return torch.dot(views[0].reshape(-1), views[1].reshape(-1))
    return (one * other).sum()


def silent_shares(tensors: list[Tensor]) -> Tensor:
    """The shares of channels (dimension 1) that are 0 throughout [L]."""
    return torch.stack([_silent_share(tensor) for tensor in tensors])


def _silent_share(tensor: Tensor) -> Tensor:
    others = [dimension for dimension in range(tensor.dim()) if dimension != 1]
    if tensor.device.type == "cpu":
        may_be = tensor.sum(others) == 0
        if not may_be.any():
            return torch.zeros(())
        share = (tensor[:, may_be].abs().sum(others) == 0).sum() / len(may_be)
        return share.float()
    return (tensor.abs().sum(others) == 0).float().mean()
