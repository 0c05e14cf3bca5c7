"""One forward pass of any net, looked at: its data graph and its shortcuts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from resnet_viz.traced.data_graph import DataGraph, Recorder
from resnet_viz.traced.shortcuts import Shortcut, additions, named
from resnet_viz.traced.tensors import tensors_in

Example = Tensor | Sequence[object] | Mapping[str, object]
"""What a net is called with: one tensor, arguments in order, or arguments by name."""


def shortcuts(model: nn.Module, example: Example) -> list[Shortcut]:
    """The shortcuts of `model`, in forward order, from one pass on `example`."""
    with data_graph(model, example) as graph:
        return named(graph, additions(graph))


@contextmanager
def data_graph(model: nn.Module, example: Example) -> Iterator[DataGraph]:
    """The data graph of one pass in evaluation mode; the model is left as it was."""
    recorder = Recorder(model)
    modes = [(module, module.training) for module in model.modules()]
    frozen = [p for p in model.parameters() if not p.requires_grad and p.is_floating_point()]
    hooks = [module.register_forward_hook(hook) for module, hook in recorder.hooks()]
    try:
        model.eval()
        for parameter in frozen:
            parameter.requires_grad_(True)
        with torch.enable_grad():
            arguments, names, inputs = _as_sources(example)
            output = model(*arguments, **names)
        yield DataGraph(model, list(tensors_in(output)), recorder.modules_at, inputs)
    finally:
        for hook in hooks:
            hook.remove()
        for parameter in frozen:
            parameter.requires_grad_(False)
        for module, mode in modes:
            module.training = mode


def _as_sources(example: Example) -> tuple[list[object], dict[str, object], list[object]]:
    """The arguments, each float among them a node of autograd's graph, and those nodes."""
    inputs: list[object] = []

    def source(given: object) -> object:
        if not isinstance(given, Tensor) or not given.is_floating_point():
            return given
        own = given.detach().requires_grad_().clone()
        inputs.append(own.grad_fn)
        return own

    if isinstance(example, Mapping):
        return [], {name: source(one) for name, one in example.items()}, inputs
    given = [example] if isinstance(example, Tensor) else list(example)
    return [source(one) for one in given], {}, inputs
