"""The fields of the Architecture page's form: groups, help, and what a widget's value means."""

from __future__ import annotations

import re

from resnet_viz.arch.config import ResNetConfig

GROUPS: dict[str, tuple[str, ...]] = {
    "Shape": (
        "block",
        "depths",
        "widths",
        "stem",
        "expansion",
        "cardinality",
        "group_width",
        "stride_on",
    ),
    "Shortcut": ("shortcut",),
    "Norm and activation": ("norm", "activation", "activation_order", "conv_bias"),
    "Initialisation": ("init", "zero_init_residual"),
    "Input and output": ("image_size", "in_channels", "num_classes"),
}
FIELDS = tuple(field for fields in GROUPS.values() for field in fields)

HELP = {
    "block": "basic: two 3x3 convolutions; bottleneck: 1x1, 3x3, 1x1 (He 2015, Fig. 5).",
    "depths": "Blocks in each stage, such as 3, 4, 6, 3 (He 2015, Table 1).",
    "widths": "Base channels of each stage, before expansion (He 2015, Table 1).",
    "stem": "Layers before stage 1. imagenet: 7x7 convolution at stride 2 and 3x3 max pool "
    "(He 2015, Table 1); cifar: one 3x3 convolution (sec. 4.2).",
    "expansion": "Channels out of a block over its width; empty: 1 for basic, 4 for bottleneck "
    "blocks (He 2015, Table 1).",
    "cardinality": "Groups of a bottleneck's 3x3 convolution (ResNeXt, Xie 2016).",
    "group_width": "Width of a group: the 3x3 has width x group_width / 64 x cardinality "
    "channels (Xie 2016; Zagoruyko 2016).",
    "stride_on": "Where a bottleneck's stride 2 sits: on the first 1x1 (He 2015) or on the 3x3 "
    "(torchvision, often called v1.5).",
    "shortcut": "The path around each branch. none: a plain net; zero_pad: option A, projection: "
    "option B, projection_all: option C (He 2015, sec. 3.3 and 4.1).",
    "norm": "batch: batch normalisation after (or, in pre-activation nets, before) each "
    "convolution (Ioffe 2015); none: no normalisation.",
    "activation": "The nonlinearity, everywhere in the net.",
    "activation_order": "original: the activation follows the addition (He 2015); "
    "full_preactivation: norm and activation come before each convolution (He 2016, Fig. 4e).",
    "conv_bias": "Whether convolutions have a bias; a norm after them makes it needless.",
    "init": "How convolutions start: normal with variance 2 / fan (He 2015b), or PyTorch's "
    "default.",
    "zero_init_residual": "Start the last norm of each branch at 0, so that every block begins "
    "as its shortcut (Goyal 2017, sec. 5.1).",
    "image_size": "Pixels a side of the square input image.",
    "in_channels": "Channels of the input image: 3 for colour, 1 for grey.",
    "num_classes": "Outputs of the classifier.",
}

_NEUTRAL: dict[str, object] = {
    "cardinality": 1,
    "group_width": 64,
    "stride_on": "3x3",
    "zero_init_residual": False,
}


def disabled_because(field: str, draft: dict[str, object]) -> str:
    """Why a field cannot matter for the current choice; "" where it can."""
    if field in ("cardinality", "group_width", "stride_on") and draft["block"] == "basic":
        return "Only bottleneck blocks have this."
    if field == "zero_init_residual":
        if draft["shortcut"] == "none":
            return "A plain net would put out 0."
        if draft["norm"] == "none":
            return "There is no norm to start at 0."
        if draft["activation_order"] == "full_preactivation":
            return "A pre-activation branch does not end in a norm."
    return ""


def neutral(field: str, value: object, draft: dict[str, object]) -> object:
    """The widget's value, or the field's default where it is disabled."""
    return _NEUTRAL[field] if disabled_because(field, draft) else value


def to_widget(config: ResNetConfig, field: str) -> object:
    """What the widget of `field` holds for `config`: tuples are text."""
    value = getattr(config, field)
    return ", ".join(map(str, value)) if isinstance(value, tuple) else value


def from_widget(field: str, value: object) -> object:
    """What a widget's value means; text that is no number is kept for the validator to name."""
    if field not in ("depths", "widths"):
        return value
    items = re.split(r"[\s,;-]+", str(value).strip(" \t\n[](),;"))
    return [int(item) if re.fullmatch(r"\d{1,9}", item) else item for item in items if item]
