"""ResNetConfig: what it accepts, refuses and says."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from resnet_viz.arch.config import ResNetConfig, differences, explain, plain_twin, revise
from resnet_viz.arch.presets import PRESETS, SOURCES, label, preset
from tests.configs import configs, examples


@given(configs())
def test_json_round_trip_and_hash(config: ResNetConfig) -> None:
    again = ResNetConfig.model_validate_json(config.model_dump_json())
    assert again == config
    assert hash(again) == hash(config)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"block": "huge"}, ["block", "'huge'", "'basic', 'bottleneck' or 'one_layer'"]),
        ({"depths": (3, 0)}, ["depths[1]", "0", "greater than or equal to 1"]),
        ({"depths": ()}, ["depths", "()", "at least 1"]),
        ({"depths": (1,) * 9, "widths": (8,) * 9}, ["depths", "at most 8"]),
        ({"depths": (10_000,) * 4}, ["depths", "40000", "20000"]),
        ({"widths": (64, 128)}, ["widths", "[64, 128]", "as many widths as depths"]),
        ({"num_classes": True}, ["num_classes", "True", "integer"]),
        ({"num_classes": "10"}, ["num_classes", "'10'", "integer"]),
        ({"dropout": float("nan")}, ["dropout", "nan", "finite"]),
        ({"image_size": 16}, ["image_size", "16", "smallest", "17"]),
        ({"cardinality": 32}, ["cardinality", "32", "bottleneck"]),
        ({"group_width": 128}, ["group_width", "128", "bottleneck"]),
        (
            {"block": "bottleneck", "widths": (8, 8, 8, 8), "group_width": 7},
            ["group_width", "7", "at least 8"],
        ),
        ({"shortcut": "zero_pad", "widths": (64, 32, 32, 32)}, ["widths", "zero_pad", "shrink"]),
        ({"shortcut": "none", "zero_init_residual": True}, ["zero_init_residual", "none"]),
        ({"norm": "none", "zero_init_residual": True}, ["zero_init_residual", "norm"]),
        ({"depht": 3}, ["depht", "did you mean 'depths'"]),
        ({"zzz": 3}, ["zzz", "allowed: block, depths"]),
    ],
)
def test_refusals_name_field_value_and_what_is_allowed(
    fields: dict[str, object], words: list[str]
) -> None:
    with pytest.raises(ValidationError) as caught:
        ResNetConfig.model_validate(fields)
    line = explain(caught.value)
    assert "\n" not in line
    assert [word for word in words if word not in line] == [], line


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"stem": "tiered", "stem_width": 2}, ["stem_width = 2", "'tiered'", "at least 3"]),
        ({"stem": "deep", "widths": (1, 2, 3, 4)}, ["stem_width = 1", "'deep'", "at least 2"]),
        ({"stem": "cifar", "stem_pool": "conv"}, ["stem_pool = 'conv'", "cifar", "'max'"]),
        ({"shortcut": "zero_pad", "stem_width": 128}, ["shrink", "zero_pad"]),
        ({"shortcut": "none", "shortcut_transform": "exclusive_gate"}, ["exclusive_gate", "none"]),
        ({"shortcut": "none", "stochastic_depth": 0.5}, ["stochastic_depth = 0.5", "none"]),
        ({"shortcut": "none", "residual_scale": "skipinit"}, ["residual_scale", "none"]),
        ({"shortcut": "none", "init": "fixup", "norm": "none"}, ["fixup", "'none'"]),
        ({"init": "fixup"}, ["fixup", "norm = 'none'", "'batch'"]),
        (
            {"init": "fixup", "norm": "none", "residual_scale": "skipinit"},
            ["fixup", "skipinit", "one of the two"],
        ),
        (
            {"init": "fixup", "norm": "none", "activation_order": "relu_before_addition"},
            ["fixup", "relu_before_addition"],
        ),
        (
            {"zero_init_residual": True, "activation_order": "full_preactivation"},
            ["zero_init_residual", "full_preactivation"],
        ),
        ({"zero_init_residual": True, "residual_scale": "skipinit"}, ["skipinit"]),
        (
            {"shortcut": "projection_all", "shortcut_transform": "scaled"},
            ["shortcut_transform", "projection_all"],
        ),
        ({"dropout": 1.0}, ["dropout", "1.0", "less than 1"]),
        ({"stochastic_depth": -0.1}, ["stochastic_depth", "-0.1", "greater than or equal to 0"]),
        ({"se_reduction": 0}, ["se_reduction", "0", "greater than or equal to 1"]),
    ],
)
def test_impossible_combinations_are_refused_by_name(
    fields: dict[str, object], words: list[str]
) -> None:
    with pytest.raises(ValidationError) as caught:
        ResNetConfig.model_validate(fields)
    line = explain(caught.value)
    assert [word for word in words if word not in line] == [], line


def test_plain_twin_differs_in_the_shortcut_alone() -> None:
    config = revise(preset("resnet56-cifar"), num_classes=7)
    twin = plain_twin(config)
    differing = {k for k, v in twin.model_dump().items() if v != config.model_dump()[k]}
    assert differing == {"shortcut"}


@given(configs())
def test_a_plain_twin_has_everything_else_of_the_net(config: ResNetConfig) -> None:
    """Each field, but for what has no meaning without a shortcut."""
    without = {
        "shortcut": "none",
        "shortcut_transform": "identity",
        "stochastic_depth": 0.0,
        "residual_scale": "none",
        "zero_init_residual": False,
        "gate_bias": -6.0,
    }
    if config.init == "fixup":
        without["init"] = "kaiming_fan_out"
    assert plain_twin(config).model_dump() == config.model_dump() | without


def test_labels() -> None:
    assert label(preset("resnet50")) == "resnet50"
    deeper = revise(preset("resnet56-cifar"), depths=(10, 10, 10))
    assert label(deeper) == "ResNet-62 basic 16-32-64 zero_pad"
    one_layer = revise(deeper, block="one_layer")
    assert label(one_layer) == "ResNet-32 one_layer 16-32-64 zero_pad"
    assert label(plain_twin(deeper)) == "Plain-62 basic 16-32-64"
    bare = revise(preset("resnet56-cifar"), norm="none", init="xavier")
    assert label(bare) == "ResNet-56 basic 16-32-64 zero_pad, norm none, init xavier"
    assert label(revise(preset("resnet50"), final_activation=False, conv_bias=True)) == (
        "ResNet-50 bottleneck 64-128-256-512 projection, no final_activation, conv_bias"
    )
    assert label(revise(preset("resnet34"), depths=(4, 4, 4, 4), norm="none")) == (
        "ResNet-34 basic 64-128-256-512 projection, depths 4-4-4-4, norm none"
    )


def test_a_net_made_for_other_data_keeps_its_name() -> None:
    digits = revise(preset("resnet56-cifar"), in_channels=1, image_size=8)
    assert label(digits) == "resnet56-cifar, in_channels 1, image_size 8"
    assert label(plain_twin(digits)) == "plain56-cifar, in_channels 1, image_size 8"


@settings(max_examples=examples(200), deadline=None)
@given(configs(), st.data())
def test_nets_that_differ_in_one_field_have_different_labels(
    config: ResNetConfig, data: st.DataObject
) -> None:
    """One field is another net's; where that makes no valid net, all its fields are."""
    other = data.draw(configs())
    start = data.draw(st.sampled_from([config, *PRESETS.values()]))
    field = data.draw(st.sampled_from(list(ResNetConfig.model_fields)))
    try:
        changed = revise(start, **{field: getattr(other, field)})
    except ValueError:
        changed = other
    assert (label(changed) == label(start)) == (changed == start)


@given(configs(), configs())
def test_differences_make_one_net_from_the_other(one: ResNetConfig, other: ResNetConfig) -> None:
    changes = differences(one, other)
    assert revise(other, **changes) == one
    assert all(getattr(other, field) != value for field, value in changes.items())
    assert differences(one, one) == {}


def test_unknown_presets_get_near_names() -> None:
    with pytest.raises(ValueError, match="'resnet55'; did you mean 'resnet5"):
        preset("resnet55")


def test_every_preset_has_a_source() -> None:
    assert SOURCES.keys() == PRESETS.keys()
    assert all(SOURCES.values())


def test_one_wrong_item_is_one_complaint() -> None:
    with pytest.raises(ValidationError) as caught:
        ResNetConfig.model_validate({"depths": ["3,3"]})
    assert explain(caught.value) == "depths[0] = '3,3': input should be a valid integer"
    with pytest.raises(ValidationError) as caught:
        ResNetConfig.model_validate({"depths": []})
    assert explain(caught.value).startswith("depths = []: tuple should have at least 1 item")
