"""Gradient flows: what comes back through the shortcut and the branch of each addition.

Hooks on the nodes of autograd's graph see every gradient on its way to a block's input before
autograd adds them up, so that the parts add up to the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import partial

from torch import Tensor

from resnet_viz.traced.data_graph import DataGraph, Node
from resnet_viz.traced.shortcuts import Addition

Take = Callable[[str, Tensor], None]
"""Takes "grad_input", "grad_shortcut" or "grad_branch", and that gradient."""

_Grads = tuple[Tensor | None, ...]


def hook_flows(graph: DataGraph, addition: Addition, take: Take) -> None:
    """In the backward pass of `graph`, `take` gets the gradient at the input of a block, and its
    two parts."""
    over = addition.on_shortcut or addition.sums
    shortcut = _edges(over, addition.source)
    branch = _edges(addition.on_branch, addition.source)
    outputs = {output for *_, output in (*shortcut, *branch)}
    if not shortcut or not branch or len(outputs) > 1:
        return  # a part of a tensor of several parts: there is no one input
    (output,) = outputs
    parts = _Parts(take)
    for part, edges in (("grad_shortcut", shortcut), ("grad_branch", branch)):
        for node, place, _ in edges:
            node.register_hook(partial(parts.came, part, place))
    users = sum(
        value == (addition.source, output)
        for user in set(graph.users[addition.source])
        for value in graph.taken(user)
    )
    is_all = users == len(shortcut) + len(branch)
    addition.source.register_prehook(partial(parts.over, output, is_all))


def _edges(nodes: Collection[Node], source: Node) -> list[tuple[Node, int, int]]:
    """Where `nodes` take what `source` gives: the node, which of its arguments, which output."""
    return [
        (node, place, output)
        for node in nodes
        for place, (taken, output) in enumerate(node.next_functions)
        if taken is source
    ]


class _Parts:
    """The parts of one block's gradient, as they come."""

    def __init__(self, take: Take) -> None:
        self._take = take
        self._sum: dict[str, Tensor] = {}

    def came(self, part: str, place: int, inputs: _Grads, _: object) -> None:
        gradient = inputs[place]
        if gradient is not None:
            before = self._sum.get(part)
            self._sum[part] = gradient if before is None else before + gradient

    def over(self, output: int, is_all: bool, outputs: _Grads) -> None:
        """Every part is there: the gradient goes on to what made the block's input."""
        own, self._sum = self._sum, {}
        whole = outputs[output] if is_all else _added(own.values())
        if whole is None or len(own) < 2:
            return
        self._take("grad_input", whole)
        for part, gradient in own.items():
            self._take(part, gradient)


def _added(parts: Iterable[Tensor]) -> Tensor | None:
    total: Tensor | None = None
    for part in parts:
        total = part if total is None else total + part
    return total
