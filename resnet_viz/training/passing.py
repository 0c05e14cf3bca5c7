"""What is measured of tensors as they pass in a forward or a backward pass: at once, and not kept.

It knows nothing of the hooks, which know of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from resnet_viz.quantities.points import GRADIENTS, POINTS
from resnet_viz.quantities.quantity import Finish, Quantity
from resnet_viz.quantities.records import Floats
from resnet_viz.tensor_stats.norms import Tensors

Give = Callable[[str, str, Tensor], None]
"""Takes a point, a name along its axis and the tensor there."""


class Passing:
    """The quantities of activations, and of their gradients, in the passes of one step."""

    def __init__(
        self, quantities: Iterable[tuple[Quantity, Sequence[str]]], device: torch.device
    ) -> None:
        self._gathered = [_Gathered(one, names, device) for one, names in quantities]
        self._at = {p: [g for g in self._gathered if p in g.quantity.points] for p in POINTS}
        self.loss_scale: Tensor | float = 1.0
        self._passes = 0

    @property
    def values(self) -> Mapping[str, Tensor | Unfinished]:
        """The last measured step's, by quantity."""
        return {one.quantity.name: one.gathered() for one in self._gathered}

    def clear(self) -> None:
        """Forget the last measured step."""
        self._passes = 0
        for gathered in self._gathered:
            gathered.clear()

    def of_next_pass(self) -> Give:
        """Takes what passes in a further forward pass of the step, and in its backward pass."""
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
        tensors = Tensors([value])
        for gathered in self._at[point]:
            gathered.give(number, point, name, tensors)


class Unfinished(NamedTuple):
    """Small tensors on the device, of which `finish` makes numbers on the host, and their places
    among `values`."""

    finish: Finish
    parts: list[Tensor]
    places: list[int]
    values: Tensor

    def on_host(self, numbers: Floats) -> Floats:
        """The values, given the parts' numbers one after the other."""
        sizes = [part.numel() for part in self.parts]
        pieces = np.split(numbers, np.cumsum(sizes)[:-1])
        pairs = zip(pieces, self.parts, strict=True)
        found = self.finish([torch.from_numpy(own).view(part.shape) for own, part in pairs])
        values = np.full(len(self.values), np.nan, np.float32)
        values[self.places] = found.numpy()
        return values


class _Gathered:
    """A quantity of activations: measured for each name as soon as its last point is there.

    `values` is NaN where nothing passed. One tensor takes them all: many small ones, made between
    large ones that come and go, would leave the heap in holes. Of a quantity that is to be
    finished, what was measured is kept until all is there. Where several tensors come in one
    forward pass, the last counts; those of several passes are parts of one minibatch.
    """

    def __init__(self, quantity: Quantity, names: Sequence[str], device: torch.device) -> None:
        self.quantity, self._points = quantity, quantity.points
        self.values = torch.full((len(names),), torch.nan, device=device)
        self._host = self.values.numpy() if device.type == "cpu" else None
        self._place_of = {name: place for place, name in enumerate(names)}
        self._waiting: dict[tuple[str, int], dict[str, Tensors]] = {}
        self._parts: dict[str, dict[int, tuple[Tensor, int]]] = {}
        self._unfinished: dict[str, Tensor] = {}

    def clear(self) -> None:
        """Forget the last measured step."""
        self.values.fill_(torch.nan)
        for kept in (self._unfinished, self._waiting, self._parts):
            kept.clear()

    def give(self, number: int, point: str, name: str, tensors: Tensors) -> None:
        """The one tensor at one of our points, in a forward pass or its backward pass."""
        if name not in self._place_of:
            return
        waiting = self._waiting.setdefault((name, number), {})
        waiting[point] = tensors
        if len(waiting) < len(self._points):
            return
        del self._waiting[name, number]
        if self.quantity.over_parts == "first" and number > min(self._parts.get(name, {number: 0})):
            return
        measured = self.quantity.measure(*(waiting[p] for p in self._points))
        parts = self._parts.setdefault(name, {})
        if self.quantity.finish:
            self._unfinished[name] = measured[0]
            parts[number] = (measured[0], 1)
        else:
            parts[number] = (measured, tensors[0].numel())
            self._put(name, self._of_all(list(parts.values())))

    def gathered(self) -> Tensor | Unfinished:
        """What was measured, when nothing more passes."""
        if self.quantity.finish is None or not self._unfinished:
            return self.values
        places = [self._place_of[name] for name in self._unfinished]
        parts = list(self._unfinished.values())
        if self._host is None:
            return Unfinished(self.quantity.finish, parts, places, self.values)
        self.values[places] = self.quantity.finish(parts).float()
        return self.values

    def _of_all(self, parts: Sequence[tuple[Tensor, int]]) -> Tensor:
        """The value of a minibatch, of those of its parts and how many numbers they are of."""
        if len(parts) == 1 or self.quantity.over_parts == "first":
            return parts[0][0]
        # Ratios are added up, since squares leave float32's range long before norms do.
        values = torch.stack([value.squeeze() for value, _ in parts])
        largest = values.max().clamp(min=torch.finfo(values.dtype).tiny)
        squares = (values / largest).square()
        if self.quantity.over_parts == "norm":
            return squares.sum().sqrt() * largest
        sizes = torch.tensor([size for _, size in parts], device=values.device)
        return (squares * (sizes / sizes.sum())).sum().sqrt() * largest

    def _put(self, name: str, value: Tensor) -> None:
        """One value: a CPU's as a number, for copying a tensor takes several times as long."""
        place = self._place_of[name]
        if self._host is not None:
            self._host[place] = value.item()
        else:
            self.values[place].copy_(value.squeeze())


def to_host(
    scalars: Sequence[Tensor], found: Mapping[str, Tensor | Unfinished]
) -> tuple[list[float], dict[str, Floats]]:
    """Scalars and quantities as numbers and float32 arrays, by one copy from the device.

    What is unfinished comes with it and is finished on the host, which waits no second time.
    """
    parts = [one.parts if isinstance(one, Unfinished) else [one] for one in found.values()]
    packed = [torch.stack(list(scalars)).float()]
    packed += [part.float().reshape(-1) for own in parts for part in own]
    values = torch.cat(packed).cpu().numpy()
    ends = np.cumsum([len(scalars), *(sum(part.numel() for part in own) for own in parts)])
    first, *arrays = np.split(values, ends[:-1])
    pairs = zip(found.items(), arrays, strict=True)
    return first.tolist(), {
        name: one.on_host(array) if isinstance(one, Unfinished) else array
        for (name, one), array in pairs
    }
