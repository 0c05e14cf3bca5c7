"""Found net: a net of which only the names of its layers and blocks are known; no torch.

`AnyNet` is such a net or one of ours, and has a graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import WeightedLayer, plan
from resnet_viz.text import count, distinct
from resnet_viz.views.graph.chain_graph import Part, chain_graph, held_together, stage_of, within
from resnet_viz.views.graph.graph import ShortcutGraph, shortcut_graph
from resnet_viz.views.graph.model import NodeKind

NOTE = "+ adds a block's input to what its branch gives"
NO_BLOCKS = "no shortcuts were found"
_KINDS = ("", "identity", "projection")
_MOST_NAMED = 12
_Stretch = tuple[str, tuple[str, ...]]
"""A block, "" for none, and neighbouring layers of it."""


class FoundNet(NamedTuple):
    """A net by its name and its parts: pictures are kept by it."""

    name: str
    parts: tuple[Part, ...]

    def graph(self, opened: frozenset[str] = frozenset()) -> ShortcutGraph:
        """The net from its input on; parts that are `opened` are shown layer by layer."""
        has_shortcuts = any(part.shortcut for part in self.parts)
        return chain_graph(self.parts, self.name, NOTE if has_shortcuts else NO_BLOCKS, opened)


def found_net(
    name: str,
    layers: Sequence[WeightedLayer],
    block_of: Mapping[str, str],
    shortcuts: Mapping[str, str],
) -> FoundNet:
    """The net of `layers`, in forward order, given the block of each, "" for none, and the kinds of
    the blocks' shortcuts. Without any block there is a part for each module that holds layers."""
    main = [layer.name for layer in layers if not layer.is_beside]
    if any(block_of[layer] for layer in main):
        stretches = _stretches(main, block_of)
    else:
        held = list(held_together(main))
        names = distinct(module for module, _ in held)
        stretches = [(name, own) for name, (_, own) in zip(names, held, strict=True)]
        if len(stretches) > 1:  # what comes last is the head, as it is of other nets
            stretches[-1] = ("", stretches[-1][1])
    if stretches[-1][0]:
        stretches.append(("", ()))
    of = {layer: place for place, (_, own) in enumerate(stretches) for layer in own}
    place_of = {block: place for place, (block, _) in enumerate(stretches) if block}
    beside: dict[int, list[str]] = {}
    for layer in layers:
        if layer.is_beside:
            before = of[main[layer.position - 1]]
            beside.setdefault(place_of.get(block_of[layer.name], before), []).append(layer.name)
    parts = [
        _block(block, own, shortcuts.get(block, ""), beside.get(place, ()))
        if block
        else _outside(stretches, place, (*own, *beside.get(place, ())))
        for place, (block, own) in enumerate(stretches)
    ]
    return FoundNet(name, tuple(parts))


AnyNet = ResNetConfig | FoundNet
"""A net that has a graph: one of ours, or one that was found."""


def graph_of(
    net: AnyNet,
    opened: frozenset[str] = frozenset(),
    fold: bool = False,
    *,
    short: bool = False,
    closed: frozenset[int] = frozenset(),
) -> ShortcutGraph:
    """The graph of a net, as `shortcut_graph` draws ours; a found one is always short."""
    if isinstance(net, FoundNet):
        return net.graph(opened)
    return shortcut_graph(net, opened, fold, short=short, closed=closed)


def blocks_in(net: AnyNet) -> int:
    """How many blocks a net has."""
    if isinstance(net, FoundNet):
        return sum(part.kind == "block" for part in net.parts)
    return sum(net.depths)


def units_of(net: AnyNet) -> Iterable[str]:
    """The ids of what can be opened."""
    if isinstance(net, FoundNet):
        return [part.name for part in net.parts]
    return [path for path, _ in plan(net).units]


def _stretches(layers: Sequence[str], block_of: Mapping[str, str]) -> list[_Stretch]:
    """Neighbouring layers of one block, or of none, each time with its path. Layers that a block
    has after those of others count as in none, as in the strip."""
    seen: list[str] = []
    keys: list[str] = []
    for layer in layers:
        block = block_of[layer]
        is_back = block in seen and seen[-1] != block
        seen.append(block)
        keys.append("" if is_back else block)
    pairs = groupby(zip(keys, layers, strict=True), key=lambda one: one[0])
    return [(key, tuple(layer for _, layer in own)) for key, own in pairs]


def _block(name: str, layers: tuple[str, ...], shortcut: str, beside: Sequence[str]) -> Part:
    if shortcut not in _KINDS:  # of a file from elsewhere
        shortcut = "identity"
    label = within(name, stage_of(name))
    more = f", {len(beside)} beside it" if beside else ""
    tooltip = f"{name}: {count(len(layers), 'weighted layer')}{more}"
    return Part(name, "block", label, tooltip, shortcut, layers, tuple(beside))


def _outside(stretches: Sequence[_Stretch], place: int, layers: tuple[str, ...]) -> Part:
    """Layers that lie in no block: before the first, after the last, or between two."""
    kind: NodeKind = "head" if place == len(stretches) - 1 else "stem"
    label = kind if kind == "head" or place == 0 else "layers"
    name = label if label == kind else f"before {stretches[place + 1][0]}"
    if any(name == block for block, _ in stretches):
        name = f"the {name}"
    more = f" and {len(layers) - _MOST_NAMED} more" if len(layers) > _MOST_NAMED else ""
    named = f": {', '.join(layers[:_MOST_NAMED])}{more}" if layers else ""
    return Part(name, kind, label, name + named, "", layers)
