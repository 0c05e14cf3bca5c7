"""The layout's promises, held by geometry: nothing overlaps, no line crosses a box."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resnet_viz.arch.config import ResNetConfig, revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import PRESETS, preset
from resnet_viz.views.graph.graph import ShortcutGraph, shortcut_graph
from resnet_viz.views.graph.lanes import FONT_SIZE, Box
from resnet_viz.views.graph.layout import Frame, Line, Picture, Point, lay_out
from tests.configs import configs, examples

Segment = tuple[Point, Point]


def _segments(line: Line) -> Iterator[Segment]:
    yield from pairwise(line.points)


def _overlap(one: Box, other: Box) -> bool:
    across = one.left < other.right - 0.5 and other.left < one.right - 0.5
    return across and one.top < other.bottom - 0.5 and other.top < one.bottom - 0.5


def _crosses(segment: Segment, box: Box) -> bool:
    """Whether a horizontal or vertical segment runs through a box, not only along its border."""
    (x0, y0), (x1, y1) = segment
    across = min(x0, x1) < box.right - 0.5 and max(x0, x1) > box.left + 0.5
    return across and min(y0, y1) < box.bottom - 0.5 and max(y0, y1) > box.top + 0.5


def _on_border(point: Point, box: Box) -> bool:
    x, y = point
    within = box.left - 0.5 <= x <= box.right + 0.5 and box.top - 0.5 <= y <= box.bottom + 0.5
    return within and not _crosses((point, point), box)


def _holds(frame: Frame, box: Box) -> bool:
    across = frame.left <= box.left and box.right <= frame.right
    return across and frame.top <= box.top and box.bottom <= frame.bottom


def _assert_sound(graph: ShortcutGraph) -> Picture:
    picture = lay_out(graph)
    boxes = picture.boxes
    assert list(boxes) == [node.id for node in graph.nodes]
    assert sorted(line.edge for line in picture.lines) == sorted(graph.edges)
    assert not any(_overlap(*pair) for pair in combinations(boxes.values(), 2))
    for line in picture.lines:
        assert all(
            abs(x0 - x1) < 0.2 or abs(y0 - y1) < 0.2 for (x0, y0), (x1, y1) in _segments(line)
        ), line
        assert _on_border(line.points[-1], boxes[line.edge.target])
        crossed = {name for name, box in boxes.items() for s in _segments(line) if _crosses(s, box)}
        assert crossed == set(), line
    frames = {frame.id: frame for frame in (*picture.stages, *picture.opened)}
    for box in boxes.values():
        assert 0 <= box.left < box.right <= picture.width
        assert 0 <= box.top < box.bottom <= picture.height
        if box.node.stage is not None:
            assert _holds(frames[f"stages.{box.node.stage}"], box)
        if box.node.kind == "operation":
            assert _holds(frames[box.node.unit], box)
    return picture


@pytest.mark.parametrize("name", [name for name in PRESETS if "1202" not in name])
def test_every_preset(name: str) -> None:
    picture = _assert_sound(shortcut_graph(preset(name), fold="1001" in name))
    assert len(picture.stages) == len(preset(name).depths)


@settings(max_examples=examples(100), deadline=None)
@given(config=configs(), data=st.data(), fold=st.booleans())
def test_random_nets_with_random_units_opened(
    config: ResNetConfig, data: st.DataObject, fold: bool
) -> None:
    units = [path for path, _ in plan(config).units]
    opened = data.draw(st.frozensets(st.sampled_from(units), max_size=4))
    picture = _assert_sound(shortcut_graph(config, opened, fold=fold))
    assert {frame.id for frame in picture.opened} == opened


@pytest.mark.parametrize("attention", ["none", "se"])
@pytest.mark.parametrize(
    "transform",
    ["identity", "scaled", "exclusive_gate", "shortcut_only_gate", "conv1x1", "dropout"],
)
def test_every_kind_of_shortcut_opened(transform: str, attention: str) -> None:
    config = revise(preset("resnet50"), shortcut_transform=transform, attention=attention)
    _assert_sound(shortcut_graph(config, frozenset({"stages.0.0", "stages.0.1", "head"})))


def test_a_shortcut_goes_around_its_branch_on_the_right() -> None:
    picture = lay_out(shortcut_graph(preset("resnet34")))
    shortcuts = [line for line in picture.lines if line.edge.kind != "main"]
    assert len(shortcuts) == 16
    for line in shortcuts:
        addition = picture.boxes[line.edge.target]
        branch = picture.boxes[line.edge.target.removesuffix(".add")]
        x, y = line.points[0]
        assert x == pytest.approx(branch.middle[0], abs=0.1)
        assert y < branch.top
        assert max(x for x, _ in line.points) > branch.right
        assert line.points[-1] == (addition.right, addition.middle[1])


@pytest.mark.parametrize("name", ["resnet56-cifar", "resnet110-cifar", "resnet152", "preact50"])
@pytest.mark.parametrize("fold", [False, True])
def test_a_page_1280_wide_shows_a_deep_net_with_text_of_12_pixels(name: str, fold: bool) -> None:
    """Beside the form there are 916 pixels; see tests/browser/test_graph.py for the page itself."""
    picture = lay_out(shortcut_graph(preset(name), fold=fold))
    assert FONT_SIZE * 916 / picture.width >= 12


def test_depth_costs_linear_time() -> None:
    """Twice as deep is twice as many boxes, in a picture of about the same proportions."""
    shapes = []
    for depth in (50, 100, 200):
        config = revise(preset("resnet20-cifar"), depths=(depth, depth, depth))
        picture = lay_out(shortcut_graph(config))
        assert len(picture.boxes) == 3 + 6 * depth
        shapes.append(picture.width / picture.height)
    assert min(shapes) > 0.7
    assert max(shapes) < 2
