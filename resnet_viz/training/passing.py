"""What is measured of tensors as they pass in a forward or a backward pass: at once, and not kept.

It knows nothing of the hooks, which know of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from itertools import chain, islice
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from resnet_viz.quantities.points import GRADIENTS, POINTS
from resnet_viz.quantities.quantity import Quantity
from resnet_viz.quantities.records import Floats
from resnet_viz.tensor_stats.norms import Tensors
from resnet_viz.training.first_rows import FirstRows

Give = Callable[[str, str, Tensor], None]
"""Takes a point, a name along its axis and the tensor there."""

SMALL, MOST_KEPT = 1 << 20, 1 << 24
"""Bytes of a tensor that may wait for others, to be measured in one call with them, and of all that
wait: a call takes longer than the work on a tensor as small as this, which is in the cache still.
"""
_WHOLE = 1
"""The number of the one pass of a whole minibatch."""
_ENDS = ("output", "grad_input")
"""Of all points of a block, the last of a forward pass and of a backward pass."""


class Passing:
    """The quantities of activations, and of their gradients, in the passes of one step.

    `in_parts`: a minibatch may come in several passes, of a net that may write over what has
    passed. Of others, small tensors are kept until they are measured together.
    """

    def __init__(
        self,
        quantities: Iterable[tuple[Quantity, Sequence[str]]],
        device: torch.device,
        *,
        in_parts: bool,
    ) -> None:
        self._in_parts = in_parts
        self._gathered: list[_Gathered] = []
        self._small: dict[str, dict[str, Tensor]] = {}
        self._bytes = 0
        self.add(quantities, device)
        self.loss_scale: Tensor | float = 1.0
        self._passes = 0
        self._give_whole = partial(self._give, _WHOLE)

    def add(
        self, quantities: Iterable[tuple[Quantity, Sequence[str]]], device: torch.device
    ) -> None:
        """Further quantities, from the next forward or backward pass on."""
        self._gathered += [
            _Gathered(one, names, device, in_parts=self._in_parts) for one, names in quantities
        ]
        self._at = {p: [g for g in self._gathered if p in g.quantity.points] for p in POINTS}

    def values(self, at: Collection[str] = POINTS) -> Mapping[str, Tensor | Unfinished]:
        """The last measured step's, by quantity: of those with no other points than `at`."""
        self._measure_small()
        return {
            one.quantity.name: one.gathered()
            for one in self._gathered
            if set(one.quantity.points) <= set(at)
        }

    def clear(self) -> None:
        """Forget the last measured step."""
        self._passes = self._bytes = 0
        self._small.clear()
        for gathered in self._gathered:
            gathered.clear()

    def of_next_pass(self) -> Give:
        """Takes what passes in a further forward pass of the step, and in its backward pass. Where
        all of a minibatch passes at once, it is always the same."""
        if not self._in_parts:
            return self._give_whole
        self._passes += 1
        return partial(self._give, self._passes)

    def _give(self, number: int, point: str, name: str, tensor: Tensor) -> None:
        """The tensor at a point, for the name of a layer or block, in one of the passes."""
        value = tensor.detach()
        if value.dtype in (torch.bfloat16, torch.float16):
            value = value.float()
        is_scaled = isinstance(self.loss_scale, Tensor) or self.loss_scale != 1.0
        if is_scaled and point in GRADIENTS:
            value = value / self.loss_scale
        if self._in_parts or value.nbytes > SMALL:
            tensors = Tensors([value])
            for gathered in self._at[point]:
                gathered.give(number, point, name, tensors)
            return
        self._small.setdefault(point, {})[name] = value
        self._bytes += value.nbytes
        if self._bytes > MOST_KEPT and point in _ENDS:
            self._measure_small()

    def _measure_small(self) -> None:
        """Measure what waits, each quantity of all names together."""
        lists = {point: Tensors(own.values()) for point, own in self._small.items()}
        for gathered in self._gathered:
            gathered.give_all(self._small, lists)
        self._small.clear()
        self._bytes = 0


class Numbers(NamedTuple):
    """A small tensor's, in lists."""

    of: list[float]


class _Part(NamedTuple):
    """What was found of a part of a minibatch, and how many numbers it is of."""

    measured: Tensor | Numbers
    size: int


def _tensor(measured: Tensor | Numbers) -> Tensor:
    return torch.tensor(measured.of) if isinstance(measured, Numbers) else measured


class Unfinished(NamedTuple):
    """Small tensors on the device, of which numbers are made on the host: `many` of them, of parts
    of a minibatch, for each of their `places` among `values`."""

    quantity: Quantity
    parts: list[Tensor]
    many: list[int]
    places: list[int]
    values: Tensor

    def on_host(self, numbers: Floats) -> Floats:
        """The values, given the parts' numbers one after the other."""
        sizes = [part.numel() for part in self.parts]
        pieces = np.split(numbers, np.cumsum(sizes)[:-1])
        pairs = zip(pieces, self.parts, strict=True)
        parts = iter([torch.from_numpy(own).view(part.shape) for own, part in pairs])
        measured = _finished(self.quantity, [list(islice(parts, many)) for many in self.many])
        values = np.full(len(self.values), np.nan, np.float32)
        values[self.places] = measured.numpy()
        return values


def _finished(quantity: Quantity, parts: Sequence[list[Tensor]]) -> Tensor:
    """The values, of small tensors of one or several parts of a minibatch for each."""
    pool, finish = quantity.pool, quantity.finish
    assert finish is not None
    return finish([pool(own) if pool and len(own) > 1 else own[0] for own in parts])


class _Gathered:
    """A quantity of activations: measured for each name as soon as its last point is there.

    `values` is NaN where nothing passed. One tensor takes them all: many small ones, made between
    large ones that come and go, would leave the heap in holes; so would those of a quantity that
    is to be pooled, of which a CPU's are kept as numbers. Of a quantity that is to be finished,
    what was measured is kept until all is there. Where several tensors come in one forward pass,
    the last counts; those of several passes are parts of one minibatch.
    """

    def __init__(
        self, quantity: Quantity, names: Sequence[str], device: torch.device, *, in_parts: bool
    ) -> None:
        self.quantity, self._points = quantity, quantity.points
        self.values = torch.full((len(names),), torch.nan, device=device)
        self._host = self.values.numpy() if device.type == "cpu" else None
        self._place_of = {name: place for place, name in enumerate(names)}
        self._waiting: dict[tuple[str, int], dict[str, Tensors]] = {}
        self._parts: dict[str, dict[int, _Part]] = {}
        is_together = in_parts and quantity.over_parts == "together"
        self._rows = FirstRows(quantity.first_images or 0) if is_together else None

    def clear(self) -> None:
        """Forget the last measured step."""
        self.values.fill_(torch.nan)
        self._waiting.clear()
        self._parts.clear()
        if self._rows:
            self._rows.clear()

    def give(self, number: int, point: str, name: str, tensors: Tensors) -> None:
        """The one tensor at one of our points, in a forward pass or its backward pass."""
        if name not in self._place_of:
            return
        waiting = self._waiting.setdefault((name, number), {})
        waiting[point] = tensors
        if len(waiting) < len(self._points):
            return
        del self._waiting[name, number]
        parts = self._parts.setdefault(name, {})
        first = min(parts, default=number)
        whole = self._rows.with_those_before(name, number, tensors[0]) if self._rows else None
        if self.quantity.over_parts in ("first", "together") and self.quantity.pool is None:
            if number > first and whole is None:
                return
            number = first
        given = [waiting[p] for p in self._points] if whole is None else [Tensors([whole])]
        measured = self.quantity.measure(*given)
        if self.quantity.finish:
            is_few = self._host is not None and self.quantity.pool is not None
            small = measured[0]
            parts[number] = _Part(Numbers(small.tolist()) if is_few else small, 1)
        else:
            parts[number] = _Part(measured, tensors[0].numel())
            self._put(name, self._of_all(list(parts.values())))

    def give_all(
        self, at: Mapping[str, Mapping[str, Tensor]], lists: Mapping[str, Tensors]
    ) -> None:
        """The tensors of many names, by point, in the pass of a whole minibatch; `lists` are the
        same, with the norms that are known of them."""
        own = [at.get(point, {}) for point in self._points]
        whole = set.intersection(*map(set, own), set(self._place_of))
        names = [name for name in own[0] if name in whole]
        for point, given in zip(self._points, own, strict=True):
            for name in given.keys() - whole:  # beside a larger one, which did not wait
                self.give(_WHOLE, point, name, Tensors([given[name]]))
        if not names:
            return
        measured = self.quantity.measure(
            *(
                lists[point] if list(given) == names else Tensors(map(given.__getitem__, names))
                for point, given in zip(self._points, own, strict=True)
            )
        )
        if self.quantity.finish:
            for name, small in zip(names, measured, strict=True):
                self._parts[name] = {_WHOLE: _Part(small, 1)}
        else:
            places = [self.values[self._place_of[name]] for name in names]
            torch._foreach_copy_(places, list(measured.float().unbind()))

    def gathered(self) -> Tensor | Unfinished:
        """What was measured, when nothing more passes."""
        if self.quantity.finish is None or not self._parts:
            return self.values
        places = [self._place_of[name] for name in self._parts]
        parts = [[_tensor(part.measured) for part in own.values()] for own in self._parts.values()]
        if self._host is None:
            flat, many = list(chain.from_iterable(parts)), list(map(len, parts))
            return Unfinished(self.quantity, flat, many, places, self.values)
        self.values[places] = _finished(self.quantity, parts).float()
        return self.values

    def _of_all(self, parts: Sequence[_Part]) -> Tensor:
        """The value of a minibatch, of those of its parts and how many numbers they are of."""
        if len(parts) == 1:
            return _tensor(parts[0].measured)
        # Ratios are added up, since squares leave float32's range long before norms do.
        values = torch.stack([_tensor(part.measured).squeeze() for part in parts])
        largest = values.max().clamp(min=torch.finfo(values.dtype).tiny)
        squares = (values / largest).square()
        if self.quantity.over_parts == "norm":
            return squares.sum().sqrt() * largest
        whole = sum(part.size for part in parts)
        shares = [part.size / whole for part in parts]
        return torch.stack(torch._foreach_mul(squares.unbind(), shares)).sum().sqrt() * largest

    def _put(self, name: str, value: Tensor) -> None:
        """One value: a CPU's as a number, for copying a tensor takes several times as long."""
        place = self._place_of[name]
        if self._host is not None:
            self._host[place] = value.item()
        else:
            self.values[place].copy_(value.squeeze())


def to_host(
    scalars: Sequence[Tensor], taken: Mapping[str, Tensor | Unfinished]
) -> tuple[list[float], dict[str, Floats]]:
    """Scalars and quantities as numbers and float32 arrays, by one copy from the device.

    What is unfinished comes with it and is finished on the host, which waits no second time.
    """
    parts = [one.parts if isinstance(one, Unfinished) else [one] for one in taken.values()]
    packed = [torch.stack(list(scalars)).float()]
    packed += [part.float().reshape(-1) for own in parts for part in own]
    values = torch.cat(packed).cpu().numpy()
    ends = np.cumsum([len(scalars), *(sum(part.numel() for part in own) for own in parts)])
    first, *arrays = np.split(values, ends[:-1])
    pairs = zip(taken.items(), arrays, strict=True)
    return first.tolist(), {
        name: one.on_host(array) if isinstance(one, Unfinished) else array
        for (name, one), array in pairs
    }
