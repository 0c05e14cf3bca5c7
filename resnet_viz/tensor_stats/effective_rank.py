"""Effective rank (Roy & Vetterli 2007): how many directions the features of the images span.

It takes two steps: a Gram matrix for each block, as soon as its features are there, and the
eigenvalues of all of them together, which a CPU finds in half the time of one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor

_SURE = (1e-24, 1e24)
"""Sums of squares whose terms float32 can add up."""


def gram(features: Tensor) -> Tensor:
    """The Gram matrix X X^T [N, N] of features X [N, ...], centred over the images, up to a factor.

    Right over all of float32's range; NaN where a feature is not finite, 0 where the images have
    the same features. Off the CPU the host would have to wait for a look at the size: there the
    features are always scaled, in one copy of them.
    """
    rows = _rows(features)
    if rows.device.type == "cpu":
        products = _products(rows - rows.mean(0))
        if _SURE[0] < products.trace().item() < _SURE[1]:
            return products
    largest = torch.linalg.vector_norm(rows, torch.inf).clamp(min=torch.finfo(rows.dtype).tiny)
    scaled = rows / largest
    return _products(scaled.sub_(scaled.mean(0)))


def effective_ranks(grams: Sequence[Tensor]) -> Tensor:
    """Effective ranks [L] of matrices [N, N]: exp of the entropy of the eigenvalues' shares, 1 to N
    - 1.

    NaN where a matrix is not finite. Where there is nothing to have a share of, since all images
    are alike, it is 1: what it comes to where they differ in one direction, however little. It is
    computed on the CPU, which is quicker with matrices as small as these.
    """
    if len({one.shape for one in grams}) > 1:
        return torch.cat([effective_ranks([one]) for one in grams])
    all_ = torch.stack(list(grams)).cpu()
    sizes = all_.diagonal(dim1=1, dim2=2).sum(1)
    is_finite = sizes.isfinite()
    values = torch.linalg.eigvalsh(torch.where(is_finite[:, None, None], all_, 0)).clamp(min=0)
    shares = values / values.sum(1, keepdim=True)
    ranks = torch.special.entr(shares).sum(1).exp()
    return torch.where(is_finite, torch.where(sizes > 0, ranks, 1), torch.nan)


def _products(centred: Tensor) -> Tensor:
    """All of float32's digits count: the small eigenvalues are those that are lost first."""
    device = centred.device.type
    with ExitStack() as stack:
        if torch.is_autocast_enabled(device):
            stack.enter_context(torch.autocast(device, enabled=False))
        if device == "cuda":
            stack.enter_context(_full_float32())
        return centred @ centred.T


@contextmanager
def _full_float32() -> Iterator[None]:
    """CUDA's float32 products are float32, whatever the run computes in."""
    allowed = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cuda.matmul.allow_tf32 = allowed


def _rows(features: Tensor) -> Tensor:
    """A row an image [N, n], its numbers in the order in which they lie in memory."""
    if features.dim() < 2:
        return features.reshape(-1, 1)
    if not features.is_contiguous():
        channels_last = features.movedim(1, -1)
        features = channels_last if channels_last.is_contiguous() else features
    return features.flatten(1)
