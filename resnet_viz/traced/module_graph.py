"""graph: any PyTorch net as a ShortcutGraph, its blocks and shortcuts found in one forward pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from torch import nn
from torch.nn.modules.conv import _ConvNd

from resnet_viz.text import count
from resnet_viz.traced.data_graph import DataGraph
from resnet_viz.traced.data_graph import Node as Operation
from resnet_viz.traced.examples import example_for
from resnet_viz.traced.passes import Example, data_graph
from resnet_viz.traced.shortcuts import Addition, Shortcut, additions, named
from resnet_viz.views.graph.chain_graph import Part, chain_graph, held_together, within
from resnet_viz.views.graph.graph import ShortcutGraph
from resnet_viz.views.graph.model import NodeKind

_MOST_NAMED = 12
"""Layers that a box's words name."""


def graph(model: nn.Module, example: Example | None = None) -> ShortcutGraph:
    """The graph of any net: its blocks in order, and its shortcuts.

    The net runs once, on `example`. Autograd records the additions that join a shortcut with a
    branch. A net that cannot be run is drawn as a chain of its layers, and the graph's note says
    why.

    Args:
        model: any module.
        example: what to call the net with: a tensor, a list of arguments, or a mapping of named
            ones. If you give none, a random one is made to fit the net's first layer.
    """
    try:
        with data_graph(model, example_for(model) if example is None else example) as found:
            return _drawn(model, found)
    except Exception as error:  # noqa: BLE001  a stranger's forward pass may raise anything
        reason = " ".join(str(error).split())[:160]
        return _chain(
            model, _listed(model), f"drawn as a chain: the net could not be run ({reason})"
        )


class _Piece(NamedTuple):
    """A stretch of the main path: a block with its shortcut, or layers outside of all blocks."""

    name: str
    layers: tuple[str, ...]
    shortcut: Shortcut | None = None
    shape: tuple[int, ...] = ()


def _drawn(model: nn.Module, found: DataGraph) -> ShortcutGraph:
    every = additions(found)
    main = outermost(every)
    order = {name: place for place, name in enumerate(_layers(found))}
    if not main:
        joined = sum(_is_joining(found, node) for node in found.place)
        note = "no shortcuts: no layer's input is added to its output"
        if joined:
            note = f"no shortcuts: the net joins paths by concatenation ({count(joined, 'place')})"
        return _chain(model, list(order), note)
    named_all = dict(zip((one.node for one in every), named(found, every), strict=True))
    pieces = [
        _Piece(own.name, own.branch, own, _shape(one.node))
        for one in main
        for own in (named_all[one.node],)
    ]
    inside = {layer: i for i, one in enumerate(pieces) for layer in _of(one)}
    parts: dict[int, list[str]] = {}
    last = -1
    for layer in order:
        if layer in inside:
            last = max(last, inside[layer])
        else:
            parts.setdefault(last, []).append(layer)
    return _sketch(model, pieces, parts, _note(every, main))


def outermost(every: Sequence[Addition]) -> list[Addition]:
    """The additions that are drawn: of those that lie in each other the outer one, but for a
    shortcut over several blocks."""
    drawn: list[Addition] = []
    for one in every:
        own = set(one.on_branch)
        inside = [other for other in drawn if other.node in own]
        sources = {other.source for other in inside}
        if len(inside) > 1 and one.source in sources:
            continue
        drawn = [other for other in drawn if other not in inside]
        drawn.append(one)
    return drawn


def _note(every: Sequence[Addition], main: Sequence[Addition]) -> str:
    more = len(every) - len(main)
    rest = f"; {count(more, 'more addition')} inside of blocks or over several" if more else ""
    return f"+ adds a block's input to what its branch gives{rest}"


def _of(piece: _Piece) -> tuple[str, ...]:
    path = piece.shortcut.path if piece.shortcut else ()
    return (*piece.layers, *path)


def _layers(found: DataGraph) -> dict[str, None]:
    """The weighted layers of a pass, in forward order."""
    layers: dict[str, None] = {}
    for node in found.place:
        if node in found.weighted:
            owners = [name.rpartition(".")[0] for name in found.used[node]]
            layers.update(dict.fromkeys([*found.modules_at.get(node, ())[:1], *owners][:1]))
    layers.pop("", None)
    return layers


def _is_joining(found: DataGraph, node: Operation) -> bool:
    return str(node.name()).startswith("CatBackward") and len(found.taken(node)) > 1


def _shape(node: Operation) -> tuple[int, ...]:
    """The shape of what an operation gives, of one example."""
    return tuple(node._input_metadata[0].shape)[1:]


def _sketch(
    model: nn.Module, pieces: Sequence[_Piece], outside: Mapping[int, Sequence[str]], note: str
) -> ShortcutGraph:
    """The graph of blocks and of the layers `outside`, by the block that they come after."""
    parts = [_outside(model, "stem", outside[-1])] if -1 in outside else []
    for number, piece in enumerate(pieces):
        parts.append(_block(model, piece))
        if number in outside and number < len(pieces) - 1:
            parts.append(_outside(model, f"before {pieces[number + 1].name}", outside[number]))
    parts.append(_outside(model, "head", outside.get(len(pieces) - 1, ())))
    return chain_graph(parts, f"{type(model).__name__}: {_count(pieces)}", note)


def _count(pieces: Sequence[_Piece]) -> str:
    kinds = [piece.shortcut.kind for piece in pieces if piece.shortcut]
    if not kinds:
        return "no shortcuts found"
    each = [f"{kinds.count(k)} {k}" for k in ("identity", "projection") if k in kinds]
    return f"{count(len(kinds), 'shortcut')} ({', '.join(each)})"


def _block(model: nn.Module, piece: _Piece) -> Part:
    module = _submodule(model, piece.name)
    if module is None or next(module.children(), None) is None:
        kinds = [_kind(model, layer) for layer in piece.layers if _is_weighted(model, layer)]
        label = " → ".join(kinds[:3]) + (" ..." if len(kinds) > 3 else "")
    else:
        label = type(module).__name__
    weighted = sum(_is_weighted(model, layer) for layer in piece.layers)
    inside = ", ".join(within(layer, piece.name) for layer in piece.layers[:_MOST_NAMED])
    tooltip = f"{piece.name}: {count(weighted, 'weighted layer')} in the branch; {inside}"
    shortcut = piece.shortcut.kind if piece.shortcut else ""
    label = f"{label}\n{piece.name}"
    return Part(piece.name, "block", label, tooltip, shortcut, shape=piece.shape)


def _outside(model: nn.Module, name: str, layers: Sequence[str]) -> Part:
    """Layers that no shortcut bypasses, as one part."""
    kinds = [_kind(model, layer) for layer in layers if _is_weighted(model, layer)]
    shown = kinds if len(kinds) <= 3 else [kinds[0], f"... {len(kinds) - 2} more", kinds[-1]]
    title = name if name in ("stem", "head") else "between blocks"
    kind: NodeKind = "head" if name == "head" else "stem"
    tooltip = f"{title}: {', '.join(layers[:_MOST_NAMED])}" if layers else title
    return Part(name, kind, "\n".join((title, *shown)), tooltip)


def _kind(model: nn.Module, layer: str) -> str:
    """A layer in few words: its class, and how wide or large it is."""
    module = _submodule(model, layer)
    match module:
        case _ConvNd():
            kernel = "×".join(map(str, module.kernel_size))  # noqa: RUF001
            stride = f", /{module.stride[0]}" if module.stride[0] > 1 else ""
            return f"{kernel}, {module.out_channels}{stride}"
        case nn.Linear():
            return f"linear, {module.out_features}"
        case nn.Embedding():
            return f"embedding, {module.embedding_dim}"
        case None:
            return layer
    return type(module).__name__


def _submodule(model: nn.Module, path: str) -> nn.Module | None:
    try:
        return model.get_submodule(path)
    except AttributeError:
        return None


def _is_weighted(model: nn.Module, layer: str) -> bool:
    module = _submodule(model, layer)
    own = module.parameters(recurse=False) if module is not None else ()
    return any(p.dim() > 1 for p in own)


def _listed(model: nn.Module) -> list[str]:
    return [name for name, _ in model.named_modules() if name and _is_weighted(model, name)]


def _chain(model: nn.Module, layers: Sequence[str], note: str) -> ShortcutGraph:
    """A net without shortcuts: the modules that hold its layers, one after the other."""
    pieces = [_Piece(*held) for held in held_together(layers)]
    parts = {}
    if len(pieces) > 1:  # what comes last is the head, as it is of other nets
        parts[len(pieces) - 2] = pieces.pop().layers
    return _sketch(model, pieces, parts, note)
