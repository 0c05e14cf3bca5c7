"""A block in the manner of He et al. 2015, Fig. 2 and 5: its weight layers, its shortcut, its sum.

Activations are words beside the arrows, as there; norms are in the equations alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.operations import Operation, Unit
from resnet_viz.views import labels
from resnet_viz.views.graph.block_words import ACTIVATIONS, sum_equation
from resnet_viz.views.poster import drawing
from resnet_viz.views.poster.formula import plain
from resnet_viz.views.poster.words import CHANGED, layers, short_words

HEIGHT = 20.0
_PITCH = 42.0
_FORK, _FIRST = 23.0, 48.0
_BULGE = 40.0
_SMALL = 8.0
_RADIUS = 6.5


def block_sketch(path: str, unit: Unit, config: ResNetConfig, fill: str) -> drawing.Sketch:
    """The block at `path`, from its input x to its output y."""
    boxes = list(layers(unit))
    half = max(38.0, *(drawing.text_width(short_words(one)) / 2 + 10 for one in boxes))
    heights = [_FIRST + _PITCH * number for number in range(len(boxes))]
    join = heights[-1] + _PITCH * 0.86
    has_shortcut = unit.shortcut != "none"
    end = join if has_shortcut else heights[-1] + HEIGHT / 2
    items = [*_way(heights, join if has_shortcut else None, end + 34)]
    items += _activations(unit, config, heights, end)
    items += [
        drawing.Box(
            f"{path}.{one.name}", 0, y, 2 * half, HEIGHT, short_words(one), _fill(one, fill)
        )
        for one, y in zip(boxes, heights, strict=True)
    ]
    items.append(drawing.Text(-5, _FORK - 3, f"{unit.in_shape[0]}-d", "end", _SMALL, is_muted=True))
    if not has_shortcut:
        return drawing.Sketch(tuple(items), half, half, end + 44)
    total, words = sum_equation(unit, config), _shortcut_words(unit)
    items += _shortcut(path, unit, half, join)
    middle = (heights[0] + heights[-1]) / 2
    items.append(drawing.Text(-half - 7, middle, "F(x)", "end", is_math=True))
    items.append(drawing.Text(-_RADIUS - 6, join, total, "end", is_math=True))
    x = half + 0.75 * _BULGE + 8
    for line, text in enumerate(words):
        items.append(drawing.Text(x, middle - 6 + 12 * line, text, "start", is_math=text == "x"))
    left = max(half + 30, _RADIUS + 8 + drawing.text_width(plain(total)))
    return drawing.Sketch(tuple(items), left, x + max(map(drawing.text_width, words)), end + 44)


def _fill(operation: Operation, fill: str) -> str:
    return fill if operation.kind == "conv" else "quiet"


def _way(heights: Sequence[float], join: float | None, bottom: float) -> Iterator[drawing.Item]:
    """The way of the data, with its ends x and y."""
    half = HEIGHT / 2
    yield drawing.Text(0, 8, "x", is_math=True)
    starts = [15.0, *(y + half for y in heights)]
    ends = [*(y - half for y in heights), bottom if join is None else join - _RADIUS]
    for start, end in zip(starts, ends, strict=True):
        yield drawing.Line((0, start), drawing.straight((0, end)))
    if join is not None:
        yield drawing.Line((0, join + _RADIUS), drawing.straight((0, bottom)))
    yield drawing.Text(0, bottom + 8, "y", is_math=True)


def _activations(
    unit: Unit, config: ResNetConfig, heights: Sequence[float], end: float
) -> Iterator[drawing.Item]:
    """Each activation beside the arrow that it lies on."""
    name, box = ACTIVATIONS[config.activation].lower(), 0
    drawn = {operation.name for operation in layers(unit)}
    for operation in unit.operations:
        box += operation.name in drawn
        if operation.kind == "activation":
            after = operation.name.startswith("after.")
            y = end + 18 if after else heights[box - 1] + _PITCH / 2
            yield drawing.Text(5, y, name, "start", _SMALL)


def _shortcut(path: str, unit: Unit, half: float, join: float) -> Iterator[drawing.Item]:
    look = "changed" if unit.shortcut in CHANGED else "kept"
    edge, handle = half + 2, half + _BULGE
    curve = ((handle, _FORK), (handle, join), (edge, join))
    yield drawing.Line((0, _FORK), (((edge, _FORK),), curve, ((_RADIUS, join),)), look, path)
    yield drawing.Joint(f"{path}.add", 0, join, radius=_RADIUS)


def _shortcut_words(unit: Unit) -> tuple[str, ...]:
    """What the shortcut does, in short lines."""
    if unit.shortcut == "identity":
        return ("x", "identity")
    operation = next(o for o in unit.part("shortcut") if o.kind in ("conv", "zero_pad"))
    first = unit.part("shortcut")[0]
    what = "zero-padded" if operation.kind == "zero_pad" else short_words(operation)
    pool = ("avg pool, /2",) if first.kind == "avg_pool" else ()
    halving = labels.halving(operation) if operation.kind == "zero_pad" else ""
    name = () if operation.kind == "zero_pad" else ("projection",)
    return (*pool, f"{what}{halving}", *name)
