"""Shortcuts of any net: the additions in its data graph that join a shortcut with a branch.

An addition is residual where one of its operands, or what that was before operations without
weights, goes into another operand, too: an identity shortcut. It is residual as well where all
operands come from one node and one has passed fewer weighted layers than another: a projection. Of
a block of one layer it is a 1x1 convolution beside larger ones.
Sums of parallel branches, positions that are added and polynomials of an activation are neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from resnet_viz.traced.data_graph import DataGraph, Node, Value

Kind = Literal["identity", "projection"]


@dataclass(frozen=True)
class Shortcut:
    """A shortcut of any net: its kind, and the modules beside it and on it, in forward order.

    `name` is the path of the module that the addition closes or, where a module has several, of
    the one in the branch that has most of it. An identity carries no weights; a norm's scale and
    shift may be on it.
    """

    name: str
    kind: Kind
    branch: tuple[str, ...]
    path: tuple[str, ...]


class Addition(NamedTuple):
    """A residual addition in a data graph: of `shortcut` and `branches`, which come from
    `source`. The nodes on the ways are in forward order; `sums` are the nodes that add."""

    node: Node
    source: Node
    shortcut: Value
    branches: tuple[Value, ...]
    kind: Kind
    on_shortcut: tuple[Node, ...]
    on_branch: tuple[Node, ...]
    sums: tuple[Node, ...] = ()


_SUMS = ("AddBackward", "SubBackward", "torch::autograd::CopySlices")


def additions(graph: DataGraph) -> list[Addition]:
    """The residual additions of a net, in forward order."""
    found: dict[Node, Addition] = {}
    operands: dict[Node, list[Value]] = {}
    sums: dict[Node, tuple[Node, ...]] = {}
    for node in graph.place:
        # Whether it may add: a sum in place, into a part of another tensor, is a CopySlices.
        if not str(node.name()).startswith(_SUMS) or len(graph.taken(node)) < 2:
            continue
        own: list[Value] = []
        sums[node] = (node,)
        for value in graph.taken(node):
            if _is_part(graph, value.node, node, operands):
                own += operands[value.node]
                sums[node] += sums[value.node]
                found.pop(value.node, None)
            else:
                own.append(value)
        operands[node] = own
        if (one := _identity(graph, node, own) or _projection(graph, node, own)) is not None:
            found[node] = one._replace(sums=sums[node])
    return list(found.values())


def _is_part(graph: DataGraph, inner: Node, outer: Node, operands: dict[Node, list[Value]]) -> bool:
    """Whether a sum is a summand alone: x + a(x) + b(x) is one sum of three."""
    return (
        inner in operands
        and list(graph.users[inner]) == [outer]
        and graph.dominators[inner] is graph.dominators[outer]
    )


def _identity(graph: DataGraph, node: Node, operands: Sequence[Value]) -> Addition | None:
    for shortcut in operands:
        if node.name().startswith("Sub") and shortcut is operands[-1]:
            continue  # f(x) - x is a filter
        others = tuple(value for value in operands if value != shortcut)
        for source in _before_weights(graph, shortcut.node):
            branch = _joined(graph, source, others)
            if branch is not None and _is_branch(graph, branch, is_bare=source is shortcut.node):
                way = graph.between(source, shortcut.node)
                return Addition(
                    node, source, shortcut, others, "identity", tuple(way), tuple(branch)
                )
    return None


def _joined(graph: DataGraph, source: Node, ends: Sequence[Value]) -> list[Node] | None:
    """The nodes between a source and several ends; None where one does not come from it."""
    every: set[Node] = set()
    for end in ends:
        if not (ways := graph.between(source, end.node)):
            return None
        every.update(ways)
    return sorted(every, key=graph.place.__getitem__) or None


def _before_weights(graph: DataGraph, node: Node) -> Iterator[Node]:
    """The node, and those before it while each is the only data of the next, without weights."""
    yield node
    while node not in graph.weighted and len(taken := graph.taken(node)) == 1:
        (node, _) = taken[0]
        yield node


def _is_branch(graph: DataGraph, nodes: Sequence[Node], *, is_bare: bool) -> bool:
    """Whether these compute what a branch would: x + x**3 has neither weights nor modules.

    Where nothing at all is on the shortcut, modules without weights do, such as a pool.
    """
    return any(node in graph.weighted or (is_bare and node in graph.modules_at) for node in nodes)


def _projection(graph: DataGraph, node: Node, operands: Sequence[Value]) -> Addition | None:
    source = graph.dominators[node]
    if source is None or node.name().startswith("Sub"):
        return None
    depths = [_depth(graph, source, value.node) for value in operands]
    if set(depths) == {1}:
        depths = [2 - _is_pointwise(graph, source, value.node) for value in operands]
    least = min(depths)
    if least == max(depths) or depths.count(least) > 1:
        return None
    shortcut = operands[depths.index(least)]
    branches = tuple(value for value in operands if value is not shortcut)
    branch = _joined(graph, source, branches)
    if branch is None:
        return None
    way = tuple(graph.between(source, shortcut.node))
    kind: Kind = "projection" if least else "identity"
    return Addition(node, source, shortcut, branches, kind, way, tuple(branch))


def _is_pointwise(graph: DataGraph, source: Node, end: Node) -> bool:
    """Whether 1x1 convolutions are all that is weighted on the way from `source` to `end`."""
    ways = graph.between(source, end)
    return all(graph.is_pointwise(node) for node in ways if node in graph.weighted)


def _depth(graph: DataGraph, source: Node, end: Node) -> int:
    """The weighted layers on the longest way from `source` to `end`."""
    depth = {source: 0}
    for node in graph.between(source, end):
        before = (depth.get(value.node, 0) for value in graph.taken(node))
        depth[node] = max(before) + (node in graph.weighted)
    return depth.get(end, 0)


def named(graph: DataGraph, found: Sequence[Addition]) -> list[Shortcut]:
    """The additions as shortcuts with names, all different."""
    branches = [_modules(graph, one.on_branch) for one in found]
    parents = [_common(own) for own in branches]
    names: list[str] = []
    for one, own, parent in zip(found, branches, parents, strict=True):
        beside = (
            path
            for other, path in zip(found, parents, strict=True)
            if other is not one and other.node not in one.on_branch
        )
        is_shared = any(path == parent or path.startswith(f"{parent}.") for path in beside)
        name = _main_child(graph, own, parent) if is_shared or not parent else parent
        names.append(_distinct(name or "addition", names))
    return [
        Shortcut(name, one.kind, tuple(branch), tuple(_modules(graph, one.on_shortcut)))
        for name, one, branch in zip(names, found, branches, strict=True)
    ]


def _modules(graph: DataGraph, nodes: Sequence[Node]) -> list[str]:
    """The innermost modules that these operations are of, in forward order."""
    every: dict[str, None] = {}
    for node in nodes:
        every.update(dict.fromkeys(name.rpartition(".")[0] for name in graph.used[node]))
        every.update(dict.fromkeys(graph.modules_at.get(node, ())[:1]))
    every.pop("", None)
    return list(every)


def _common(modules: Sequence[str]) -> str:
    """The path of the innermost module that holds all of `modules`."""
    if len(modules) == 1:
        return modules[0]
    parts: list[str] = []
    for own in zip(*(path.split(".") for path in modules), strict=False):
        if len(set(own)) > 1:
            break
        parts.append(own[0])
    return ".".join(parts)


def _main_child(graph: DataGraph, modules: Sequence[str], parent: str) -> str:
    """The child of `parent` with most of the parameters of `modules`; the first of several."""
    start = f"{parent}." if parent else ""
    size: dict[str, int] = {}
    for path in modules:
        child = start + path.removeprefix(start).split(".")[0]
        size[child] = size.get(child, 0) + graph.sizes.get(path, 0)
    return max(size, key=size.__getitem__, default=parent)


def _distinct(name: str, others: Sequence[str]) -> str:
    if name not in others:
        return name
    number = next(n for n in range(2, len(others) + 3) if f"{name} ({n})" not in others)
    return f"{name} ({number})"
