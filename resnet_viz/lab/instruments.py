"""Instruments: they take the quantities of a net while it trains; nothing leaves the device."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from resnet_viz.lab.quantities import quantities
from resnet_viz.lab.quantities.quantity import Along, Quantity
from resnet_viz.lab.records import Floats

_AFTER_UPDATE = "update"


class Instruments:
    """The quantities `held`, of a net with the weighted `layers` and all `parameters`.

    A step is: `arm`, forward, backward, `after_backward`, update, `collect`. A copy of the weights
    before the update is kept in buffers that are made once.
    """

    def __init__(
        self,
        layers: Sequence[Tensor],
        parameters: Iterable[Tensor],
        held: Mapping[str, Along],
    ) -> None:
        self._layers, self._parameters = list(layers), list(parameters)
        self._before = [torch.empty_like(weight, requires_grad=False) for weight in self._layers]
        each = [q for q in quantities().values() if q.name in held and _is_of_weights(q)]
        self._of_gradients = [q for q in each if _AFTER_UPDATE not in q.points]
        self._of_updates = [q for q in each if _AFTER_UPDATE in q.points]
        self._found: dict[str, Tensor] = {}

    @torch.no_grad()
    def arm(self, step: int) -> None:
        """Before the forward pass of `step`."""
        self._found = {}
        torch._foreach_copy_(self._before, self._layers)

    @torch.no_grad()
    def after_backward(self) -> None:
        """When every gradient is there, and nothing has changed it yet."""
        gradients = [weight.grad for weight in self._layers if weight.grad is not None]
        assert len(gradients) == len(self._layers), "every weighted layer is on a path to the loss"
        every = [p.grad for p in self._parameters if p.grad is not None]
        points = {"weight": self._before, "gradient": gradients, "parameter_gradients": every}
        self._take(self._of_gradients, points)

    @torch.no_grad()
    def collect(self) -> Mapping[str, Tensor]:
        """After the update: what was found in this step, by quantity, on the device."""
        if self._of_updates:
            updates = list(torch._foreach_sub(self._before, self._layers))
            self._take(self._of_updates, {"update": updates, "weight": self._before})
        return self._found

    def _take(self, which: Sequence[Quantity], points: Mapping[str, list[Tensor]]) -> None:
        for quantity in which:
            tensors = [points[point] for point in quantity.points]
            self._found[quantity.name] = quantity.measure(*tensors)


def _is_of_weights(quantity: Quantity) -> bool:
    return {"weight", "gradient", "update", "parameter_gradients"}.issuperset(quantity.points)


def to_host(
    scalars: Sequence[Tensor], found: Mapping[str, Tensor]
) -> tuple[list[float], dict[str, Floats]]:
    """Scalars and quantities as numbers and float32 arrays, by one copy from the device."""
    packed = torch.cat([torch.stack(list(scalars)).float(), *(v.float() for v in found.values())])
    values = packed.cpu().numpy()
    ends = np.cumsum([len(scalars), *(len(v) for v in found.values())])
    first, *arrays = np.split(values, ends[:-1])
    return first.tolist(), dict(zip(found, arrays, strict=True))
