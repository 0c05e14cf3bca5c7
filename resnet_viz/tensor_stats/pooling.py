"""Pooled statistics: those of a minibatch from those of its parts; on the host, in float64."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def pooled_moments(parts: Sequence[Tensor]) -> Tensor:
    """Count, mean and standard deviation [3] of all numbers, from those of each part."""
    counts, means, deviations = torch.stack(list(parts)).double().unbind(1)
    shares = counts / counts.sum()
    mean = (shares * means).sum()
    variance = (shares * (deviations**2 + (means - mean) ** 2)).sum()
    return torch.stack([counts.sum(), mean, variance.sqrt()]).float()


def pooled_cosine(parts: Sequence[Tensor]) -> Tensor:
    """The norms of two vectors and the cosine of their angle [3], from those of their pieces.

    A piece that is 0 has no direction, and adds nothing to the product.
    """
    one, other, cosines = torch.stack(list(parts)).double().unbind(1)
    sizes = one * other
    product = torch.where(sizes == 0, 0, cosines * sizes).sum()
    whole = torch.stack([one.square().sum().sqrt(), other.square().sum().sqrt()])
    return torch.cat([whole, (product / whole.prod())[None]]).float()
