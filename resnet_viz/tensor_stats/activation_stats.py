"""Statistics of activations and their gradients: one number for each whole tensor.

On a CPU without a copy of the tensor wherever that is right to five digits: copies cost as much
time as reading does, and the holes that they leave among what autograd keeps cost memory. Elsewhere
looking at a number would make the host wait for the device.
"""

from __future__ import annotations

from math import sqrt

import torch
from torch import Tensor

from resnet_viz.tensor_stats.norms import Tensors, norms

_CANCELS = 0.99
"""With a mean this near to the root mean square, their difference has lost three digits or more."""
_SURE = (1e-24, 1e24)
"""Products of two norms whose terms float32 can add up."""


def root_mean_squares(tensors: list[Tensor]) -> Tensor:
    """Root mean squares [L], exact over the range of `norms`."""
    if tensors[0].device.type == "cpu":
        return torch.tensor(_sizes(tensors))
    lengths = [sqrt(tensor.numel()) for tensor in tensors]
    return torch.stack(torch._foreach_div(list(norms(tensors).unbind()), lengths))


def _sizes(tensors: list[Tensor]) -> list[float]:
    pairs = zip(_numbers(tensors), tensors, strict=True)
    return [norm / sqrt(tensor.numel()) for norm, tensor in pairs]


def _numbers(tensors: list[Tensor]) -> list[float]:
    return tensors.numbers() if isinstance(tensors, Tensors) else Tensors(tensors).numbers()


def moments(tensors: list[Tensor]) -> list[Tensor]:
    """Moments [3] of each tensor: the count of its numbers, their mean and standard deviation.

    All elements counted; the deviation over that range while float32 holds the sums.
    """
    if tensors[0].device.type == "cpu":
        rows = [_moments(*one) for one in zip(tensors, _sizes(tensors), strict=True)]
        return list(torch.tensor(rows).unbind())
    means = [tensor.mean() for tensor in tensors]
    pairs = zip(tensors, means, strict=True)
    deviations = root_mean_squares([tensor - mean for tensor, mean in pairs])
    counts = [torch.full((), float(tensor.numel()), device=tensor.device) for tensor in tensors]
    return [torch.stack(own) for own in zip(counts, means, deviations, strict=True)]


def _moments(tensor: Tensor, size: float) -> tuple[float, float, float]:
    mean = tensor.sum().item() / max(tensor.numel(), 1)  # in half the time of `mean`
    if abs(mean) <= _CANCELS * size:
        return tensor.numel(), mean, sqrt((size - abs(mean)) * (size + abs(mean)))
    return tensor.numel(), mean, _sizes([tensor - mean])[0]


def norms_and_cosines(one: list[Tensor], other: list[Tensor]) -> list[Tensor]:
    """Norms of both tensors of each pair, and the cosine of the angle between them [3]; NaN if one
    of a pair is 0."""
    if one[0].device.type == "cpu":
        sizes = zip(_numbers(one), _numbers(other), strict=True)
        rows = [
            (a, b, _dot(left, right).item() / (a * b) if _SURE[0] < a * b < _SURE[1] else None)
            for (a, b), left, right in zip(sizes, one, other, strict=True)
        ]
        if all(cosine is not None for _, _, cosine in rows):
            return list(torch.tensor(rows).unbind())
    # Each is divided by its norm, so that the product of two tiny numbers is not lost.
    lengths, others = norms(one), norms(other)
    pairs = zip(one, other, lengths.unbind(), strict=True)
    dots = torch.stack([((left / size) * right).sum() for left, right, size in pairs])
    return list(torch.stack([lengths, others, dots / others], dim=1).unbind())


def _dot(one: Tensor, other: Tensor) -> Tensor:
    """The sum of products, read as they lie in memory where both lie alike."""
    for order in (range(one.dim()), (0, *range(2, one.dim()), 1)):
        views = [tensor.permute(*order) for tensor in (one, other)]
        if all(view.is_contiguous() for view in views):
            return torch.dot(views[0].reshape(-1), views[1].reshape(-1))
    return (one * other).sum()


def silent_channels(tensors: list[Tensor]) -> list[Tensor]:
    """Silent channels (dimension 1) of each tensor [C]: 1 for one that is 0 throughout, else 0."""
    if tensors[0].device.type != "cpu":
        return [(_sums(tensor.abs()) == 0).float() for tensor in tensors]
    sums = [_sums(tensor) for tensor in tensors]
    may_be = torch.cat(sums) == 0
    silent = list(torch.split(torch.zeros(may_be.shape), [own.shape[0] for own in sums]))
    if may_be.any():  # or what is in them adds up to 0
        for own, own_sums, tensor in zip(silent, sums, tensors, strict=True):
            doubtful = own_sums == 0
            own[doubtful] = (_sums(tensor[:, doubtful].abs()) == 0).float()
    return silent


def _sums(tensor: Tensor) -> Tensor:
    return tensor.sum([dimension for dimension in range(tensor.dim()) if dimension != 1])
