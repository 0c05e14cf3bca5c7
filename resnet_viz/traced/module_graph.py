"""graph: any PyTorch net as a ShortcutGraph, its blocks and shortcuts found in one forward pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from torch import nn
from torch.nn.modules.conv import _ConvNd

from resnet_viz.text import count
from resnet_viz.traced.data_graph import DataGraph
from resnet_viz.traced.data_graph import Node as Operation
from resnet_viz.traced.examples import example_for
from resnet_viz.traced.passes import Example, data_graph
from resnet_viz.traced.shortcuts import Addition, Shortcut, additions, named
from resnet_viz.views.graph.graph import ShortcutGraph
from resnet_viz.views.graph.model import Edge, Node, NodeKind, Title


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

    @property
    def stage(self) -> str:
        """The path of the list that the block is one of."""
        parts = self.name.split(".")
        numbers = [i for i, part in enumerate(parts) if part.isdecimal()]
        return ".".join(parts[: numbers[-1]]) if numbers else self.name.rpartition(".")[0]


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
    model: nn.Module, pieces: Sequence[_Piece], parts: Mapping[int, Sequence[str]], note: str
) -> ShortcutGraph:
    nodes = [Node("input", "input", "input", "what the net is given", "input")]
    edges: list[Edge] = []
    titles: list[tuple[str, ...]] = []

    def go_on(node: Node) -> None:
        edges.append(Edge(nodes[-1].id, node.id))
        nodes.append(node)

    if -1 in parts:
        go_on(_outside(model, "stem", parts[-1], None))
    number = 0
    for path, group in groupby(pieces, key=lambda piece: piece.stage):
        own = list(group)
        titles.append(_stage_title(path, own[-1].shape))
        stage = len(titles) - 1
        for piece in own:
            before = nodes[-1].id
            go_on(_block(model, piece, stage))
            if piece.shortcut is not None:
                words = f"{piece.name}: its branch + {_words(piece.shortcut)}"
                go_on(Node(f"{piece.name}.add", "add", "+", words, piece.name, stage))
                edges.append(Edge(before, nodes[-1].id, piece.shortcut.kind))
            if number in parts and number < len(pieces) - 1:
                following = pieces[number + 1].stage
                at = stage + (following != path)
                go_on(_outside(model, f"before {pieces[number + 1].name}", parts[number], at))
            number += 1
    go_on(_outside(model, "head", parts.get(len(pieces) - 1, ()), None))
    name = f"{type(model).__name__}: {_count(pieces)}"
    return ShortcutGraph(None, tuple(nodes), tuple(edges), Title(name, note, tuple(titles)))


def _words(shortcut: Shortcut) -> str:
    return "the shortcut, a projection" if shortcut.kind == "projection" else "the shortcut"


def _count(pieces: Sequence[_Piece]) -> str:
    kinds = [piece.shortcut.kind for piece in pieces if piece.shortcut]
    if not kinds:
        return "no shortcuts found"
    each = [f"{kinds.count(k)} {k}" for k in ("identity", "projection") if k in kinds]
    return f"{count(len(kinds), 'shortcut')} ({', '.join(each)})"


def _stage_title(path: str, shape: Sequence[int]) -> tuple[str, ...]:
    return (path or "blocks", *(("×".join(map(str, shape)),) if shape else ()))  # noqa: RUF001


def _block(model: nn.Module, piece: _Piece, stage: int) -> Node:
    module = _submodule(model, piece.name)
    if module is None or next(module.children(), None) is None:
        kinds = [_kind(model, layer) for layer in piece.layers if _is_weighted(model, layer)]
        label = " → ".join(kinds[:3]) + (" ..." if len(kinds) > 3 else "")
    else:
        label = type(module).__name__
    weighted = sum(_is_weighted(model, layer) for layer in piece.layers)
    tooltip = f"{piece.name}: {count(weighted, 'weighted layer')} in the branch"
    kind: NodeKind = "block"
    return Node(piece.name, kind, f"{label}\n{piece.name}", tooltip, piece.name, stage)


def _outside(model: nn.Module, name: str, layers: Sequence[str], stage: int | None) -> Node:
    """Layers that no shortcut bypasses, as one node."""
    kinds = [_kind(model, layer) for layer in layers if _is_weighted(model, layer)]
    shown = kinds if len(kinds) <= 3 else [kinds[0], f"... {len(kinds) - 2} more", kinds[-1]]
    title = name if name in ("stem", "head") else "between blocks"
    kind: NodeKind = "head" if name == "head" else "stem"
    tooltip = f"{title}: {', '.join(layers[:12])}" if layers else title
    return Node(name, kind, "\n".join((title, *shown)), tooltip, name, stage)


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
    pieces = list(_holders(model, layers))
    parts = {}
    if len(pieces) > 1:  # what comes last is the head, as it is of other nets
        parts[len(pieces) - 2] = pieces.pop().layers
    return _sketch(model, pieces, parts, note)


def _holders(model: nn.Module, layers: Sequence[str]) -> Iterator[_Piece]:
    """Neighbouring layers of one parent together, where there are many."""
    depth = 1
    while depth < 3 and len(_starts(layers, depth)) < 6:
        depth += 1
    for start, own in groupby(layers, key=lambda layer: ".".join(layer.split(".")[:depth])):
        inside = tuple(own)
        yield _Piece(start, inside)


def _starts(layers: Sequence[str], depth: int) -> set[str]:
    return {".".join(layer.split(".")[:depth]) for layer in layers}
