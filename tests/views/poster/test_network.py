"""Posters of networks: every box and every shortcut where the plan has it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path

import pytest

from resnet_viz.arch.config import ResNetConfig, plain_twin, revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import PRESETS, preset
from resnet_viz.views.poster.drawing import Box, Drawing, Line, Point, Text
from resnet_viz.views.poster.network import ABOVE, BELOW, network_drawing
from resnet_viz.views.poster.words import layers

PUBLISHED = json.loads((Path(__file__).parents[2] / "golden" / "published.json").read_text())
TABLE_1 = {34: ([3, 4, 6, 3], 2), 50: ([3, 4, 6, 3], 3), 18: ([2, 2, 2, 2], 2)}
"""He et al. 2015, Table 1: blocks per stage, convolutions per block."""
NETS = {
    name: PRESETS[name]
    for name in ("resnet18", "resnet34", "plain34", "resnet50", "resnet56-cifar", "preact18")
} | {
    "gates": revise(preset("resnet20-cifar"), shortcut_transform="exclusive_gate"),
    "se": preset("seresnet50"),
    "resnet-d": preset("resnet50d"),
    "option c": revise(preset("resnet34"), shortcut="projection_all"),
    "blur": revise(preset("resnet18"), antialias="blurpool"),
}


def boxes(drawing: Drawing) -> list[Box]:
    return [item for item in drawing.items if isinstance(item, Box)]


def shortcuts(drawing: Drawing) -> list[Line]:
    return [item for item in drawing.items if isinstance(item, Line) and item.name]


def overlap(one: Box, other: Box) -> bool:
    return (
        abs(one.x - other.x) < (one.width + other.width) / 2
        and abs(one.y - other.y) < (one.height + other.height) / 2
    )


def on_line(line: Line) -> Iterator[Point]:
    """Points along a line, curves included."""
    at = line.start
    for step in line.steps:
        for number in range(1, 21):
            t = number / 20
            if len(step) == 1:
                yield tuple(a + t * (b - a) for a, b in zip(at, step[0], strict=True))  # type: ignore[misc]
            else:
                weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
                points = (at, *step)
                yield tuple(
                    sum(w * p[axis] for w, p in zip(weights, points, strict=True))
                    for axis in (0, 1)
                )  # type: ignore[misc]
        at = step[-1]


@pytest.mark.parametrize("depth", [18, 34])
@pytest.mark.parametrize("kind", ["resnet", "plain"])
def test_as_many_layers_as_table_1_of_the_paper(depth: int, kind: str) -> None:
    blocks, each = TABLE_1[depth]
    drawing = network_drawing([preset(f"{kind}{depth}")], ["net"])
    texts = [box.text for box in boxes(drawing)]
    assert sum(" conv, " in text for text in texts) == 1 + each * sum(blocks) == depth - 1
    assert texts[0] == "7×7 conv, 64, /2"  # noqa: RUF001
    assert texts[1] == "pool, /2"
    assert texts[-2:] == ["avg pool", "fc, 1000"]
    for channels, count in zip((64, 128, 256, 512), blocks, strict=True):
        own = [text for text in texts if re.match(rf"3×3 conv, {channels}\b", text)]  # noqa: RUF001
        assert len(own) == each * count
        assert [text.endswith("/2") for text in own].count(True) == (channels > 64)


def test_bottlenecks_of_resnet50_are_table_1s() -> None:
    texts = [box.text for box in boxes(network_drawing([preset("resnet50")], ["net"]))]
    assert sum(" conv, " in text for text in texts) == 49
    assert texts[2:5] == ["1×1 conv, 64", "3×3 conv, 64", "1×1 conv, 256"]  # noqa: RUF001


def test_sizes_are_those_of_figure_3() -> None:
    drawing = network_drawing([preset("plain34"), preset("resnet34")], ["a", "b"])
    texts = [item.content for item in drawing.items if isinstance(item, Text)]
    sizes = [text.removeprefix("size: ") for text in texts if text.startswith("size: ")]
    assert sizes == ["112", "56", "28", "14", "7", "1"]


def test_numbers_over_a_column_are_the_published_ones() -> None:
    drawing = network_drawing([preset("resnet34")], ["ResNet-34"])
    published = next(m for m in PUBLISHED["models"] if m["name"] == "torchvision/resnet34")
    texts = [item.content for item in drawing.items if isinstance(item, Text)]
    assert f"{published['params'] / 1e6:.3g} M parameters" in texts
    assert f"{published['macs'] / 1e9:.3g} G MACs" in texts
    assert "34-layer residual" in texts


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("fold", [False, True])
def test_no_box_lies_on_another_and_all_are_on_the_sheet(name: str, fold: bool) -> None:
    drawing = network_drawing([plain_twin(NETS[name]), NETS[name]], ["a", "b"], fold=fold)
    for one, other in combinations(boxes(drawing), 2):
        assert not overlap(one, other), (one, other)
    for box in boxes(drawing):
        assert box.width / 2 < box.x < drawing.width - box.width / 2
        assert box.height / 2 < box.y < drawing.height - box.height / 2
    for line in shortcuts(drawing):
        assert all(0 < x < drawing.width and 0 < y < drawing.height for x, y in on_line(line))


@pytest.mark.parametrize("name", NETS)
def test_every_shortcut_goes_around_its_own_block(name: str) -> None:
    drawing = network_drawing([NETS[name]], ["a"], fold=False)
    blocks = {b.name: b for b in plan(NETS[name]).blocks if b.shortcut != "none"}
    lines = {line.name: line for line in shortcuts(drawing)}
    assert len(shortcuts(drawing)) == len(lines)
    assert lines.keys() == blocks.keys()
    for path, line in lines.items():
        own = [box for box in boxes(drawing) if box.name.startswith(f"{path}.")]
        column = [box for box in boxes(drawing) if box.x == own[0].x]
        others = [box for box in column if not box.name.startswith(f"{path}.")]
        top = min(box.y - box.height / 2 for box in own)
        bottom = max(box.y + box.height / 2 for box in own)
        assert line.start == pytest.approx((own[0].x, top - ABOVE))
        assert line.end == pytest.approx((own[0].x, bottom + BELOW))
        for box in others:  # it begins below what comes before, and ends above what comes after
            assert box.y + box.height / 2 < line.start[1] or box.y - box.height / 2 > line.end[1]
        for x, y in on_line(line):
            assert not any(
                abs(x - b.x) < b.width / 2 and abs(y - b.y) < b.height / 2 for b in boxes(drawing)
            )


@pytest.mark.parametrize("name", NETS)
def test_dotted_where_the_plan_projects_or_pads_and_nowhere_else(name: str) -> None:
    drawing = network_drawing([NETS[name]], ["a"], fold=False)
    dotted = {line.name for line in shortcuts(drawing) if line.look == "changed"}
    kinds = {b.name: b.shortcut for b in plan(NETS[name]).blocks}
    assert dotted == {path for path, kind in kinds.items() if kind in ("projection", "zero_pad")}


def test_dotted_in_resnet34_are_the_three_of_figure_3() -> None:
    drawing = network_drawing([preset("resnet34")], ["a"])
    dotted = [line.name for line in shortcuts(drawing) if line.look == "changed"]
    assert dotted == ["stages.1.0", "stages.2.0", "stages.3.0"]
    assert len(shortcuts(drawing)) == 16


def test_a_plain_net_has_no_shortcut_and_its_twins_places() -> None:
    drawing = network_drawing([preset("plain34"), preset("resnet34")], ["a", "b"])
    drawn = boxes(drawing)
    plain, residual = drawn[: len(drawn) // 2], drawn[len(drawn) // 2 :]
    assert [(b.text, b.y) for b in plain] == [(b.text, b.y) for b in residual]
    assert all(line.start[0] == residual[0].x for line in shortcuts(drawing))


def folded_blocks(config: ResNetConfig) -> int:
    drawn = boxes(network_drawing([config], ["a"]))
    found = (re.match(r"… ([\d,]+) more blocks?", box.text) for box in drawn)
    hidden = sum(int(match[1].replace(",", "")) for match in found if match)
    shown = {box.name.split(".branch")[0] for box in drawn if ".branch." in box.name}
    return hidden + len(shown)


@pytest.mark.parametrize("name", ["resnet101", "resnet152", "resnet1202-cifar", "preact1001-cifar"])
def test_a_deep_nets_blocks_are_all_counted(name: str) -> None:
    config = preset(name)
    assert folded_blocks(config) == sum(config.depths)
    assert len(boxes(network_drawing([config], ["a"]))) < 60


def test_nets_of_different_sizes_have_sizes_of_their_own() -> None:
    drawing = network_drawing([preset("resnet18"), preset("resnet20-cifar")], ["a", "b"])
    texts = [item.content for item in drawing.items if isinstance(item, Text)]
    sizes = [text.removeprefix("size: ") for text in texts if text.startswith("size: ")]
    assert sizes == ["112", "56", "28", "14", "7", "1", "32", "16", "8", "1"]


@pytest.mark.parametrize("names", [("resnet50",), ("resnet152",), ("preact18", "resnet152")])
def test_a_high_net_goes_on_in_further_columns(names: tuple[str, ...]) -> None:
    """Each box once, downwards and then from the foot of a column to the head of the next."""
    drawing = network_drawing([preset(name) for name in names], names, fold=False)
    assert drawing.height < 4.5 * drawing.width
    drawn = boxes(drawing)
    rows = [
        f"{path}.{one.name}"
        for name in names
        for path, unit in plan(preset(name)).units
        for one in layers(unit)
    ]
    assert [box.name for box in drawn] == rows
    flow = [item for item in drawing.items if isinstance(item, Line) and not item.name]
    arrivals = {line.end for line in flow}
    for one, other in pairwise(drawn):
        assert other.y > one.y if other.x == one.x else other.x > one.x
        top = other.y - other.height / 2
        assert any(end == pytest.approx((other.x, top)) for end in arrivals)


def test_figure_3_itself_is_not_cut() -> None:
    drawing = network_drawing([preset("plain34"), preset("resnet34")], ["a", "b"])
    assert len({box.x for box in boxes(drawing)}) == 2
