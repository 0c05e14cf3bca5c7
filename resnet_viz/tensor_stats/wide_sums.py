"""Norms, dot products and variances of whole tensors, as Python's floats.

On the CPU in float64. Elsewhere, where there may be none (MPS), in float32 of tensors brought into
its middle: the numbers are right to five digits or more, over float64's range.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def norm(tensor: Tensor) -> float:
    """The Euclidean norm of a tensor."""
    if tensor.device.type == "cpu":
        return float(tensor.double().norm().item())
    own, scale = _scaled(tensor)
    size, factor = torch.stack([own.norm(), scale]).cpu().tolist()
    return float(size * factor)


def dot(one: Sequence[Tensor], other: Sequence[Tensor]) -> float:
    """The dot product of two vectors that are given in parts."""
    pairs = list(zip(one, other, strict=True))
    if pairs[0][0].device.type == "cpu":
        return float(sum((a.double() * b.double()).sum().item() for a, b in pairs))
    products = []
    for a, b in pairs:
        (own, scale), (others, factor) = _scaled(a), _scaled(b)
        products.append(torch.stack([(own * others).sum(), scale, factor]))
    return float(sum(x * y * z for x, y, z in torch.stack(products).cpu().tolist()))


def variance(tensor: Tensor) -> float:
    """The variance of all elements, without Bessel's correction."""
    if tensor.device.type == "cpu":
        return float(tensor.double().var(correction=0).item())
    own, scale = _scaled(tensor)
    spread, factor = torch.stack([own.var(correction=0), scale]).cpu().tolist()
    return float(spread * factor * factor)


def _scaled(tensor: Tensor) -> tuple[Tensor, Tensor]:
    """The tensor over its largest element, and that; what has none that can divide stays."""
    largest = torch.linalg.vector_norm(tensor, torch.inf)
    scale = torch.where((largest > 0) & largest.isfinite(), largest, 1.0)
    return tensor / scale, scale
