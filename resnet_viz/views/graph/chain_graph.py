"""Chain graph: a net that no configuration describes, as its parts one after another; no torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from resnet_viz.views.graph.graph import ShortcutGraph
from resnet_viz.views.graph.model import Edge, EdgeKind, Node, NodeKind, Title


class Part(NamedTuple):
    """A part of the main path: a block, or layers outside of all blocks.

    `shortcut` is the kind of a block's, "" where it has none. `layers` are those that it shows when
    it is opened, and `beside` those on its shortcut. `shape` is that of what it gives.
    """

    name: str
    kind: NodeKind
    label: str
    tooltip: str
    shortcut: EdgeKind = ""
    layers: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()

    @property
    def operations(self) -> dict[str, str]:
        """The layers by the ids of their nodes, where the part is opened."""
        on_branch = {f"{self.name}.branch.{layer}": layer for layer in self.layers}
        return on_branch | {f"{self.name}.shortcut.{layer}": layer for layer in self.beside}


def chain_graph(
    parts: Sequence[Part], name: str, note: str, opened: frozenset[str] = frozenset()
) -> ShortcutGraph:
    """The graph of a net's `parts`, from its input on; those `opened` are shown by their layers."""
    sketch = _Sketch(opened)
    titles: list[tuple[str, ...]] = []
    staged = zip(_stages(parts), parts, strict=True)
    for path, group in groupby(staged, key=lambda one: one[0]):
        own = [part for _, part in group]
        stage = None
        if path is not None:
            stage = len(titles)
            titles.append(_stage_title(path, own[-1].shape))
        for part in own:
            sketch.part(part, stage)
    title = Title(name, note, tuple(titles))
    return ShortcutGraph(None, tuple(sketch.nodes), tuple(sketch.edges), title)


def stage_of(block: str) -> str:
    """The path of the list that a block is one of."""
    parts = block.split(".")
    numbers = [i for i, part in enumerate(parts) if part.isdecimal()]
    return ".".join(parts[: numbers[-1]]) if numbers else block.rpartition(".")[0]


def within(path: str, holder: str) -> str:
    """A path as it reads below `holder`."""
    return path.removeprefix(f"{holder}.") or path


def held_together(layers: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Neighbouring layers that one module holds, where there are many; each time its path."""
    depth = 1
    while depth < 3 and len({_start(layer, depth) for layer in layers}) < 6:
        depth += 1
    for start, own in groupby(layers, key=lambda layer: _start(layer, depth)):
        yield start, tuple(own)


def _start(layer: str, depth: int) -> str:
    return ".".join(layer.split(".")[:depth])


def _stages(parts: Sequence[Part]) -> list[str | None]:
    """The stage of each part: of layers between blocks that of the next, of stem and head none."""
    stages: list[str | None] = [None] * len(parts)
    blocks = [place for place, part in enumerate(parts) if part.kind == "block"]
    following = None
    for place in range(blocks[-1], blocks[0] - 1, -1) if blocks else ():
        if place in blocks:
            following = stage_of(parts[place].name)
        stages[place] = following
    return stages


def _stage_title(path: str, shape: Sequence[int]) -> tuple[str, ...]:
    return (path or "blocks", *(("×".join(map(str, shape)),) if shape else ()))  # noqa: RUF001


class _Sketch:
    """A graph under construction, from input to output; `source` is the last node."""

    def __init__(self, opened: frozenset[str]) -> None:
        self.opened, self.source = opened, "input"
        self.nodes = [Node("input", "input", "input", "what the net is given", "input")]
        self.edges: list[Edge] = []

    def part(self, part: Part, stage: int | None) -> None:
        before = self.source
        way = [before]
        if part.name in self.opened and part.layers:
            way += self._opened(part, stage)
        else:
            self._go_on(Node(part.name, part.kind, part.label, part.tooltip, part.name, stage))
        if part.shortcut:
            kind = ", a projection" if part.shortcut == "projection" else ""
            words = f"{part.name}: its branch + the shortcut{kind}"
            self._go_on(Node(f"{part.name}.add", "add", "+", words, part.name, stage))
            ends = zip(way, [*way[1:], self.source], strict=True)
            self.edges += [Edge(source, target, part.shortcut) for source, target in ends]

    def _opened(self, part: Part, stage: int | None) -> list[str]:
        """A part layer by layer; returns the nodes on its shortcut."""
        own = {
            id_: Node(id_, "operation", within(layer, part.name), layer, part.name, stage)
            for id_, layer in part.operations.items()
        }
        on_branch, beside = list(own)[: len(part.layers)], list(own)[len(part.layers) :]
        for id_ in on_branch:
            self._go_on(own[id_])
        if part.shortcut:
            self.nodes += [own[id_] for id_ in beside]
        return beside if part.shortcut else []

    def _go_on(self, node: Node) -> None:
        self.nodes.append(node)
        self.edges.append(Edge(self.source, node.id))
        self.source = node.id
