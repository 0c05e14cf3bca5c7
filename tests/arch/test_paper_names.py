"""Names of the papers: one for each preset, and each names the depth that its paper does."""

from __future__ import annotations

import re

import pytest

from resnet_viz.arch.paper_names import paper_name
from resnet_viz.arch.presets import PRESETS


def test_each_preset_has_a_name_of_its_own() -> None:
    names = {preset: paper_name(preset) for preset in PRESETS}
    assert all(name != preset for preset, name in names.items())
    assert len(set(names.values())) == len(names)
    for preset, name in names.items():
        assert re.findall(r"\d+", preset)[0] == re.findall(r"\d+", name)[0]


@pytest.mark.parametrize(
    ("preset", "name"),
    [
        ("resnet56-cifar", "ResNet-56"),
        ("plain110-cifar", "Plain-110"),
        ("resnext50_32x4d", "ResNeXt-50 (32x4d)"),
        ("wrn28-10", "WRN-28-10"),
        ("resnet50d", "ResNet-50-D"),
        ("resnet110-1layer-cifar", "ResNet-110 (1-layer)"),
    ],
)
def test_names_are_the_papers(preset: str, name: str) -> None:
    assert paper_name(preset) == name


@pytest.mark.parametrize("name", ["my net", "resnet56-cifar, seed 1", "", "resnet"])
def test_other_names_stay(name: str) -> None:
    assert paper_name(name) == name
