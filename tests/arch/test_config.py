"""ResNetConfig: what it accepts, refuses and says."""

from __future__ import annotations

import pytest
from hypothesis import given
from pydantic import ValidationError

from resnet_viz.arch.config import ResNetConfig, explain, plain_twin, revise
from resnet_viz.arch.presets import PRESETS, SOURCES, label, preset
from tests.configs import configs


@given(configs())
def test_json_round_trip_and_hash(config: ResNetConfig) -> None:
    again = ResNetConfig.model_validate_json(config.model_dump_json())
    assert again == config
    assert hash(again) == hash(config)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"block": "huge"}, ["block", "'huge'", "'basic' or 'bottleneck'"]),
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
    ("field", "value"),
    [
        ("shortcut_transform", "scaled"),
        ("activation_order", "norm_after_addition"),
        ("attention", "se"),
        ("dropout", 0.3),
        ("stochastic_depth", 0.5),
        ("residual_scale", "skipinit"),
        ("init", "fixup"),
        ("init", "xavier"),
        ("stem", "deep"),
        ("stem", "tiered"),
        ("shortcut", "avgpool_projection"),
        ("norm", "group"),
        ("downsample_at", "last"),
        ("final_activation", False),
        ("stem_width", 16),
    ],
)
def test_values_of_the_next_issue_are_not_supported_yet(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"{field} = .* is not supported yet"):
        ResNetConfig.model_validate({field: value})


def test_plain_twin_differs_in_the_shortcut_alone() -> None:
    config = revise(preset("resnet56-cifar"), num_classes=7)
    twin = plain_twin(config)
    differing = {k for k, v in twin.model_dump().items() if v != config.model_dump()[k]}
    assert differing == {"shortcut"}


def test_labels() -> None:
    assert label(preset("resnet50")) == "resnet50"
    changed = revise(preset("resnet56-cifar"), num_classes=7)
    assert label(changed) == "ResNet-56 basic 16-32-64 zero_pad"
    assert label(plain_twin(changed)) == "Plain-56 basic 16-32-64"


def test_unknown_presets_get_near_names() -> None:
    with pytest.raises(ValueError, match="'resnet55'; did you mean 'resnet5"):
        preset("resnet55")


def test_every_preset_has_a_source() -> None:
    assert SOURCES.keys() == PRESETS.keys()
    assert all(SOURCES.values())
