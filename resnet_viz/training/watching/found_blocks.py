"""Blocks of a watched net that nobody named: found in autograd's graph of a measured pass."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from resnet_viz.traced.data_graph import DataGraph, Node, Recorder
from resnet_viz.traced.flows import hook_flows
from resnet_viz.traced.shortcuts import Shortcut, additions, named
from resnet_viz.traced.tensors import tensors_in
from resnet_viz.training.passing import Give
from resnet_viz.training.probes import PutHook
from resnet_viz.training.watching.watched_model import OnlyHere


class FoundBlocks:
    """The shortcuts of `model`, found anew in each measured pass, with the gradients on them.

    `shortcuts` are those of the first pass in which there were any; later ones are known by their
    names. The net's own input counts as where a block may begin: for a measured pass it becomes a
    part of autograd's graph.
    """

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self._recorder = Recorder(model)
        self._inputs: list[Node] = []
        self._needs_input, self._is_due = True, False
        self._hook: RemovableHandle | None = None
        self._has_warned = False
        self.shortcuts: Sequence[Shortcut] = ()

    def open(self) -> None:
        """Stand at the model's entrance, after whoever calls `hooks` as a pass begins."""
        put = self._model.register_forward_pre_hook
        self._hook = put(OnlyHere(self._as_source), with_kwargs=True)

    def close(self) -> None:
        """Leave it."""
        if self._hook is not None:
            self._hook.remove()

    def hooks(self) -> Iterator[PutHook]:
        """Hooks for one forward pass, after which `ended` is called."""
        self._recorder.forget()
        self._inputs, self._is_due = [], True
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
            sources = {one.source for one in found}
            self._needs_input = any(node in sources for node in self._inputs)
        known = {one.name for one in self.shortcuts}
        for addition, shortcut in zip(found, own, strict=True):
            if shortcut.name in known:
                hook_flows(graph, addition, partial(_give_named, give, shortcut.name))

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
