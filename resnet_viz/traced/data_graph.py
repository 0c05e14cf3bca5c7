"""Data graph of one forward pass: autograd's graph without what is made of parameters alone.

A node is data where it is a module's output or the net's input, or takes a node that is. The rest
is weights on their way into an operation: transposed, cast, or computed from others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from math import prod
from typing import Any, NamedTuple

from torch import Tensor, nn
from torch.nn.parameter import UninitializedParameter

from resnet_viz.traced.tensors import tensors_in

Node = Any
"""A node of autograd's graph: an operation."""


class Value(NamedTuple):
    """What a node gives at one of its outputs."""

    node: Node
    output: int


class Recorder:
    """Hooks on every module of a net that keep, for one pass, which node each output is of.

    It holds on to autograd's graph until `forget`.
    """

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self.modules_at: dict[Node, list[str]] = {}
        """The modules whose output a node gives, the innermost first."""
        self.takers_of: dict[Node, str] = {}
        """The innermost module that takes what a node gives, the first of several."""

    def hooks(self) -> Iterator[tuple[nn.Module, Any]]:
        """Each module, and its forward hook."""
        for name, module in self._model.named_modules():
            if name:
                yield module, self._hook(name)

    def forget(self) -> None:
        """Let go of the pass."""
        self.modules_at, self.takers_of = {}, {}

    def _hook(self, name: str) -> Any:
        def hook(_: nn.Module, inputs: object, output: object) -> None:
            for tensor in tensors_in(inputs):
                if tensor.grad_fn is not None:
                    self.takers_of.setdefault(tensor.grad_fn, name)
            for tensor in tensors_in(output):
                if tensor.grad_fn is not None:
                    self.modules_at.setdefault(tensor.grad_fn, []).append(name)

        return hook


class DataGraph:
    """The operations on data between a net's inputs and `outputs`, each after those it takes.

    Args:
        outputs: what the net gave.
        modules_at: the modules whose output a node gives.
        inputs: nodes that are the net's inputs.
    """

    def __init__(
        self,
        model: nn.Module,
        outputs: Iterable[Tensor],
        modules_at: Mapping[Node, Sequence[str]],
        inputs: Iterable[Node] = (),
    ) -> None:
        self.modules_at = modules_at
        named = list(model.named_parameters(remove_duplicate=False))
        self._name_of = {id(parameter): name for name, parameter in named}
        self._matrices = {
            name: _kernel(parameter) for name, parameter in named if is_matrix(parameter)
        }
        self.sizes: dict[str, int] = {}
        """Each module's own parameters, counted."""
        for name, parameter in named:
            owner = name.rpartition(".")[0]
            own = 0 if isinstance(parameter, UninitializedParameter) else parameter.numel()
            self.sizes[owner] = self.sizes.get(owner, 0) + own
        self._weighted_modules = {name.rpartition(".")[0] for name in self._matrices}
        every = from_inputs([t.grad_fn for t in outputs if t.grad_fn is not None])
        self.inputs = frozenset(inputs)
        self.place: dict[Node, int] = {}
        """The place of each node in the order."""
        for node in every:
            taken = (n for n, _ in node.next_functions)
            if node in self.inputs or node in modules_at or any(n in self.place for n in taken):
                self.place[node] = len(self.place)
        self.used = {node: self._parameters_of(node) for node in self.place}
        """The names of the parameters that a node takes."""

    @cached_property
    def users(self) -> Mapping[Node, Sequence[Node]]:
        """The nodes that take a node's outputs; one that takes two is listed twice."""
        users: dict[Node, list[Node]] = {node: [] for node in self.place}
        for node in self.place:
            for value in self.taken(node):
                users[value.node].append(node)
        return users

    @cached_property
    def weighted(self) -> frozenset[Node]:
        """The operations that use a matrix or a kernel, trained or frozen."""
        return frozenset(node for node in self.place if self._is_weighted(node))

    @cached_property
    def dominators(self) -> Mapping[Node, Node | None]:
        """The nearest node that all data pass on their way to a node; None for the net's start."""
        depth: dict[Node | None, int] = {None: 0}
        nearest: dict[Node | None, Node | None] = {}
        for node in self.place:
            before = [value.node for value in self.taken(node)]
            common: Node | None = before[0] if before else None
            for one in before[1:]:
                other: Node | None = one
                while common is not other:
                    if depth[common] >= depth[other]:
                        common = nearest[common]
                    else:
                        other = nearest[other]
            nearest[node], depth[node] = common, depth[common] + 1
        return nearest

    def taken(self, node: Node) -> list[Value]:
        """The data that an operation takes."""
        return [Value(n, i) for n, i in node.next_functions if n in self.place]

    def between(self, start: Node, end: Node) -> list[Node]:
        """The nodes on the ways from `start`, left out, to `end`, in their order."""
        if start is end:
            return []
        first, back, waiting = self.place[start], {end}, [end]
        while waiting:
            for value in self.taken(waiting.pop()):
                if value.node not in back and self.place[value.node] > first:
                    back.add(value.node)
                    waiting.append(value.node)
        reached, ways = {start}, []
        for node in sorted(back, key=self.place.__getitem__):
            if any(value.node in reached for value in self.taken(node)):
                reached.add(node)
                ways.append(node)
        return ways if end in reached else []

    def is_pointwise(self, node: Node) -> bool:
        """Whether an operation is weighted by kernels of one pixel, or by matrices."""
        sizes = {self._matrices[name] for name in self.used[node] if name in self._matrices}
        return sizes == {1}

    def _is_weighted(self, node: Node) -> bool:
        modules = self.modules_at.get(node, ())
        return any(name in self._matrices for name in self.used[node]) or any(
            name in self._weighted_modules for name in modules
        )

    def _parameters_of(self, node: Node) -> list[str]:
        """The parameters that an operation takes, through whatever transposes or casts them."""
        names, seen = [], set()
        waiting = [n for n, _ in node.next_functions]
        while waiting:
            one = waiting.pop()
            if one is None or one in self.place or one in seen:
                continue
            seen.add(one)
            if name := self._name_of.get(id(getattr(one, "variable", None))):
                names.append(name)
            waiting += [n for n, _ in one.next_functions]
        return names


def is_matrix(parameter: Tensor) -> bool:
    """Whether it is more than a vector, in whatever shape: a scale of each channel is none."""
    if isinstance(parameter, UninitializedParameter):
        return True
    return parameter.dim() > 1 and parameter.numel() > max(parameter.shape)


def _kernel(matrix: Tensor) -> int:
    """Pixels of a convolution's kernel; 1 for what is none."""
    return 1 if isinstance(matrix, UninitializedParameter) else prod(matrix.shape[2:])


def from_inputs(roots: Sequence[Node]) -> list[Node]:
    """All nodes, each after those that it takes."""
    order: list[Node] = []
    visited: set[Node] = set()
    waiting = [(root, False) for root in reversed(roots)]
    while waiting:
        node, is_done = waiting.pop()
        if is_done:
            order.append(node)
        elif node not in visited:
            visited.add(node)
            waiting.append((node, True))
            taken = [n for n, _ in node.next_functions if n is not None]
            waiting += [(n, False) for n in taken if n not in visited]
    return order
