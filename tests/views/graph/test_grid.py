"""Several nets on one grid: each block of each stage has the same place in all pictures."""

from __future__ import annotations

import re
from itertools import combinations

import pytest

from resnet_viz.arch.presets import preset
from resnet_viz.views.graph.graph import ShortcutGraph, shortcut_graph
from resnet_viz.views.graph.layout import common_grid, lay_out
from resnet_viz.views.graph.svg import write_svg

GROUPS = (
    ("resnet56-cifar", "plain56-cifar"),
    ("resnet20-cifar", "resnet56-cifar", "plain110-cifar"),
    ("preact110-cifar", "plain110-cifar", "resnet20-cifar"),
    ("resnet50", "plain34", "seresnet50"),
)


def graphs(names: tuple[str, ...]) -> list[ShortcutGraph]:
    return [shortcut_graph(preset(name), short=True) for name in names]


@pytest.mark.parametrize("names", GROUPS, ids="+".join)
def test_blocks_of_all_nets_are_in_the_same_places(names: tuple[str, ...]) -> None:
    own = graphs(names)
    grid = common_grid(own, 1.0)
    places: dict[str, set[tuple[float, float]]] = {}
    for graph in own:
        picture = lay_out(graph, grid)
        for box in picture.boxes.values():
            if box.node.kind == "block" and f"{box.node.unit}.preactivation" not in picture.boxes:
                places.setdefault(box.node.unit, set()).add((box.left, box.width))
    assert {unit: len(where) for unit, where in places.items()} == dict.fromkeys(places, 1)


@pytest.mark.parametrize("names", GROUPS[:2], ids="+".join)
def test_rows_are_the_same_too(names: tuple[str, ...]) -> None:
    own = graphs(names)
    grid = common_grid(own, 1.0)
    tops: dict[str, set[float]] = {}
    for graph in own:
        for box in lay_out(graph, grid).boxes.values():
            if box.node.kind == "block":
                tops.setdefault(box.node.unit, set()).add(box.top)
    assert all(len(where) == 1 for where in tops.values())


@pytest.mark.parametrize("names", GROUPS, ids="+".join)
def test_no_box_lies_on_another(names: tuple[str, ...]) -> None:
    own = graphs(names)
    grid = common_grid(own, 1.0)
    for graph in own:
        boxes = list(lay_out(graph, grid).boxes.values())
        for one, other in combinations(boxes, 2):
            apart = (
                one.right <= other.left
                or other.right <= one.left
                or one.bottom <= other.top
                or other.bottom <= one.top
            )
            assert apart, (one.node.id, other.node.id)


def test_an_opened_block_takes_the_room_that_it_needs() -> None:
    graph = shortcut_graph(preset("resnet20-cifar"), frozenset({"stages.0.1"}), short=True)
    grid = common_grid(graphs(("resnet20-cifar", "plain20-cifar")), 1.0)
    picture = lay_out(graph, grid)
    assert picture.boxes["stages.0.2"].top > picture.boxes["stages.0.1.add"].bottom


def test_a_picture_to_be_coloured_names_its_nodes_and_what_flows() -> None:
    residual, plain = graphs(("resnet20-cifar", "plain20-cifar"))
    grid = common_grid([residual, plain], 1.0)
    blocks = [node.id for node in residual.nodes if node.kind == "block"]
    text = write_svg(residual, grid, coloured=True)
    assert re.findall(r'class="block"[^>]* data-node="([^"]*)"', text) == blocks
    flows = re.findall(r'data-flow="([^"]*)"', text)
    for part, count in (("input", 1), ("shortcut", 1), ("branch", 2)):
        # The branch has a line into its box and one into the addition.
        assert sorted(flow for flow in flows if flow.endswith(part)) == sorted(
            count * [f"{block}.{part}" for block in blocks]
        )
    assert len(re.findall("data-flow", write_svg(plain, grid, coloured=True))) == 2 * len(blocks)
    assert "data-flow" not in write_svg(residual)
    assert write_svg(residual) == residual.to_svg()


def test_short_labels_are_the_blocks_numbers() -> None:
    graph = shortcut_graph(preset("resnet20-cifar"), short=True)
    labels = [node.label for node in graph.nodes if node.kind == "block"]
    assert labels == ["1", "2", "3"] * 3
    folded = shortcut_graph(preset("resnet110-cifar"), fold=True, short=True)
    assert [n.label for n in folded.nodes if n.kind == "folded"] == [
        "2 to 17",
        "3 to 17",
        "3 to 17",
    ]
