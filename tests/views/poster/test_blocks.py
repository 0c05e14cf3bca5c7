"""Figures of blocks: the plan's operations, once each, and the papers' equations."""

from __future__ import annotations

from itertools import combinations

import pytest

from resnet_viz.arch.config import choices, revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import PRESETS, preset
from resnet_viz.views.poster.drawing import Box, Drawing, Joint, Line, Text
from resnet_viz.views.poster.figures import VARIED, Varied, block_drawing, variants_drawing
from resnet_viz.views.poster.formula import plain

from .test_network import overlap

BLOCKS = [
    (name, path)
    for name in (
        "resnet34",
        "resnet50",
        "preact18",
        "preact50",
        "seresnet50",
        "plain34",
        "resnet110-1layer-cifar",
    )
    for path in ("stages.0.1", "stages.1.0")
]


def boxes(drawing: Drawing) -> list[Box]:
    return [item for item in drawing.items if isinstance(item, Box)]


def texts(drawing: Drawing) -> list[str]:
    return [
        plain(item.content) if item.is_math else item.content
        for item in drawing.items
        if isinstance(item, Text)
    ]


@pytest.mark.parametrize(("name", "path"), BLOCKS)
@pytest.mark.parametrize("operations", [False, True])
def test_every_convolution_has_a_box_and_none_lies_on_another(
    name: str, path: str, operations: bool
) -> None:
    drawing = block_drawing(preset(name), name, path, operations=operations)
    unit = dict(plan(preset(name)).units)[path]
    part = ("branch.", "shortcut.") if operations else ("branch.",)
    wanted = {
        f"{path}.{o.name}" for o in unit.operations if o.kind == "conv" and o.name.startswith(part)
    }
    drawn = [box.name for box in boxes(drawing)]
    assert wanted <= set(drawn)
    assert len(set(drawn)) == len(drawn)
    for one, other in combinations(boxes(drawing), 2):
        assert not overlap(one, other), (one, other)
    for box in boxes(drawing):
        assert box.width / 2 <= box.x <= drawing.width - box.width / 2


@pytest.mark.parametrize("name", PRESETS)
def test_every_operation_of_a_detailed_block_is_drawn_once(name: str) -> None:
    config = PRESETS[name]
    for block in {b.unit: b for b in plan(config).blocks}.values():
        drawing = block_drawing(config, name, block.name, operations=True)
        drawn = [item.name for item in drawing.items if isinstance(item, Box | Joint)]
        wanted = [
            f"{block.name}.{o.name}"
            for o in block.unit.operations
            if not o.attention or o.kind == "multiply"
        ]
        assert sorted(drawn) == sorted(wanted)


def test_the_building_block_is_figure_2_of_the_paper() -> None:
    drawing = block_drawing(preset("resnet34"), "ResNet-34")
    assert [box.text for box in boxes(drawing)] == ["3×3, 64", "3×3, 64"]  # noqa: RUF001
    said = texts(drawing)
    assert said.count("relu") == 2  # one inside F, one after the addition
    assert {"x", "identity", "F(x)", "F(x) + x", "64-d", "y = ReLU(F(x) + x)"} <= set(said)
    joints = [item for item in drawing.items if isinstance(item, Joint)]
    line = next(item for item in drawing.items if isinstance(item, Line) and item.name)
    assert line.look == "kept"
    assert line.end == pytest.approx((joints[0].x + joints[0].radius, joints[0].y))
    assert line.start[1] < min(box.y - box.height / 2 for box in boxes(drawing))


def test_figure_5_holds_a_basic_block_beside_a_bottleneck() -> None:
    drawing = variants_drawing(preset("resnet34"), "ResNet-34", "block")
    assert [box.text for box in boxes(drawing)] == [
        *("3×3, 64", "3×3, 64"),  # noqa: RUF001
        *("1×1, 64", "3×3, 64", "1×1, 256"),  # noqa: RUF001
    ]
    assert {"64-d", "256-d", "(a) basic blocks", "(b) bottleneck blocks"} <= set(texts(drawing))


ORDERS = {
    "original": "conv BN ReLU conv BN + ReLU",
    "norm_after_addition": "conv BN ReLU conv + BN ReLU",
    "relu_before_addition": "conv BN ReLU conv BN ReLU +",
    "relu_only_preactivation": "ReLU conv BN ReLU conv BN +",
    "full_preactivation": "BN ReLU conv BN ReLU conv +",
}
"""He et al. 2016, Fig. 4, from top to bottom."""


@pytest.mark.parametrize("order", choices("activation_order"))
def test_orders_are_those_of_figure_4(order: str) -> None:
    config = revise(preset("resnet110-cifar"), activation_order=order)
    drawing = block_drawing(config, "net", operations=True)
    said = [box.text for box in sorted(boxes(drawing), key=lambda box: box.y)]
    short = {"addition": "+", "3×3 conv, 16": "conv"}  # noqa: RUF001
    assert " ".join(short.get(text, text) for text in said) == ORDERS[order]


def test_figure_4_has_five_panels_and_figure_2_has_six() -> None:
    for field, count in (("activation_order", 5), ("shortcut_transform", 6)):
        drawing = variants_drawing(preset("resnet110-cifar"), "net", field)  # type: ignore[arg-type]
        assert sum(box.text == "addition" for box in boxes(drawing)) == count
        for one, other in combinations(boxes(drawing), 2):
            assert not overlap(one, other), (one, other)


def test_gates_multiply_where_figure_2_has_them() -> None:
    for transform, count in (("exclusive_gate", 2), ("shortcut_only_gate", 1)):
        config = revise(preset("resnet110-cifar"), shortcut_transform=transform)
        signs = [i.sign for i in block_drawing(config, "net").items if isinstance(i, Joint)]
        assert signs == ["×"] * count  # noqa: RUF001


@pytest.mark.parametrize("field", VARIED)
@pytest.mark.parametrize("name", ["plain34", "resnet50", "seresnet50", "fastcampus50"])
def test_variants_of_any_net_are_drawn(field: Varied, name: str) -> None:
    assert boxes(variants_drawing(preset(name), name, field))


def test_an_unknown_block_is_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown block 'stages.9.0'"):
        block_drawing(preset("resnet18"), "ResNet-18", "stages.9.0")


def test_a_block_with_everything_is_drawn() -> None:
    config = revise(preset("resnet50d"), dropout=0.1, attention="eca", stochastic_depth=0.2)
    said = [box.text for box in boxes(block_drawing(config, "net", "stages.1.1", operations=True))]
    assert {"ECA", "dropout", "stochastic depth"} <= set(said)
