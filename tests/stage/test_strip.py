"""Strips: every layer of the main path lies in one box, and blocks are the plan's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import PRESETS, preset
from resnet_viz.findings.contestant import Contestant
from resnet_viz.quantities.records import History
from resnet_viz.stage.strip import stages, strip


def contestant(name: str) -> Contestant:
    network = plan(preset(name))
    blocks = tuple(block.name for block in network.blocks)
    layers = network.weighted_layers
    return Contestant(name, "#0072B2", layers, History(), blocks=blocks, config=preset(name))


@pytest.mark.parametrize("name", sorted(set(PRESETS) - {"resnet1202-cifar", "plain1202-cifar"}))
def test_boxes_cover_the_depth(name: str) -> None:
    network, boxes = plan(preset(name)), strip(contestant(name))
    covered = [layer for box in boxes for layer in range(box.first, box.last + 1)]
    assert covered == list(range(1, network.depth + 1))
    assert [box.name for box in boxes if box.name] == [block.name for block in network.blocks]
    assert [box.shortcut for box in boxes if box.name] == [b.shortcut for b in network.blocks]
    assert boxes[0].label == "stem"
    assert boxes[-1].label == "head"


def test_stages_are_named_as_people_count_them() -> None:
    boxes = strip(contestant("resnet56-cifar"))
    assert stages(boxes) == [("stage 1", 2, 19), ("stage 2", 20, 37), ("stage 3", 38, 55)]
    assert boxes[10].label == "stage 2, block 1"
    assert (boxes[10].first, boxes[10].last, boxes[10].shortcut) == (20, 21, "zero_pad")


def test_of_a_net_without_blocks_each_layer_is_a_box() -> None:
    net = replace(contestant("resnet20-cifar"), blocks=(), config=None)
    boxes = strip(net)
    assert len(boxes) == 20
    assert boxes[0].label == net.layers[0].name
    assert stages(boxes) == []


def test_of_a_watched_net_the_kind_of_shortcuts_is_not_known() -> None:
    boxes = strip(replace(contestant("resnet20-cifar"), config=None))
    assert {box.shortcut for box in boxes} == {""}
    assert len([box for box in boxes if box.name]) == 9
