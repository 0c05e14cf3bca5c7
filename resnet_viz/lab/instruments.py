"""Instruments: they take the quantities of a net while it trains; nothing leaves the device."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.utils.hooks import RemovableHandle

from resnet_viz.lab.norms import Tensors
from resnet_viz.lab.quantities import quantities
from resnet_viz.lab.quantities.points import GRADIENTS, POINTS, place
from resnet_viz.lab.quantities.quantity import Along, Quantity
from resnet_viz.lab.records import Floats

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
    weights before the update and the update are kept in buffers that are made once. On every
    `every`-th step, from 0, the hooks of `tap` are on the net for the length of `arm` to
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
    ) -> None:
        self._layers = list(layers)
        others = {id(p): p for p in parameters}
        self._others = [p for key, p in others.items() if key not in set(map(id, self._layers))]
        self._before, self._update = (
            [torch.empty_like(weight, requires_grad=False) for weight in self._layers]
            for _ in range(2)
        )
        mine = [q for q in quantities().values() if q.name in held]
        each = [q for q in mine if place(q)[1] == "each step"]
        self._of_gradients = [(q, q.points) for q in each if _AFTER_UPDATE not in q.points]
        self._of_updates = [(q, q.points) for q in each if _AFTER_UPDATE in q.points]
        some = [q for q in mine if place(q)[1] == "measured steps"]
        self._gathered = [_Gathered(q, held[q.name].names) for q in some]
        self._at = {p: [g for g in self._gathered if p in g.quantity.points] for p in POINTS}
        self._to_put = list(tap(self._give)) if tap and some else []
        self._every, self._is_measured, self._loss_scale = every, False, 1.0
        self._hooks: list[RemovableHandle] = []
        self._points: dict[str, Tensors] = {}
        self._found: dict[str, Tensor] = {}

    @torch.no_grad()
    def arm(self, step: int) -> None:
        """Before the forward pass of `step`."""
        self.after_forward()  # of a step that was given up
        self._found = {}
        torch._foreach_copy_(self._before, self._layers)
        self._is_measured = bool(self._to_put) and step % self._every == 0
        if self._is_measured:
            for gathered in self._gathered:
                gathered.clear()
            self._hooks += [put() for put in self._to_put]

    @property
    def is_measuring(self) -> bool:
        """Whether hooks are on the net."""
        return bool(self._hooks)

    def after_forward(self, loss_scale: float = 1.0) -> None:
        """When the loss is known; `loss_scale` is what it is multiplied by before backward.

        Gradients are still seen: their hooks are the tensors' own.
        """
        self._loss_scale = loss_scale
        for hook in self._hooks:
            hook.remove()
        self._hooks.clear()

    @torch.no_grad()
    def after_backward(self) -> None:
        """When every gradient is there, and nothing has changed it yet.

        A layer without a gradient, which none of our nets has, has the gradient NaN.
        """
        found = Tensors(w.grad for w in self._layers if w.grad is not None)
        others = Tensors(p.grad for p in self._others if p.grad is not None)
        every = Tensors(parts=(found, others))
        if len(found) < len(self._layers):
            none = torch.full((), torch.nan, device=self._before[0].device)
            found = Tensors(none if w.grad is None else w.grad for w in self._layers)
        self._points = {
            "weight": Tensors(self._before),
            "gradient": found,
            "parameter_gradients": every,
        }
        self._take(self._of_gradients)

    @torch.no_grad()
    def collect(self) -> Mapping[str, Tensor]:
        """After the update: what was found in this step, by quantity, on the device."""
        if self._of_updates:
            # What a foreach would allocate anew costs more than the subtraction.
            for before, after, update in zip(self._before, self._layers, self._update, strict=True):
                torch.sub(before, after, out=update)
            self._points["update"] = Tensors(self._update)
            self._take(self._of_updates)
        if self._is_measured:
            device = self._before[0].device
            self._found |= {one.quantity.name: one.values(device) for one in self._gathered}
        return self._found

    def _take(self, which: Sequence[tuple[Quantity, tuple[str, ...]]]) -> None:
        for quantity, points in which:
            self._found[quantity.name] = quantity.measure(*(self._points[p] for p in points))

    def _give(self, point: str, name: str, tensor: Tensor) -> None:
        value = tensor.detach()
        if value.dtype in (torch.bfloat16, torch.float16):
            value = value.float()
        if self._loss_scale != 1.0 and point in GRADIENTS:
            value = value / self._loss_scale
        tensors = Tensors([value])
        for gathered in self._at[point]:
            gathered.give(point, name, tensors)


class _Gathered:
    """A quantity of activations: measured for each name as soon as its last point is there."""

    def __init__(self, quantity: Quantity, names: Sequence[str]) -> None:
        self.quantity, self._points, self._names = quantity, quantity.points, tuple(names)
        self._waiting: dict[str, dict[str, Tensors]] = {name: {} for name in names}
        self._found: dict[str, Tensor] = {}

    def clear(self) -> None:
        """Forget the last measured step."""
        self._found.clear()
        for waiting in self._waiting.values():
            waiting.clear()

    def give(self, point: str, name: str, tensors: Tensors) -> None:
        """The one tensor at one of our points; where several come, the last counts."""
        waiting = self._waiting.get(name)
        if waiting is None:
            return
        waiting[point] = tensors
        if len(waiting) == len(self._points):
            self._found[name] = self.quantity.measure(*(waiting[p] for p in self._points))
            waiting.clear()

    def values(self, device: torch.device) -> Tensor:
        """One value a name; NaN where nothing passed."""
        none = torch.full((1,), torch.nan, device=device)
        return torch.cat([self._found.get(name, none) for name in self._names])


def to_host(
    scalars: Sequence[Tensor], found: Mapping[str, Tensor]
) -> tuple[list[float], dict[str, Floats]]:
    """Scalars and quantities as numbers and float32 arrays, by one copy from the device."""
    packed = torch.cat([torch.stack(list(scalars)).float(), *(v.float() for v in found.values())])
    values = packed.cpu().numpy()
    ends = np.cumsum([len(scalars), *(len(v) for v in found.values())])
    first, *arrays = np.split(values, ends[:-1])
    return first.tolist(), dict(zip(found, arrays, strict=True))
