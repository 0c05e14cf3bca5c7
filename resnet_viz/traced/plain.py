"""without_shortcuts: the plain twin of any net, which computes the same but for its shortcuts.

The twin runs the net's own code. While it does, each call that adds a shortcut gives the branch
alone; which calls those are is known from one pass of the net. So the twin has the net's
parameters, its training and evaluation modes and its control flow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from resnet_viz.traced.data_graph import DataGraph, Node, Value
from resnet_viz.traced.examples import example_for
from resnet_viz.traced.passes import Example, data_graph
from resnet_viz.traced.shortcuts import Addition, additions, named

_METHODS = ("__add__", "__radd__", "__iadd__", "add", "add_", "__sub__", "__isub__", "sub", "sub_")
_SUMS = frozenset({torch.add, torch.sub, *(getattr(Tensor, name) for name in _METHODS)})
_IN_PLACE = frozenset({Tensor.add_, Tensor.sub_})


def without_shortcuts(model: nn.Module, example: Example | None = None) -> nn.Module:
    """The plain twin of `model`: a copy in which each block gives its branch alone.

    It has the same parameters, and you can train it. Weights that only a shortcut uses, such as
    those of a projection, stay in it unused. Do not compile it.

    Args:
        model: any module whose shortcuts can be found; it stays as it is.
        example: what it is called with, as in `graph`.

    Raises:
        ValueError: if the net has no shortcuts, or one cannot be left out; it says why.
    """
    given = example_for(model) if example is None else example
    calls = _Calls()
    with calls, data_graph(model, given) as graph:
        found = additions(graph)
        if not found:
            raise ValueError("without_shortcuts: no shortcuts were found in this net")
        names = [one.name for one in named(graph, found)]
        kept = {}
        for one, name in zip(found, names, strict=True):
            if (reason := _unsound(graph, one)) is not None:
                raise ValueError(f"without_shortcuts: {name}: {reason}")
            call, place = _call_of(calls.seen, one, name)
            kept[call] = place
    return Plain(deepcopy(model), kept, len(calls.seen))


class Plain(nn.Module):
    """A net without its shortcuts: of the `calls` that add, those in `kept` give the operand at the
    place that stands there."""

    def __init__(self, model: nn.Module, kept: Mapping[int, int], calls: int) -> None:
        super().__init__()
        self.model, self.kept, self.calls = model, dict(kept), calls

    def forward(self, *arguments: Any, **named_arguments: Any) -> Any:
        """What the net gives without its shortcuts."""
        branches = _Branches(self.kept)
        with branches:
            output = self.model(*arguments, **named_arguments)
        if branches.count != self.calls:
            raise RuntimeError(
                f"without_shortcuts: the net added {branches.count} times in this pass and "
                f"{self.calls} times when its shortcuts were found, so they cannot be told apart; "
                "give an example that takes the same path"
            )
        return output


class _Call(NamedTuple):
    """A call that added two tensors: what it gave and took, as values of autograd's graph."""

    node: Node
    operands: tuple[Value, Value]
    shapes: tuple[torch.Size, torch.Size, torch.Size]
    is_in_place: bool


class _Calls(TorchFunctionMode):
    """Keeps what each call adds."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[_Call] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if not _adds(func, args):
            return func(*args, **(kwargs or {}))
        first, second = (Value(one.grad_fn, one.output_nr) for one in args[:2])
        shapes = [one.shape for one in args[:2]]
        given = func(*args, **(kwargs or {}))
        self.seen.append(
            _Call(given.grad_fn, (first, second), (*shapes, given.shape), func in _IN_PLACE)
        )
        return given


class _Branches(TorchFunctionMode):
    """Gives the branch alone where a shortcut would be added."""

    def __init__(self, kept: Mapping[int, int]) -> None:
        super().__init__()
        self._kept, self.count = kept, 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if _adds(func, args):
            place = self._kept.get(self.count)
            self.count += 1
            if place is not None:
                return args[place]
        return func(*args, **(kwargs or {}))


def _adds(func: Any, args: Sequence[object]) -> bool:
    return func in _SUMS and len(args) > 1 and all(isinstance(one, Tensor) for one in args[:2])


def _unsound(graph: DataGraph, addition: Addition) -> str | None:
    """Why an addition cannot be left out; None where it can."""
    inside = {*addition.on_branch, addition.source}
    beside = {
        value.node
        for node in addition.on_branch
        for value in graph.taken(node)
        if value.node not in inside
    }
    if any(_comes_from_input(graph, node) for node in beside):
        return "its branch takes more than the block's input; several streams meet in it"
    return None


def _comes_from_input(graph: DataGraph, node: Node) -> bool:
    """Whether a node computes with what the net is given; a table of positions does not."""
    seen, waiting = {node}, [node]
    while waiting:
        one = waiting.pop()
        taken = [value.node for value in graph.taken(one)]
        if not taken and (one in graph.inputs or one.name().startswith("Embedding")):
            return True
        waiting += [n for n in taken if n not in seen]
        seen.update(taken)
    return False


def _call_of(calls: Sequence[_Call], addition: Addition, name: str) -> tuple[int, int]:
    """Which call adds a shortcut, and the place of its other operand."""
    for number, call in enumerate(calls):
        if call.node not in addition.sums or addition.shortcut not in call.operands:
            continue
        place = 1 - call.operands.index(addition.shortcut)
        if call.shapes[place] != call.shapes[2]:
            raise ValueError(
                f"without_shortcuts: {name}: its branch has the shape "
                f"{tuple(call.shapes[place])}, and its sum {tuple(call.shapes[2])}"
            )
        if call.is_in_place and place == 1:
            raise ValueError(
                f"without_shortcuts: {name}: its branch is added into the shortcut in place"
            )
        return number, place
    raise ValueError(
        f"without_shortcuts: {name}: its addition is part of a larger operation, so it cannot be "
        "left out"
    )
