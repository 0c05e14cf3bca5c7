"""Instruments: they take the quantities of a net while it trains; nothing leaves the device."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.utils.hooks import RemovableHandle

from resnet_viz.quantities import quantities
from resnet_viz.quantities.layer_states import LayerState, States
from resnet_viz.quantities.points import GRADIENTS, OF_LAYERS, place
from resnet_viz.quantities.quantity import Along, Quantity
from resnet_viz.tensor_stats.norms import Tensors
from resnet_viz.training.kept_weights import KeptWeights
from resnet_viz.training.passing import Give, Passing, Unfinished

PutHook = Callable[[], RemovableHandle]
"""Puts a hook on a module."""

Tap = Callable[[Give], Iterable[PutHook]]
"""The hooks of a net that give what passes at its points."""

_AFTER_UPDATE = "update"


class Instruments:
    """The quantities `held`, of a net with the weighted `layers` and all `parameters`.

    A step is: `arm`, forward, `after_forward`, backward, `after_backward`, update, `collect`. Where
    a minibatch comes in several parts, `look` stands before each further forward pass, and the
    last `after_backward` counts. The weights before the update are kept in buffers that are made
    once. On every `every`-th step, from 0, and on the `last`, the hooks of `tap` are on the net
    during each forward pass; what passes is measured at once and not kept. On every
    `flows_every`-th step between, those of `tap_flows` are, which give the gradients at blocks
    alone. Weights are looked at
    on every `weights_every`-th step, and on the last. Nothing changes what the net computes.
    """

    def __init__(
        self,
        layers: Sequence[Tensor],
        parameters: Iterable[Tensor],
        held: Mapping[str, Along],
        tap: Tap | None = None,
        *,
        every: int = 1,
        weights_every: int = 1,
        tap_flows: Tap | None = None,
        flows_every: int = 1,
        last: int | None = None,
        in_parts: bool = False,
    ) -> None:
        self._layers = list(layers)
        own = set(map(id, self._layers))
        self._is_shared = len(own) < len(self._layers)
        self._others = [p for p in parameters if id(p) not in own]
        self._kept = KeptWeights(self._layers)
        mine = [q for q in quantities().values() if q.name in held]
        each = [(q, q.points) for q in mine if place(q)[1] == "each step"]
        self._before_update = [one for one in each if _AFTER_UPDATE not in one[1]]
        self._after_update = [one for one in each if _AFTER_UPDATE in one[1]]
        some = [q for q in mine if place(q)[1] == "measured steps"]
        self._of_layers = [(q, q.points) for q in some if OF_LAYERS.issuperset(q.points)]
        named = [(q, held[q.name].names) for q in some if not OF_LAYERS.issuperset(q.points)]
        self._passing = Passing(named, self._layers[0].device, in_parts=in_parts)
        self._tap = tap if held else None
        self._every, self._last, self._is_measured = every, last, False
        self._tap_flows = tap_flows if held else None
        self._flows_every, self._has_flows = flows_every, False
        self.weights_every, self._has_weights = weights_every, False
        self._hooks: list[RemovableHandle] = []
        self._tapped: dict[Tap, tuple[Give, Sequence[PutHook]]] = {}
        self._points: dict[str, Tensors] = {}
        self._found: dict[str, Tensor | Unfinished] = {}
        self.known: States = np.zeros(len(self._layers), np.int64)

    def add(self, held: Mapping[str, Along]) -> None:
        """Quantities of activations whose names became known as the net ran."""
        mine = [(q, held[q.name].names) for q in quantities().values() if q.name in held]
        self._passing.add(mine, self._layers[0].device)

    def arm(self, step: int) -> None:
        """Before the first forward pass of `step`."""
        self.begin(step)
        self.keep_weights()
        self.look()

    def begin(self, step: int) -> None:
        """A new step: nothing is found yet."""
        self.after_forward()  # of a step that was given up
        self._found = {}
        self._is_measured = step % self._every == 0 or step == self._last
        is_due = step % self._flows_every == 0 and not self._is_measured
        self._has_flows = self._tap_flows is not None and is_due
        self._has_weights = step % self.weights_every == 0 or step == self._last
        self._passing.clear()

    @torch.no_grad()
    def keep_weights(self) -> None:
        """Before the update: at any time after the last one."""
        self._points = {"weight": self._kept.keep()} if self._has_weights else {}

    def look(self) -> None:
        """Before a forward pass: the hooks are on the net until `after_forward`."""
        tap = self._tap_flows if self._has_flows else self._tap if self._is_measured else None
        if tap:
            self._hooks += [put() for put in self._hooks_of(tap, self._passing.of_next_pass())]

    def _hooks_of(self, tap: Tap, give: Give) -> Iterable[PutHook]:
        """Looked for once, where `give` stays the same: that takes longer than putting them."""
        if self._tapped.get(tap, (None, ()))[0] is not give:
            self._tapped[tap] = give, list(tap(give))
        return self._tapped[tap][1]

    def forget_passes(self) -> None:
        """What has passed in this step is none of its minibatch."""
        self._passing.clear()

    @property
    def is_measuring(self) -> bool:
        """Whether hooks are on the net."""
        return bool(self._hooks)

    def after_forward(self, loss_scale: Tensor | float = 1.0) -> None:
        """When the loss is known; `loss_scale` is what it is multiplied by before backward.

        Gradients are still seen: their hooks are the tensors' own.
        """
        self._passing.loss_scale = loss_scale
        for hook in self._hooks:
            hook.remove()
        self._hooks.clear()

    def scale_by(self, loss_scale: Tensor | float) -> None:
        """The loss that is to be differentiated next was multiplied by this."""
        self._passing.loss_scale = loss_scale

    @torch.no_grad()
    def after_backward(self, loss_scale: Tensor | float = 1.0, fixed: Tensor | None = None) -> None:
        """When every gradient is there, and nothing has changed it yet.

        A layer without a gradient has the gradient NaN, and `known` says why. `loss_scale` is what
        the gradients are still multiplied by. The layers that are `fixed` [L] keep what was found
        of them before in this step: they have been updated since.
        """
        self.known = np.array([_known(weight) for weight in self._layers], np.int64)
        grads = [_dense(w.grad) for w in self._layers]
        gradients = Tensors(_unscaled([g for g in grads if g is not None], loss_scale))
        others = (_dense(p.grad) for p in self._others)
        rest = _joined(_unscaled([g for g in others if g is not None], loss_scale))
        once = gradients
        if self._is_shared:
            used = [w for w, g in zip(self._layers, grads, strict=True) if g is not None]
            own = {id(w): g for w, g in zip(used, gradients, strict=True)}
            once = Tensors(own.values())
        every = Tensors(parts=(once, rest))
        if len(gradients) < len(self._layers):
            none = torch.full((), torch.nan, device=self._layers[0].device)
            given = iter(gradients)
            gradients = Tensors(none if g is None else next(given) for g in grads)
        at_layers = dict.fromkeys(("gradient", *OF_LAYERS), gradients)
        self._points |= {**at_layers, "parameter_gradients": every}
        before, self._found = self._found, {}
        due = [*self._before_update, *(self._of_layers if self._is_measured else ())]
        self._take([one for one in due if all(map(self._points.get, one[1]))])
        if fixed is not None:
            for name, old in before.items():
                new = self._found.get(name)
                if not isinstance(old, Tensor) or not isinstance(new, Tensor):
                    continue
                if old.shape == fixed.shape:
                    self._found[name] = torch.where(fixed, old, new)

    @torch.no_grad()
    def collect(self) -> Mapping[str, Tensor | Unfinished]:
        """After the update: what was found in this step, by quantity, on the device."""
        if self._after_update and self._has_weights:
            self._points["update"] = self._kept.update()
            self._take(self._after_update)
        self._points = {}  # lets go of the gradients
        if self._is_measured:
            self._found |= self._passing.values()
        elif self._has_flows:
            self._found |= self._passing.values(GRADIENTS)
        return self._found

    def _take(self, which: Sequence[tuple[Quantity, tuple[str, ...]]]) -> None:
        for quantity, points in which:
            self._found[quantity.name] = quantity.measure(*(self._points[p] for p in points))


def _known(weight: Tensor) -> LayerState:
    """What is known of a weight after backward without a look at its numbers."""
    if not weight.requires_grad:
        return LayerState.FROZEN
    return LayerState.UNUSED if weight.grad is None else LayerState.MEASURED


def _dense(gradient: Tensor | None) -> Tensor | None:
    """A gradient's numbers: those of an embedding may be sparse."""
    is_sparse = gradient is not None and gradient.is_sparse
    return gradient.coalesce().values() if gradient is not None and is_sparse else gradient


def _unscaled(gradients: list[Tensor], scale: Tensor | float) -> list[Tensor]:
    if isinstance(scale, float) and scale == 1.0:
        return gradients
    by = 1 / scale
    return [g * by.to(g.device) if isinstance(by, Tensor) else g * by for g in gradients]


def _joined(tensors: Iterable[Tensor]) -> Tensors:
    """The same numbers in fewer tensors: the vectors, of which a net has many, as one."""
    given = list(tensors)
    vectors = [tensor for tensor in given if tensor.dim() == 1]
    others = [tensor for tensor in given if tensor.dim() != 1]
    return Tensors([torch.cat(vectors), *others] if vectors else others)
