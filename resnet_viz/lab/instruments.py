"""Instruments: they take the quantities of a net while it trains; nothing leaves the device."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.hooks import RemovableHandle

from resnet_viz.lab.norms import Tensors
from resnet_viz.lab.quantities import quantities
from resnet_viz.lab.quantities.points import GRADIENTS, POINTS, place
from resnet_viz.lab.quantities.quantity import Along, Quantity
from resnet_viz.lab.records import Floats
from resnet_viz.lab.states import LayerState, States

Give = Callable[[str, str, Tensor], None]
"""Takes a point, a name along its axis and the tensor there."""

PutHook = Callable[[], RemovableHandle]
"""Puts a hook on a module."""

Tap = Callable[[Give], Iterable[PutHook]]
"""The hooks of a net that give what passes at its points."""

_AFTER_UPDATE = "update"


class Instruments:
    """The quantities `held`, of a net with the weighted `layers` and all `parameters`.

    A step is: `arm`, forward, `after_forward`, backward, `after_backward`, update, `collect`. The
    weights before the update and the update are kept in buffers that are made once. Where nothing
    `is_touched` between steps, the weights after a step are taken for those before the next. On
    every `every`-th step, from 0, the hooks of `tap` are on the net for the length of `arm` to
    `after_forward`; what passes is measured at once and not kept. Nothing changes what the net
    computes.
    """

    def __init__(
        self,
        layers: Sequence[Tensor],
        parameters: Iterable[Tensor],
        held: Mapping[str, Along],
        tap: Tap | None = None,
        every: int = 1,
        *,
        is_touched: bool = True,
    ) -> None:
        self._layers = list(layers)
        own = set(map(id, self._layers))
        self._is_shared = len(own) < len(self._layers)
        self._others = [p for p in parameters if id(p) not in own]
        self._before, self._after = _room_for(self._layers), _room_for(self._layers)
        self._is_touched, self._is_before = is_touched, False
        mine = [q for q in quantities().values() if q.name in held]
        each = [q for q in mine if place(q)[1] == "each step"]
        self._of_gradients = [(q, q.points) for q in each if _AFTER_UPDATE not in q.points]
        self._of_updates = [(q, q.points) for q in each if _AFTER_UPDATE in q.points]
        some = [q for q in mine if place(q)[1] == "measured steps"]
        self._passing = _Passing([(q, held[q.name].names) for q in some], self._layers[0].device)
        self._to_put = list(tap(self._passing.give)) if tap and some else []
        self._every, self._is_measured = every, False
        self._hooks: list[RemovableHandle] = []
        self._points: dict[str, Tensors] = {}
        self._found: dict[str, Tensor] = {}
        self.known: States = np.zeros(len(self._layers), np.int64)

    @torch.no_grad()
    def arm(self, step: int) -> None:
        """Before the forward pass of `step`."""
        self.after_forward()  # of a step that was given up
        self._found = {}
        if not self._is_before:
            torch._foreach_copy_(self._before.parts, self._layers)
        self._is_measured = bool(self._to_put) and step % self._every == 0
        if self._is_measured:
            self._passing.clear()
            self._hooks += [put() for put in self._to_put]

    @property
    def is_measuring(self) -> bool:
        """Whether hooks are on the net."""
        return bool(self._hooks)

    def after_forward(self, loss_scale: float = 1.0) -> None:
        """When the loss is known; `loss_scale` is what it is multiplied by before backward.

        Gradients are still seen: their hooks are the tensors' own.
        """
        self._passing.loss_scale = loss_scale
        for hook in self._hooks:
            hook.remove()
        self._hooks.clear()

    @torch.no_grad()
    def after_backward(self) -> None:
        """When every gradient is there, and nothing has changed it yet.

        A layer without a gradient has the gradient NaN, and `known` says why.
        """
        self.known = np.array([_known(weight) for weight in self._layers], np.int64)
        found = Tensors(w.grad for w in self._layers if w.grad is not None)
        others = _joined(p.grad for p in self._others if p.grad is not None)
        once = Tensors({id(g): g for g in found}.values()) if self._is_shared else found
        every = Tensors(parts=(once, others))
        if len(found) < len(self._layers):
            none = torch.full((), torch.nan, device=self._before.whole.device)
            found = Tensors(none if w.grad is None else w.grad for w in self._layers)
        self._points = {
            "weight": Tensors(self._before.parts),
            "gradient": found,
            "parameter_gradients": every,
        }
        self._take(self._of_gradients)

    @torch.no_grad()
    def collect(self) -> Mapping[str, Tensor]:
        """After the update: what was found in this step, by quantity, on the device."""
        if self._of_updates:
            torch._foreach_copy_(self._after.parts, self._layers)
            self._before.whole.sub_(self._after.whole)
            self._points["update"] = Tensors(self._before.parts)
            self._take(self._of_updates)
            self._before, self._after = self._after, self._before
            self._is_before = not self._is_touched
        self._points = {}  # lets go of the gradients
        if self._is_measured:
            self._found |= self._passing.values
        return self._found

    def _take(self, which: Sequence[tuple[Quantity, tuple[str, ...]]]) -> None:
        for quantity, points in which:
            self._found[quantity.name] = quantity.measure(*(self._points[p] for p in points))


class _Passing:
    """What is measured as it passes: it knows nothing of the hooks, which know of it."""

    def __init__(
        self, quantities: Iterable[tuple[Quantity, Sequence[str]]], device: torch.device
    ) -> None:
        self._gathered = [_Gathered(one, names, device) for one, names in quantities]
        self._at = {p: [g for g in self._gathered if p in g.quantity.points] for p in POINTS}
        self.loss_scale = 1.0

    @property
    def values(self) -> Mapping[str, Tensor]:
        """The last measured step's, by quantity."""
        return {one.quantity.name: one.finished() for one in self._gathered}

    def clear(self) -> None:
        """Forget the last measured step."""
        for gathered in self._gathered:
            gathered.clear()

    def give(self, point: str, name: str, tensor: Tensor) -> None:
        """The tensor at a point, for the name of a layer or block."""
        value = tensor.detach()
        if value.dtype in (torch.bfloat16, torch.float16):
            value = value.float()
        if self.loss_scale != 1.0 and point in GRADIENTS:
            value = value / self.loss_scale
        tensors = Tensors([value])
        for gathered in self._at[point]:
            gathered.give(point, name, tensors)


class _Gathered:
    """A quantity of activations: measured for each name as soon as its last point is there.

    `values` is NaN where nothing passed. One tensor takes them all: many small ones, made between
    large ones that come and go, would leave the heap in holes. Of a quantity that is to be
    finished, what was measured is kept until all is there.
    """

    def __init__(self, quantity: Quantity, names: Sequence[str], device: torch.device) -> None:
        self.quantity, self._points = quantity, quantity.points
        self.values = torch.full((len(names),), torch.nan, device=device)
        self._host = self.values.numpy() if device.type == "cpu" else None
        self._place_of = {name: place for place, name in enumerate(names)}
        self._waiting: dict[str, dict[str, Tensors]] = {name: {} for name in names}
        self._unfinished: dict[str, Tensor] = {}

    def clear(self) -> None:
        """Forget the last measured step."""
        self.values.fill_(torch.nan)
        self._unfinished.clear()
        for waiting in self._waiting.values():
            waiting.clear()

    def give(self, point: str, name: str, tensors: Tensors) -> None:
        """The one tensor at one of our points; where several come, the last counts."""
        waiting = self._waiting.get(name)
        if waiting is None:
            return
        waiting[point] = tensors
        if len(waiting) == len(self._points):
            measured = self.quantity.measure(*(waiting[p] for p in self._points))
            if self.quantity.finish:
                self._unfinished[name] = measured[0]
            else:
                self._put(name, measured)
            waiting.clear()

    def finished(self) -> Tensor:
        """The values, when nothing more passes."""
        if self.quantity.finish and self._unfinished:
            found = self.quantity.finish(list(self._unfinished.values()))
            for name, value in zip(self._unfinished, found, strict=True):
                self._put(name, value)
            self._unfinished.clear()
        return self.values

    def _put(self, name: str, value: Tensor) -> None:
        """One value: a CPU's as a number, for copying a tensor takes several times as long."""
        place = self._place_of[name]
        if self._host is not None:
            self._host[place] = value.item()
        else:
            self.values[place].copy_(value.squeeze())


def _known(weight: Tensor) -> LayerState:
    """What is known of a weight after backward without a look at its numbers."""
    if not weight.requires_grad:
        return LayerState.FROZEN
    return LayerState.UNUSED if weight.grad is None else LayerState.MEASURED


class _Room(NamedTuple):
    """One piece of memory, and the tensors that lie in it one after the other."""

    whole: Tensor
    parts: list[Tensor]


def _room_for(tensors: Sequence[Tensor]) -> _Room:
    """Room for tensors that lie in memory like `tensors`."""
    sizes = [tensor.numel() for tensor in tensors]
    whole = tensors[0].new_empty(sum(sizes))
    pairs = zip(torch.split(whole, sizes), tensors, strict=True)
    return _Room(
        whole,
        [part.as_strided(like.shape, like.stride(), part.storage_offset()) for part, like in pairs],
    )


def _joined(tensors: Iterable[Tensor]) -> Tensors:
    """The same numbers in fewer tensors: the vectors, of which a net has many, as one."""
    given = list(tensors)
    vectors = [tensor for tensor in given if tensor.dim() == 1]
    others = [tensor for tensor in given if tensor.dim() != 1]
    return Tensors([torch.cat(vectors), *others] if vectors else others)


def to_host(
    scalars: Sequence[Tensor], found: Mapping[str, Tensor]
) -> tuple[list[float], dict[str, Floats]]:
    """Scalars and quantities as numbers and float32 arrays, by one copy from the device."""
    packed = torch.cat([torch.stack(list(scalars)).float(), *(v.float() for v in found.values())])
    values = packed.cpu().numpy()
    ends = np.cumsum([len(scalars), *(len(v) for v in found.values())])
    first, *arrays = np.split(values, ends[:-1])
    return first.tolist(), dict(zip(found, arrays, strict=True))
