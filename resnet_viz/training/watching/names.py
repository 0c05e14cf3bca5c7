"""The names along the quantities of a model that is watched: known once it has been seen at work.

What is recorded of a quantity first settles its names for good: they are those that were measured,
and those that may be later (layers that are skipped, or frozen, for now).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from torch import nn

from resnet_viz.arch.plan import plan
from resnet_viz.nets.network import ResNet
from resnet_viz.quantities import quantities
from resnet_viz.quantities.every import Every
from resnet_viz.quantities.layer_states import LAYER_STATE
from resnet_viz.quantities.points import GRADIENTS, OF_LAYERS, POINTS, along, names_in, place
from resnet_viz.quantities.quantity import Along
from resnet_viz.training.hooks import points_of
from resnet_viz.training.watching.foreign_hooks import responding_in

_OF_OUTPUT = "output_rms"
"""What is measured of a found block's output; other quantities of it cost more."""


class WatchedNames:
    """The names along each quantity of `model`, whose layers and blocks are given as listed there.

    `candidates` has every name that a quantity could have; `held` those that are settled, in the
    order of the forward pass, and `columns` where in the candidates they are.
    """

    def __init__(
        self, model: nn.Module, layers: Sequence[str], blocks: Sequence[str], module_of: Modules
    ) -> None:
        self._module_of = module_of
        names = _names(model, layers, blocks)
        elsewhere = ("evaluations", "the end")
        every = [q for q in quantities().values() if place(q)[1] not in elsewhere]
        axes = {q.name: along(q, names) for q in every}
        self.candidates = MappingProxyType({name: one for name, one in axes.items() if len(one)})
        self.held: Mapping[str, Along] = MappingProxyType({})
        self.columns: dict[str, list[int]] = {}
        self._order: dict[str, int] = {}
        self._passed: set[tuple[str, str]] = set()
        self.found: Sequence[str] = ()

    def add_blocks(self, names: Sequence[str], seen: Sequence[str]) -> Mapping[str, Along]:
        """Blocks that were found as the model ran, in forward order: their quantities. The outputs
        of those that are `seen` will be given."""
        self.found = names
        new = {
            one.name: Along("block", tuple(names))
            for one in quantities().values()
            if GRADIENTS.issuperset(one.points)
        }
        if seen:
            new[_OF_OUTPUT] = Along("block", tuple(seen))
        self.candidates = MappingProxyType({**self.candidates, **new})
        return new

    @property
    def modules(self) -> Iterable[str]:
        """The modules whose order is to be told by `called`."""
        none = ("net", "block") if self.found else ("net",)
        every = (one for one in self.candidates.values() if one.axis not in none)
        names = {name for one in every for name in one.names}
        return dict.fromkeys(self._module_of.get(name, name) for name in sorted(names))

    def called(self, module: str, *_: object) -> None:
        """A module is carried out."""
        self._order.setdefault(module, len(self._order))

    def passed(self, point: str, name: str) -> None:
        """Something was given at a point."""
        self._passed.add((point, name))

    def settle(self, every: Every, *, is_frozen: bool) -> None:
        """After a step: the names of the quantities that it has, where they are not settled yet.

        `is_frozen`: a part of the model is not trained at present.
        """
        held = dict(self.held)
        for name, one in self.candidates.items():
            if name not in held and (columns := self._columns(name, one, is_frozen)):
                measured = tuple(one.names[i] for i in columns)
                held[name] = Along(one.axis, measured, every.of(quantities()[name]))
                self.columns[name] = columns
        self.held = MappingProxyType({name: held[name] for name in self.candidates if name in held})

    def _columns(self, name: str, one: Along, is_frozen: bool) -> list[int]:
        points = quantities()[name].points
        order = self._in_order(one.names)
        if POINTS[points[0]].when != "measured steps" or OF_LAYERS.issuperset(points):
            return order
        there = {n for n in one.names if all((point, n) in self._passed for point in points)}
        if not there:
            return []
        if one.axis == "block" and self.found:
            return list(range(len(one.names)))
        may_come = {n for n in one.names if self._module_of.get(n, n) not in self._order}
        if is_frozen and points[0] in GRADIENTS:
            may_come |= {n for n in one.names if ("output", n) in self._passed}
        return [i for i in order if one.names[i] in there | may_come]

    def _in_order(self, names: Sequence[str]) -> list[int]:
        """Places of the names in forward order; one that was not seen comes after the one that is
        listed before it."""
        orders = [self._order.get(self._module_of.get(name, name)) for name in names]
        first = next((order for order in orders if order is not None), 0)
        keys, last = [], first - 0.5
        for order in orders:
            last = last if order is None else float(order)
            keys.append(last)
        return sorted(range(len(names)), key=lambda i: (keys[i], i))


Modules = Mapping[str, str]
"""The module that uses a layer's weight, where its path is not the layer's name."""


def with_unmeasured(held: Mapping[str, Along], unmeasured: Sequence[str]) -> Mapping[str, Along]:
    """The same with the names of what is not measured: after the others, with a state alone."""
    if not unmeasured or LAYER_STATE not in held:
        return held
    states = held[LAYER_STATE]
    return {**held, LAYER_STATE: replace(states, names=(*states.names, *unmeasured))}


def _names(
    model: nn.Module, layers: Sequence[str], blocks: Sequence[str]
) -> Mapping[str, Sequence[str]]:
    """The names that each point could have."""
    if isinstance(model, ResNet):
        return names_in(plan(model.config))
    responding = responding_in(model)
    own = {"response": responding, "activation": responding}
    default = {"layer": layers, "block": (), "net": ["net"], "final": []}
    points = {block: points_of(model.get_submodule(block)) for block in blocks}
    names_at: dict[str, Sequence[str]] = {}
    for point, about in POINTS.items():
        at = [block for block in blocks if point in points[block]]
        names_at[point] = own.get(point, at if about.axis == "block" else default[about.axis])
    return names_at
