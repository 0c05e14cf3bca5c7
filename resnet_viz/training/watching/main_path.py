"""Which layers of any model lie beside its main path, read off autograd's graph of one pass.

The main path is the longest one from input to output, counted in weighted layers: a projection on a
shortcut is passed by it, and so is what makes the factors of a gate (squeeze-and-excitation).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from resnet_viz.traced.data_graph import from_inputs

_Node = Any
_GATES = ("SigmoidBackward0", "HardsigmoidBackward0")
"""What gives factors between 0 and 1: where a product takes one, it scales its other factor."""


def beside_main_path(output: Tensor, layers: Mapping[str, Tensor]) -> set[str]:
    """The names of the `layers` whose weights are used beside the longest path to `output`.

    One whose use is not found in the graph counts as on it: nothing is known of it.
    """
    order = from_inputs([] if output.grad_fn is None else [output.grad_fn])
    users = _users(order)
    name_of = {id(weight): name for name, weight in layers.items()}
    op_of = {}
    for node in order:
        name = name_of.get(id(getattr(node, "variable", None)))
        if name is not None:
            op_of[name] = _operation(node, users)
    weighted = set(op_of.values())
    before: dict[_Node, int] = {}
    for node in order:
        before[node] = max((before[n] for n in _main(node)), default=0) + (node in weighted)
    after: dict[_Node, int] = {}
    if order:
        after[order[-1]] = 0
    for node in reversed(order):
        if node in after:
            for n in _main(node):
                after[n] = max(after.get(n, 0), after[node] + (node in weighted))
    longest = before[order[-1]] if order else 0
    is_on = {op: op in after and before[op] + after[op] == longest for op in weighted}
    return {name for name, op in op_of.items() if not is_on[op]}


def _users(order: list[_Node]) -> Mapping[_Node, list[_Node]]:
    users: dict[_Node, list[_Node]] = {node: [] for node in order}
    for node in order:
        for n in _taken(node):
            users[n].append(node)
    return users


def _operation(weight: _Node, users: Mapping[_Node, list[_Node]]) -> _Node:
    """What uses a weight: beyond its casts, transpositions and views, which take nothing else."""
    node = weight
    while len(above := users[node]) == 1:
        node = above[0]
        if len(node.next_functions) > 1:
            break
    return node


def _taken(node: _Node) -> list[_Node]:
    return [n for n, _ in node.next_functions if n is not None]


def _main(node: _Node) -> list[_Node]:
    """What a node takes, but for the factors of a gate."""
    taken = _taken(node)
    if node.name() != "MulBackward0" or len(taken) < 2:
        return taken
    others = [n for n in taken if _through_views(n).name() not in _GATES]
    return others or taken


def _through_views(node: _Node) -> _Node:
    while len(node.next_functions) == 1 and node.name().startswith(("View", "Unsqueeze", "Expand")):
        node = node.next_functions[0][0]
    return node
