"""What the Architecture page says of nets and of wrong fields."""

from __future__ import annotations

import pytest

from resnet_viz.arch.config import ResNetConfig, plain_twin, revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import PRESETS, label, preset
from resnet_viz.ui.pages.architecture.complaints import complaints, in_one
from resnet_viz.ui.pages.architecture.words import depth_words, shortcut_words


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("wrn28-10", "after their convolutions, the 3 projections included and the linear layer"),
        ("resnet50d", "counts the three convolutions of its stem as one"),
        ("notebook34", "its blocks by stage, 3-4-6-6, have more or fewer layers"),
    ],
)
def test_another_depth_than_the_names_is_explained(name: str, reason: str) -> None:
    words = depth_words(plan(preset(name)), name)
    assert words.startswith(f"Depth {plan(preset(name)).depth}, though it is called {name}:")
    assert reason in words


def test_only_where_they_differ() -> None:
    """The published names count what the plan counts, but for the Wide ResNets and ResNet-D."""
    explained = {name for name, net in PRESETS.items() if depth_words(plan(net), name)}
    others = {"resnet50d", "notebook34"}
    assert explained == {name for name in PRESETS if name.startswith("wrn")} | others


def test_a_made_name_is_explained_too() -> None:
    """ "ResNet-50 ..." of a net with a deep stem stood beside "Depth 52" without a word."""
    config = revise(preset("resnet50d"), activation="silu")
    assert label(config).startswith("ResNet-50")
    assert "three convolutions" in depth_words(plan(config), label(config))


def test_a_projection_that_changes_no_shape_is_said() -> None:
    network = plan(preset("fastcampus50"))
    odd = [b for b in network.blocks if b.shortcut == "projection" and b.in_shape == b.out_shape]
    assert [(block.stage, block.index) for block in odd] == [(3, 2)]
    words = shortcut_words(network)
    assert "where the shape changes (in 7 blocks)" in words
    assert "and in block 3 of stage 4, which keeps its shape" in words
    assert "keeps its shape" not in shortcut_words(plan(preset("resnet50")))


@pytest.mark.parametrize("name", PRESETS)
def test_words_tell_residual_nets_from_plain_ones(name: str) -> None:
    config = preset(name)
    assert ("plain net" in shortcut_words(plan(config))) == (config.shortcut == "none")
    assert "plain net" in shortcut_words(plan(plain_twin(config)))


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("depths", [3, "x"], "'x' is no whole number"),
        ("depths", [], "at least one number is needed"),
        ("depths", [1] * 9, "at most 8 stages are allowed"),
        ("image_size", 10**6, "1000000: allowed are 1 to 16384 pixels, or a height and a width"),
        ("se_divisor", 10**6, "1000000 is too large, the most is 65536"),
        ("image_size", None, "a number is needed"),
        ("dropout", 1.0, "1.0 is too large, it must be less than 1"),
        ("dropout", -0.1, "-0.1 is too small, the least is 0"),
    ],
)
def test_complaints_are_at_the_field(field: str, value: object, words: str) -> None:
    draft = ResNetConfig().model_dump() | {field: value}
    found = complaints(draft)
    assert found[field].startswith(words)
    assert in_one({field: words}) == f"{field.replace('_', ' ')}: {words}"


def test_a_complaint_of_several_fields_stands_at_the_one_it_names_first() -> None:
    found = complaints(ResNetConfig().model_dump() | {"widths": [64, 128]})
    assert list(found) == ["widths"]
    assert in_one(found) == found["widths"]
    assert complaints(ResNetConfig().model_dump()) == {}
