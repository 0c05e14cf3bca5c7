"""Field words: what a reader is told of a configuration's fields and their values."""

from __future__ import annotations

from collections.abc import Mapping

FIELDS: Mapping[str, str] = {
    "block": "the kind of block",
    "depths": "blocks per stage",
    "widths": "channels per stage",
    "expansion": "the bottleneck's expansion",
    "cardinality": "groups of a block (cardinality)",
    "group_width": "the width of a group",
    "reduce_first": "how much narrower a bottleneck's first convolution is",
    "stem": "the stem",
    "stem_width": "the stem's channels",
    "stem_pool": "how the stem pools",
    "antialias": "anti-aliasing",
    "shortcut": "shortcuts",
    "projection_kernel": "the kernel of projections",
    "projection_norm": "the norm of projections",
    "shortcut_transform": "what shortcuts do",
    "gate_bias": "the initial bias of gates",
    "activation_order": "the order of norm, activation and addition",
    "stride_on": "where blocks take their stride",
    "downsample_at": "where stages halve the resolution",
    "norm": "the norm",
    "norm_groups": "groups of the norm",
    "norm_group_width": "channels per group of the norm",
    "activation": "the activation",
    "final_activation": "the activation after the addition",
    "final_preactivation": "the last norm of a pre-activation net",
    "attention": "attention",
    "se_reduction": "the reduction of squeeze-and-excitation",
    "se_divisor": "what the squeezed channels are a multiple of",
    "conv_bias": "biases of convolutions",
    "dropout": "dropout",
    "stochastic_depth": "stochastic depth",
    "residual_scale": "the scale of the branches",
    "init": "the initialisation",
    "zero_init_residual": "zero-initialised branches",
    "in_channels": "input channels",
    "num_classes": "classes",
    "image_size": "the image size",
}
"""A field as the object of "they differ in"."""

VALUES: Mapping[tuple[str, object], str] = {
    ("block", "basic"): "basic blocks",
    ("block", "bottleneck"): "bottleneck blocks",
    ("block", "one_layer"): "one-layer blocks",
    ("shortcut", "none"): "no shortcuts",
    ("shortcut", "zero_pad"): "zero-padded shortcuts",
    ("shortcut", "projection"): "shortcuts with projections",
    ("shortcut", "projection_all"): "a projection in every shortcut",
    ("shortcut", "avgpool_projection"): "shortcuts with pooled projections",
    ("shortcut_transform", "identity"): "identity shortcuts",
    ("shortcut_transform", "scaled"): "scaled shortcuts",
    ("shortcut_transform", "exclusive_gate"): "exclusive gates",
    ("shortcut_transform", "shortcut_only_gate"): "shortcut-only gates",
    ("shortcut_transform", "conv1x1"): "1x1 convolutions in the shortcuts",
    ("shortcut_transform", "dropout"): "dropout in the shortcuts",
    ("activation_order", "original"): "the original order",
    ("activation_order", "norm_after_addition"): "the norm after the addition",
    ("activation_order", "relu_before_addition"): "ReLU before the addition",
    ("activation_order", "relu_only_preactivation"): "ReLU-only pre-activation",
    ("activation_order", "full_preactivation"): "full pre-activation",
    ("norm", "batch"): "batch norm",
    ("norm", "group"): "group norm",
    ("norm", "none"): "no norm",
    ("norm_group_width", None): "a fixed number of groups of the norm",
    ("activation", "relu"): "ReLU",
    ("activation", "leaky_relu"): "leaky ReLU",
    ("activation", "elu"): "ELU",
    ("activation", "gelu"): "GELU",
    ("activation", "silu"): "SiLU",
    ("attention", "none"): "no attention",
    ("attention", "se"): "squeeze-and-excitation",
    ("attention", "eca"): "efficient channel attention",
    ("residual_scale", "none"): "unscaled branches",
    ("residual_scale", "skipinit"): "scaled branches (SkipInit)",
    ("zero_init_residual", True): "zero-initialised branches",
    ("zero_init_residual", False): "branches initialised as usual",
    ("final_activation", True): "an activation after the addition",
    ("final_activation", False): "no activation after the addition",
    ("final_preactivation", True): "norm and activation before the head",
    ("final_preactivation", False): "no norm and activation before the head",
    ("conv_bias", True): "convolutions with biases",
    ("conv_bias", False): "convolutions without biases",
    ("init", "kaiming_fan_out"): "He initialisation (fan-out)",
    ("init", "kaiming_fan_in"): "He initialisation (fan-in)",
    ("init", "xavier"): "Xavier initialisation",
    ("init", "orthogonal"): "orthogonal initialisation",
    ("init", "pytorch"): "PyTorch's initialisation",
    ("init", "fixup"): "Fixup initialisation",
    ("expansion", None): "the usual expansion",
    ("stem_width", None): "a stem as wide as stage 1",
    ("stem", "imagenet"): "the ImageNet stem",
    ("stem", "cifar"): "the CIFAR stem",
    ("stem", "deep"): "a deep stem",
    ("stem", "tiered"): "a deep stem that widens",
    ("stem_pool", "max"): "a max pool in the stem",
    ("stem_pool", "conv"): "a strided convolution in the stem instead of the pool",
    ("antialias", "none"): "no anti-aliasing",
    ("antialias", "avgpool"): "anti-aliasing by average pools",
    ("antialias", "blurpool"): "anti-aliasing by blur pools",
    ("projection_kernel", "1x1"): "projections by 1x1 convolutions",
    ("projection_kernel", "3x3"): "projections by 3x3 convolutions",
    ("projection_norm", True): "projections with a norm",
    ("projection_norm", False): "projections without a norm",
    ("stride_on", "1x1"): "the stride on the first 1x1",
    ("stride_on", "3x3"): "the stride on the 3x3",
    ("downsample_at", "first"): "the first block of a stage halves the resolution",
    ("downsample_at", "last"): "the last block of a stage halves the resolution",
}
"""A field's value as the object of "it has"; of others the value itself is told."""


def value_words(field: str, value: object) -> str:
    """A field's value as the object of "it has", such as "no shortcuts" or "blocks per stage 3-4".

    Raises:
        KeyError: for a field that a configuration does not have.
    """
    if (field, value) in VALUES:
        return VALUES[field, value]
    return f"{FIELDS[field].removeprefix('the ')} {short_value(field, value)}"


def short_value(field: str, value: object) -> str:
    """A field's value where the field has just been named, such as "batch norm" or "3-4-6-3"."""
    if (field, value) in VALUES:
        return VALUES[field, value]
    return text_of(field, value)


def text_of(field: str, value: object) -> str:
    """A value of a net or a run as it is written: "3-4-6-3" for blocks, "128x64" for a size."""
    between = "x" if field == "image_size" else "-"
    return between.join(map(str, value)) if isinstance(value, tuple) else str(value)
