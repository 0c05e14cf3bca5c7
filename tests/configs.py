"""Hypothesis strategies for valid configs, small enough to build and run in a test."""

from __future__ import annotations

from hypothesis import strategies as st

from resnet_viz.arch.config import ResNetConfig


@st.composite
def configs(draw: st.DrawFn) -> ResNetConfig:
    """Any valid config of a few small stages."""
    block = draw(st.sampled_from(["basic", "bottleneck"]))
    stages = draw(st.integers(1, 4))
    shortcut = draw(st.sampled_from(["none", "zero_pad", "projection", "projection_all"]))
    norm = draw(st.sampled_from(["batch", "none"]))
    order = draw(st.sampled_from(["original", "full_preactivation"]))
    widths = draw(st.lists(st.integers(2, 12), min_size=stages, max_size=stages))
    is_grouped = block == "bottleneck"
    can_zero_init = shortcut != "none" and norm == "batch" and order == "original"
    fields = {
        "block": block,
        "depths": draw(st.lists(st.integers(1, 3), min_size=stages, max_size=stages)),
        "widths": sorted(widths) if shortcut == "zero_pad" else widths,
        "expansion": draw(st.none() | st.integers(1, 5)),
        "cardinality": draw(st.integers(1, 4)) if is_grouped else 1,
        "group_width": draw(st.integers(32, 130)) if is_grouped else 64,
        "stem": draw(st.sampled_from(["imagenet", "cifar"])),
        "shortcut": shortcut,
        "activation_order": order,
        "stride_on": draw(st.sampled_from(["3x3", "1x1"])),
        "norm": norm,
        "activation": draw(st.sampled_from(["relu", "leaky_relu", "elu", "gelu", "silu"])),
        "conv_bias": draw(st.booleans()),
        "init": draw(st.sampled_from(["kaiming_fan_out", "kaiming_fan_in", "pytorch"])),
        "zero_init_residual": can_zero_init and draw(st.booleans()),
        "in_channels": draw(st.integers(1, 4)),
        "num_classes": draw(st.integers(1, 12)),
    }
    smallest = ResNetConfig.model_validate(fields).smallest_image_size
    return ResNetConfig.model_validate(
        fields | {"image_size": draw(st.integers(smallest, smallest + 20))}
    )
