"""Norms of many tensors at once, exact over the whole range of float32."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from math import hypot

import torch
from torch import Tensor

# Squares below 1.2e-38 are lost: in a tensor of 1e8 elements with norm 1e-12 at most a millionth.
# Those of a tensor whose norm is 1e18 add up to 1e36, within float32.
_SURE = (1e-12, 1e18)
# Powers of two, which change no digit, that bring tensors of smaller and larger norms into range.
_UP, _DOWN = 2.0**80, 2.0**-80
_HALVES = (torch.bfloat16, torch.float16)


class Tensors(list[Tensor]):
    """A list of tensors that no longer change: `norms` computes its norms once.

    A list made of `parts` has their norms. The norms that were `found` on the way, on a CPU, are
    taken where float32 can be trusted with them.
    """

    def __init__(
        self,
        tensors: Iterable[Tensor] = (),
        parts: Iterable[Tensors] = (),
        known_norms: list[float] | None = None,
    ) -> None:
        self._parts = tuple(part for part in parts if part)
        super().__init__(tensors or chain.from_iterable(self._parts))
        self._norms: Tensor | None = None
        self._numbers: list[float] | None = None
        if known_norms is not None:
            self._norms = torch.tensor(known_norms)
            _mend_doubtful(self._norms, self, known_norms)

    def numbers(self) -> list[float]:
        """The norms as Python's floats; not off the CPU, where the host would have to wait."""
        if self._numbers is None and self._norms is not None:
            self._numbers = self._norms.tolist()
        if self._numbers is None:
            alone = torch.linalg.vector_norm(self[0]).item() if self._is_alone else 0.0
            # One norm is read at once, without a tensor to gather many in.
            is_sure = _SURE[0] <= alone <= _SURE[1]
            self._numbers = [alone] if is_sure else self._all().tolist()
        return self._numbers

    def norms(self) -> Tensor:
        """Their Euclidean norms [L]."""
        if self._norms is None:
            self._norms = torch.tensor(self.numbers()) if self._is_alone else self._all()
        return self._norms

    @property
    def _is_alone(self) -> bool:
        return len(self) == 1 and self[0].device.type == "cpu"

    def _all(self) -> Tensor:
        if self._parts:
            return torch.cat([part.norms() for part in self._parts])
        return _norms(self)


def norms(tensors: list[Tensor]) -> Tensor:
    """Euclidean norms [L] of float32 tensors on one device, exact over all of its range.

    Squares leave that range long before the norm does: a tensor of 1e-24s would have norm 0, one
    of 1e20s inf. A CPU therefore scales those whose norm float32 cannot be trusted with; elsewhere
    looking at values would make the host wait, and all are scaled. MPS has no float64 to add up in.
    """
    return tensors.norms() if isinstance(tensors, Tensors) else _norms(tensors)


def _norms(tensors: list[Tensor]) -> Tensor:
    if any(tensor.dtype in _HALVES for tensor in tensors):
        tensors = [_whole(tensor) for tensor in tensors]
    if tensors[0].device.type != "cpu":
        return scaled_norms(tensors).float()
    quick = torch.stack([norm.float() for norm in torch._foreach_norm(tensors)])
    _mend_doubtful(quick, tensors, quick.tolist())
    return quick


def mean_sizes(tensors: list[Tensor]) -> Tensor:
    """Means of absolute values [L], of tensors whose absolute values float32 can add up."""
    sums = torch._foreach_norm([_whole(tensor) for tensor in tensors], 1)
    lengths = [float(tensor.numel()) for tensor in tensors]
    return torch.stack(torch._foreach_div([one.float() for one in sums], lengths))


def largest_sizes(tensors: list[Tensor]) -> Tensor:
    """Largest absolute values [L]."""
    sizes = torch._foreach_norm([_whole(tensor) for tensor in tensors], float("inf"))
    return torch.stack([size.float() for size in sizes])


def norm_of_parts(parts: Iterable[Tensor]) -> float:
    """The norm of all numbers of CPU tensors: each is computed while it is in the cache."""
    kinds = ((part, torch.float32 if part.dtype in _HALVES else part.dtype) for part in parts)
    return hypot(*[torch.linalg.vector_norm(part, dtype=kind).item() for part, kind in kinds])


def _mend_doubtful(norms: Tensor, tensors: list[Tensor], values: list[float]) -> None:
    """Puts what is right in the place of norms that float32 cannot be trusted with."""
    if all(_SURE[0] <= norm <= _SURE[1] for norm in values):
        return
    _mend(norms, tensors, [i for i, norm in enumerate(values) if norm < _SURE[0]], _UP)
    _mend(norms, tensors, [i for i, norm in enumerate(values) if not norm <= _SURE[1]], _DOWN)


def _mend(norms: Tensor, tensors: list[Tensor], doubtful: list[int], scale: float) -> None:
    if doubtful:
        scaled = torch._foreach_mul([_whole(tensors[i]) for i in doubtful], scale)
        norms[doubtful] = torch.stack([n.float() for n in torch._foreach_norm(scaled)]) / scale


def _whole(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.dtype in _HALVES else tensor


def scaled_norms(tensors: list[Tensor]) -> Tensor:
    """The same norms without looking at a value: each tensor divided by its largest element."""
    largest = torch.stack(torch._foreach_norm(tensors, float("inf")))
    scales = torch.where((largest > 0) & largest.isfinite(), largest, 1.0)
    scaled = torch._foreach_div(tensors, scales.unbind())
    return torch.stack(torch._foreach_norm(scaled)) * scales
