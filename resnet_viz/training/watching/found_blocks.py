"""Blocks of a watched net that nobody named: found in autograd's graph of a measured pass."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from resnet_viz.traced.data_graph import DataGraph, Node, Recorder
from resnet_viz.traced.flows import hook_flows
from resnet_viz.traced.shortcuts import Addition, Shortcut, additions, named
from resnet_viz.traced.tensors import tensors_in
from resnet_viz.training.hooks import Take, at_input, at_output
from resnet_viz.training.passing import Give
from resnet_viz.training.probes import PutHook
from resnet_viz.training.watching.watched_model import OnlyHere

_Place = tuple[Callable[[nn.Module, Take], PutHook], str]
"""At the output or at the input, and of which module."""


class FoundBlocks:
    """The shortcuts of `model`, found anew in each measured pass, with the gradients on them.

    `shortcuts` are those of the first pass in which there were any; later ones are known by their
    names. `outputs` says where their outputs are seen from the next measured pass on, of those that
    a module gives or takes. The net's own input counts as where a block may begin: for a measured
    pass it becomes a part of autograd's graph.
    """

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self._recorder = Recorder(model)
        self._inputs: list[Node] = []
        self._needs_input, self._is_due = True, False
        self._hook: RemovableHandle | None = None
        self._has_warned = False
        self.shortcuts: Sequence[Shortcut] = ()
        self.outputs: Mapping[str, _Place] = {}

    def open(self) -> None:
        """Stand at the model's entrance, after whoever calls `hooks` as a pass begins."""
        put = self._model.register_forward_pre_hook
        self._hook = put(OnlyHere(self._as_source), with_kwargs=True)

    def close(self) -> None:
        """Leave it."""
        if self._hook is not None:
            self._hook.remove()

    def hooks(self, give: Give) -> Iterator[PutHook]:
        """Hooks for one forward pass, after which `ended` is called."""
        self._recorder.forget()
        self._inputs, self._is_due = [], True
        for name, (at, path) in self.outputs.items():
            yield at(self._model.get_submodule(path), partial(give, "output", name))
        for module, hook in self._recorder.hooks():
            yield partial(module.register_forward_hook, hook)

    def ended(self, output: object, give: Give) -> None:
        """The forward pass is over: `give` will get the gradients of its backward pass.

        What goes wrong here must not end the owner's training: it is said once, and left alone.
        """
        self._is_due = False
        try:
            self._look(output, give)
        except Exception as error:  # noqa: BLE001
            if not self._has_warned:
                self._has_warned = True
                warnings.warn(f"watch: shortcuts were not found: {error}", stacklevel=2)
        self._recorder.forget()
        self._inputs = []

    def _look(self, output: object, give: Give) -> None:
        outputs = [one for one in tensors_in(output) if one.requires_grad]
        graph = DataGraph(self._model, outputs, self._recorder.modules_at, self._inputs)
        found = additions(graph)
        own = named(graph, found)
        if found and not self.shortcuts:
            self.shortcuts = own
            self.outputs = dict(self._outputs(graph, zip(found, own, strict=True)))
            sources = {one.source for one in found}
            self._needs_input = any(node in sources for node in self._inputs)
        known = {one.name for one in self.shortcuts}
        for addition, shortcut in zip(found, own, strict=True):
            if shortcut.name in known:
                hook_flows(graph, addition, partial(_give_named, give, shortcut.name))

    def _outputs(
        self, graph: DataGraph, blocks: Iterable[tuple[Addition, Shortcut]]
    ) -> Iterator[tuple[str, _Place]]:
        """Where in later passes the blocks' outputs are seen: a block that is a module gives its
        own; of others the sum is what a module gives, or takes."""
        takers = self._recorder.takers_of
        times = Counter(takers.values())
        given = {name: node for node, names in graph.modules_at.items() for name in names}
        for addition, block in blocks:
            node, own = addition.node, given.get(block.name)
            if own in graph.place and graph.place[own] >= graph.place[node]:
                yield block.name, (at_output, block.name)
            elif node in graph.modules_at:
                yield block.name, (at_output, graph.modules_at[node][0])
            elif times[takers.get(node, "")] == 1:
                yield block.name, (at_input, takers[node])

    def _as_source(
        self, _: nn.Module, given: tuple[object, ...], by_name: Mapping[str, object]
    ) -> tuple[tuple[object, ...], dict[str, object]] | None:
        if not (self._is_due and self._needs_input and torch.is_grad_enabled()):
            return None
        return (
            tuple(self._source(one) for one in given),
            {name: self._source(one) for name, one in by_name.items()},
        )

    def _source(self, given: Any) -> Any:
        if not isinstance(given, Tensor) or not given.is_floating_point():
            return given
        own = given if given.requires_grad else given.detach().requires_grad_()
        own = own.clone()
        self._inputs.append(own.grad_fn)
        return own


def _give_named(give: Give, name: str, point: str, gradient: Tensor) -> None:
    give(point, name, gradient)
