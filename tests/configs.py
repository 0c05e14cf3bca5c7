"""Hypothesis strategies for valid configs, small enough to build and run in a test."""

from __future__ import annotations

import os
from typing import Any, get_args

from hypothesis import assume
from hypothesis import strategies as st

from resnet_viz.arch.config import ResNetConfig, choices

NAMED = (
    "shortcut",
    "shortcut_transform",
    "activation_order",
    "stride_on",
    "downsample_at",
    "antialias",
    "projection_kernel",
    "norm",
    "activation",
    "attention",
    "residual_scale",
    "init",
)
RATES = st.sampled_from([0.0, 0.0, 0.3, 0.9])


def examples(number: int) -> int:
    """How many examples a test draws: `number`, ten times that in the nightly run."""
    return number * (10 if os.environ.get("RESNET_VIZ_NIGHTLY") == "1" else 1)


def _named(field: str) -> st.SearchStrategy[Any]:
    named = choices(field) or get_args(ResNetConfig.model_fields[field].annotation)
    return st.sampled_from(named)


@st.composite
def configs(draw: st.DrawFn) -> ResNetConfig:
    """Any valid config of a few small stages, over all fields."""
    fields = draw(_shapes()) | {field: draw(_named(field)) for field in NAMED}
    fields |= {
        field: draw(st.booleans())
        for field in (
            *("conv_bias", "final_activation", "final_preactivation"),
            *("projection_norm", "zero_init_residual"),
        )
    }
    fields |= {"dropout": draw(RATES), "stochastic_depth": draw(RATES)}
    fields["gate_bias"] = draw(st.sampled_from([-6.0, -6.0, 0.0, -3.0]))
    if fields["block"] == "one_layer":
        fields |= {"expansion": None, "antialias": "none", "dropout": 0.0}
        fields["init"] = "xavier" if fields["init"] == "fixup" else fields["init"]
    return _repaired(fields, draw)


@st.composite
def _shapes(draw: st.DrawFn) -> dict[str, Any]:
    block = draw(_named("block"))
    stages = draw(st.integers(1, 4))
    is_grouped = block == "bottleneck"
    return {
        "block": block,
        "depths": draw(st.lists(st.integers(1, 3), min_size=stages, max_size=stages)),
        "widths": draw(st.lists(st.integers(3, 12), min_size=stages, max_size=stages)),
        "expansion": draw(st.none() | st.integers(1, 5)),
        "cardinality": draw(st.integers(1, 4)) if is_grouped else 1,
        "group_width": draw(st.integers(32, 130)) if is_grouped else 64,
        "reduce_first": draw(st.sampled_from([1, 1, 1, 2, 3])) if is_grouped else 1,
        "norm_groups": draw(st.sampled_from([1, 2, 32])),
        "norm_group_width": draw(st.none() | st.integers(2, 4)),
        "stem": draw(_named("stem")),
        "stem_width": draw(st.none() | st.integers(3, 12)),
        "stem_pool": draw(_named("stem_pool")),
        "se_reduction": draw(st.integers(1, 20)),
        "se_divisor": draw(st.sampled_from([1, 2, 8])),
        "in_channels": draw(st.integers(1, 4)),
        "num_classes": draw(st.integers(1, 12)),
    }


def _repaired(fields: dict[str, Any], draw: st.DrawFn) -> ResNetConfig:
    """Draws that make no network are moved to the nearest that does, so that few are wasted."""
    inner = {int(width * fields["group_width"] / 64) for width in fields["widths"]}
    if any(channels % fields["reduce_first"] for channels in inner):
        fields["reduce_first"] = 1
    if fields["shortcut"] in ("none", "projection_all"):
        fields["shortcut_transform"] = "identity"
    if fields["shortcut"] == "none":
        fields |= {"zero_init_residual": False, "stochastic_depth": 0.0, "residual_scale": "none"}
        fields["init"] = "orthogonal" if fields["init"] == "fixup" else fields["init"]
    if fields["shortcut"] == "zero_pad":
        fields |= {"widths": sorted(fields["widths"]), "stem_width": None}
    if fields["stem"] == "cifar":
        fields["stem_pool"] = "max"
    if fields["init"] == "fixup":
        fields |= {"norm": "none", "residual_scale": "none"}
    if fields["norm"] == "none" or fields["residual_scale"] != "none":
        fields["zero_init_residual"] = False
    if fields["activation_order"] not in ("original", "relu_only_preactivation"):
        fields["zero_init_residual"] = False
    if fields["activation_order"] == "relu_before_addition":
        assume(fields["init"] != "fixup")
    smallest = ResNetConfig.model_validate(fields).smallest_image_size
    side = st.integers(smallest, smallest + 20)
    size = draw(side | st.tuples(side, side))
    return ResNetConfig.model_validate(fields | {"image_size": size})
