"""Figures of blocks: one with its equations, or variants beside each other, as the papers do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from resnet_viz.arch.config import ResNetConfig, choices, revise
from resnet_viz.arch.field_words import FIELDS, value_words
from resnet_viz.arch.operations import Unit
from resnet_viz.arch.plan import NetworkPlan, plan
from resnet_viz.arch.relatives import residual_twin
from resnet_viz.text import compact, unknown_name
from resnet_viz.views import labels
from resnet_viz.views.graph.block_words import equations
from resnet_viz.views.poster.block import block_sketch
from resnet_viz.views.poster.drawing import Drawing, Item, Sketch, Text, moved, text_width
from resnet_viz.views.poster.formula import plain
from resnet_viz.views.poster.unit import unit_sketch
from resnet_viz.views.poster.words import CHANGED

Varied = Literal["block", "shortcut_transform", "activation_order"]
VARIED: Mapping[Varied, str] = {
    "block": "He et al. 2015, Fig. 5",
    "shortcut_transform": "He et al. 2016, Fig. 2",
    "activation_order": "He et al. 2016, Fig. 4",
}
"""Fields whose values, beside each other, are a figure of a paper."""
_NOT_IN_FIGURE = ("one_layer",)
"""Values that these figures leave out, unless the net has them."""
_MARGIN, _GAP = 14.0, 24.0
_SMALL = 8.0
_LINE = 13.0
_MOST_IN_ROW = 3
"""Of six panels; five fit beside each other."""


class _Panel(NamedTuple):
    """A sketch with the lines under it."""

    sketch: Sketch
    lines: tuple[Text, ...]


def block_drawing(
    config: ResNetConfig, name: str, path: str | None = None, *, operations: bool | None = None
) -> Drawing:
    """One block of the net called `name`, with its equations; the first that keeps the shape.

    `operations`: norms and activations have boxes, too; None does so where Fig. 2 of He et al. 2015
    could not tell the block from its original form.

    Raises:
        ValueError: for a `path` that is no block of the net.
    """
    network = plan(config)
    path = path or usual_block(network)
    blocks = {block.name: block for block in network.blocks}
    if path not in blocks:
        raise ValueError(unknown_name("block", path, tuple(blocks), lists=len(blocks) < 20))
    block = blocks[path]
    formulas = [Text(0, 0, tex, is_math=True) for tex in equations(block.unit, config)]
    title = f"{name}, {labels.place(path)}"
    lines = [*formulas, Text(0, 5, title, is_bold=True), _costs(block.unit, 5)]
    is_detailed = _needs_boxes(config, block.unit) if operations is None else operations
    sketch = _sketch(config, path, ("x", "y") if is_detailed else None)
    return _stacked([[_Panel(sketch, tuple(lines))]], title)


def variants_drawing(config: ResNetConfig, name: str, field: Varied) -> Drawing:
    """The usual block of the net called `name` for each value of `field`; a plain net's residual
    twin stands for it. Values that make no network with its other fields are left out."""
    config = residual_twin(config)
    panels: list[_Panel] = []
    for value in choices(field):
        if value in _NOT_IN_FIGURE and value != config.block:
            continue
        try:
            net = revise(config, **{field: value})
        except ValueError:
            continue
        network = plan(net)
        path = usual_block(network)
        unit = dict(network.units)[path]
        words = value_words(field, value).removeprefix("the ")
        heading = Text(0, 0, f"({'abcdef'[len(panels)]}) {words}", is_bold=True)
        is_detailed = field != "block" or _needs_boxes(net, unit)
        sketch = _sketch(net, path, ("x_l", "x_{l+1}") if is_detailed else None)
        panels.append(_Panel(sketch, (heading, _costs(unit))))
    each = _MOST_IN_ROW if len(panels) > _MOST_IN_ROW + 2 else len(panels)
    rows = [panels[start : start + each] for start in range(0, len(panels), each)]
    return _stacked(rows, f"{name}, a block with each value of {FIELDS[field]}")


def usual_block(network: NetworkPlan) -> str:
    """The path of the first block that keeps the shape, else of the first."""
    same = (block.name for block in network.blocks if block.in_shape == block.out_shape)
    return next(same, "stages.0.0")


def _needs_boxes(config: ResNetConfig, unit: Unit) -> bool:
    known = ("none", "identity", *CHANGED)
    return config.activation_order != "original" or unit.shortcut not in known


def _costs(unit: Unit, down: float = 0) -> Text:
    text = f"{compact(unit.params)} parameters, {compact(unit.macs)} MACs"
    return Text(0, down, text, size=_SMALL, is_muted=True)


def _sketch(config: ResNetConfig, path: str, ends: tuple[str, str] | None) -> Sketch:
    """The block at `path`; operation by operation between `ends`, or its weight layers alone."""
    unit = dict(plan(config).units)[path]
    fill = f"stage{int(path.split('.')[1]) + 1}"
    if ends is None:
        return block_sketch(path, unit, config, fill)
    return unit_sketch(path, unit, config, fill, ends)


def _stacked(rows: Sequence[Sequence[_Panel]], title: str) -> Drawing:
    """Rows of panels, one below the other, in columns."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    items: list[Item] = []
    top = _MARGIN
    for row in rows:
        bottom = max(panel.sketch.bottom for panel in row) + 15
        left = _MARGIN
        for panel, width in zip(row, widths, strict=True):
            items += [moved(item, left, top) for item in _placed(panel, width, bottom)]
            left += width + _GAP
        top += bottom + _LINE * max(len(panel.lines) for panel in row) + _GAP
    height = top - _GAP + _MARGIN
    return Drawing(
        2 * _MARGIN + sum(widths) + _GAP * (len(widths) - 1), height, title, tuple(items)
    )


def _placed(panel: _Panel, width: float, bottom: float) -> Iterator[Item]:
    """A panel in the middle of `width`, its lines from `bottom` on."""
    sketch = panel.sketch
    right = (width - sketch.left - sketch.right) / 2 + sketch.left
    for item in sketch.items:
        yield moved(item, right, 0)
    for row, line in enumerate(panel.lines):
        yield moved(line, width / 2, bottom + _LINE * row)


def _width(panel: _Panel) -> float:
    return max(panel.sketch.left + panel.sketch.right, *map(_line_width, panel.lines))


def _line_width(line: Text) -> float:
    content = plain(line.content) if line.is_math else line.content
    return text_width(content, line.size) * (1.1 if line.is_bold else 1)
