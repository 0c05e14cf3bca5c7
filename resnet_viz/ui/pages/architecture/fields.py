"""Fields of the Architecture page's form: groups, help, and values of widgets."""

from __future__ import annotations

import re
from typing import Literal, get_origin

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.field_words import text_of
from resnet_viz.arch.fields import one_form

FIRST = ("block", "depths", "widths", "shortcut", "norm")
"""What a newcomer needs; the other fields are in groups that open at a press."""
GROUPS: dict[str, tuple[str, ...]] = {
    "More on blocks": (
        "expansion",
        "cardinality",
        "group_width",
        "reduce_first",
        "stride_on",
        "downsample_at",
        "antialias",
        "attention",
        "se_reduction",
        "se_divisor",
    ),
    "More on shortcuts": (
        "projection_kernel",
        "projection_norm",
        "shortcut_transform",
        "gate_bias",
        "residual_scale",
    ),
    "More on norm and activation": (
        "activation",
        "activation_order",
        "final_activation",
        "final_preactivation",
        "norm_groups",
        "norm_group_width",
        "conv_bias",
    ),
    "Regularisation": ("dropout", "stochastic_depth"),
    "Initialisation": ("init", "zero_init_residual"),
    "Input and output": (
        "stem",
        "stem_width",
        "stem_pool",
        "image_size",
        "in_channels",
        "num_classes",
    ),
}
FIELDS = (*FIRST, *(field for fields in GROUPS.values() for field in fields))

SAID = {
    "none": "none: a plain net",
    "zero_pad": "zero_pad: option A",
    "projection": "projection: option B",
    "projection_all": "projection_all: option C",
    "avgpool_projection": "avgpool_projection: ResNet-D",
}
"""How the choice of a shortcut shows its values."""

HELP = {
    "block": "What F is. basic: two 3x3 convolutions; bottleneck: 1x1, 3x3, 1x1 "
    "(He 2015, Fig. 5); one_layer: one 3x3 (He 2016, Table 3).",
    "depths": "Blocks in each stage, such as 3, 4, 6, 3: a stage is a run of blocks at one "
    "resolution (He 2015, Table 1).",
    "widths": "Channels of each stage's convolutions, as many numbers as stages; a bottleneck "
    "block outputs four times as many (He 2015, Table 1).",
    "expansion": "Output channels of a block over its width; empty: 4 for bottleneck "
    "blocks, 1 for others (He 2015, Table 1).",
    "cardinality": "Groups of a bottleneck's 3x3 convolution (ResNeXt: Xie 2016).",
    "group_width": "Width of a group: the 3x3 has width x group_width / 64 x cardinality "
    "channels (Xie 2016; wide ResNets: Zagoruyko 2016).",
    "reduce_first": "How much narrower a bottleneck's first 1x1 is than its 3x3: 2 in SENet-154 "
    "(Hu 2018), else 1.",
    "stride_on": "Where a bottleneck's stride 2 sits: on the first 1x1 (He 2015) or on the 3x3 "
    "(torchvision, often called v1.5).",
    "downsample_at": "Which block of a stage halves the resolution: the first (He 2015), or the "
    "last (the FastCampus notebook).",
    "antialias": "Anti-aliasing: a pool in place of each branch's stride 2 and of the stem's pool. "
    "avgpool: a 2x2 average; blurpool: a 3x3 blur that keeps every second pixel (Zhang 2019). "
    "Projections keep their stride.",
    "attention": "Each branch's channels are weighed before the addition. se: by two small linear "
    "layers, squeeze-and-excitation (Hu 2018); eca: by one filter over neighbouring channels "
    "(Wang 2020).",
    "se_reduction": "How much narrower the squeezed layer is (Hu 2018: 16).",
    "se_divisor": "Round the squeezed layer's channels to a multiple of this (8 in timm). With 1 "
    "they are rounded down.",
    "shortcut": "The path around each block's branch F. Where the shape changes, x has to change "
    "with it: option A skips pixels and pads channels with zeros, option B has a 1x1 convolution "
    "(a projection) there, option C everywhere (He 2015, sec. 3.3 and 4.1); ResNet-D pools before "
    "it (He 2018).",
    "projection_kernel": "The convolution of a projection where the stride is 2: 1x1 (He 2015), or "
    "3x3 (SENet-154: Hu 2018).",
    "projection_norm": "Whether a norm follows a projection. Pre-activation nets have none there "
    "(He 2016).",
    "shortcut_transform": "What is done to the shortcuts that are identities (He 2016, Fig. 2 a "
    "to f): all but identity itself made ResNet-110 worse.",
    "gate_bias": "Where the bias of a gate starts, -20 to 20. At -6 the gate is nearly closed and "
    "1 - g(x) is nearly 1 (He 2016, Table 1, tries 0 to -7).",
    "residual_scale": "skipinit: a learned factor on each branch that starts at 0 (De & Smith "
    "2020).",
    "norm": "batch: batch normalisation (Ioffe 2015); group: groups of channels (Wu 2018); "
    "none: no normalisation.",
    "norm_groups": "Groups of group norm (Wu 2018: 32). There are fewer where the channels do not "
    "divide. With 1 it normalises each image as a whole.",
    "norm_group_width": "Channels per group of group norm, instead of a number of groups (Wu 2018: "
    "16); empty: the number counts.",
    "activation": "The nonlinearity, everywhere in the net.",
    "activation_order": "Where norm and activation stand around the addition (He 2016, Fig. 4 a "
    "to e).",
    "final_activation": "Whether the activation follows the addition (He 2015, Fig. 2).",
    "final_preactivation": "Whether norm and activation come before the head of a full "
    "pre-activation net (He 2016).",
    "conv_bias": "Whether convolutions have a bias (redundant when a norm follows).",
    "dropout": "Share dropped between a branch's convolutions (Zagoruyko 2016).",
    "stochastic_depth": "Chance that training leaves out the last block's branch; earlier blocks "
    "have proportionally less (Huang 2016).",
    "init": "How convolutions start: kaiming (He 2015b), xavier (Glorot 2010), orthogonal (Saxe "
    "2013), fixup (Zhang 2019, rules 1 and 2; needs norm none), or PyTorch's default.",
    "zero_init_residual": "Start the last norm of each branch at 0, so that every block begins "
    "as its shortcut (Goyal 2017, sec. 5.1).",
    "stem": "Layers before stage 1. imagenet: 7x7 at stride 2, then a 3x3 max pool (He 2015, "
    "Table 1); cifar: one 3x3 (sec. 4.2); deep: three 3x3 and the pool (ResNet-C, He 2018); "
    "tiered: the same, narrower at first.",
    "stem_width": "Channels out of the stem; empty: the first stage's width. Wide ResNets have 16.",
    "stem_pool": "How the stem halves the resolution the second time: a 3x3 max pool (He 2015), or "
    "a 3x3 convolution at stride 2 with norm and activation (ResNet-RS: Bello 2021).",
    "image_size": "Pixels a side of the input image, such as 224, or its height and width, "
    "such as 128x64.",
    "in_channels": "Channels of the input image: 3 for colour, 1 for grey.",
    "num_classes": "Outputs of the classifier.",
}

MAY_BE_EMPTY = ("expansion", "stem_width", "norm_group_width")
# Disabled fields whose other values would be refused; the rest keep theirs, which do no harm.
_NEUTRALISED = (
    "expansion",
    "antialias",
    "dropout",
    "cardinality",
    "group_width",
    "reduce_first",
    "stem_pool",
    "shortcut_transform",
    "residual_scale",
    "stochastic_depth",
    "zero_init_residual",
)

WidgetKind = Literal["named", "flag", "text", "fraction", "number"]


def widget_kind(field: str) -> WidgetKind:
    """The kind of widget for a field, by the type of the field."""
    annotation = ResNetConfig.model_fields[field].annotation
    if get_origin(annotation) is Literal:
        return "named"
    if get_origin(annotation) is tuple:
        return "text"
    if field == "image_size":
        return "text"
    simple: dict[object, WidgetKind] = {bool: "flag", float: "fraction"}
    return simple.get(annotation, "number")


def disabled_because(field: str, draft: dict[str, object]) -> str:
    """The reason why a field has no effect for the current choice; "" if it has."""
    one_layer = {"A one-layer block has no second convolution.": draft["block"] == "one_layer"}
    reasons = {
        "expansion": one_layer,
        "antialias": one_layer,
        "dropout": one_layer,
        "cardinality": {"Only bottleneck blocks have this.": draft["block"] != "bottleneck"},
        "group_width": {"Only bottleneck blocks have this.": draft["block"] != "bottleneck"},
        "reduce_first": {"Only bottleneck blocks have this.": draft["block"] != "bottleneck"},
        "stride_on": {"Only bottleneck blocks have this.": draft["block"] != "bottleneck"},
        "stem_pool": {"The CIFAR stem has no pool.": draft["stem"] == "cifar"},
        "se_reduction": {"There is no squeeze-and-excitation.": draft["attention"] != "se"},
        "se_divisor": {"There is no squeeze-and-excitation.": draft["attention"] != "se"},
        "projection_kernel": {
            "There are no strided projections.": draft["shortcut"]
            not in ("projection", "projection_all")
        },
        "projection_norm": {
            "There are no projections.": draft["shortcut"] in ("none", "zero_pad"),
            "There is no norm.": draft["norm"] == "none",
            "In this order projections have no norm.": "preactivation"
            in str(draft["activation_order"]),
        },
        "norm_groups": {
            "There is no group norm.": draft["norm"] != "group",
            "The channels per group count.": draft["norm_group_width"] is not None,
        },
        "norm_group_width": {"There is no group norm.": draft["norm"] != "group"},
        "final_preactivation": {
            "Only full pre-activation nets have this.": draft["activation_order"]
            != "full_preactivation"
        },
        "shortcut_transform": {
            "A plain net has no shortcuts.": draft["shortcut"] == "none",
            "Option C has no identities.": draft["shortcut"] == "projection_all",
        },
        "gate_bias": {
            "There are no gates.": "gate" not in str(draft["shortcut_transform"]),
            "PyTorch's default draws it.": draft["init"] == "pytorch",
        },
        "residual_scale": {"A plain net would output 0.": draft["shortcut"] == "none"},
        "stochastic_depth": {"A plain net would output 0.": draft["shortcut"] == "none"},
        "final_activation": {
            "This order fixes what follows the addition.": draft["activation_order"] != "original"
        },
        "zero_init_residual": {
            "A plain net would output 0.": draft["shortcut"] == "none",
            "There is no norm to start at 0.": draft["norm"] == "none",
            "In this order the branch does not end in a norm.": draft["activation_order"]
            not in ("original", "relu_only_preactivation"),
            "SkipInit starts the branch at 0 already.": draft["residual_scale"] != "none",
        },
    }
    return next((why for why, holds in reasons.get(field, {}).items() if holds), "")


def neutral(field: str, value: object, draft: dict[str, object]) -> object:
    """The widget's value, or the field's default if it is disabled and would be refused."""
    if field in _NEUTRALISED and disabled_because(field, draft):
        return ResNetConfig.model_fields[field].default
    return value


def to_widget(config: ResNetConfig, field: str) -> object:
    """The value of the widget of `field` for `config`: tuples and the image size are text."""
    value = getattr(config, field)
    if field == "image_size":
        return text_of(field, value)
    return ", ".join(map(str, value)) if isinstance(value, tuple) else value


def from_widget(field: str, value: object) -> object:
    """The value of a field from its widget; text that is no number is left for the validator."""
    if field == "image_size":
        return one_form(value)
    if widget_kind(field) != "text":
        return value
    items = re.split(r"[\s,;-]+", str(value).strip(" \t\n[](),;"))
    return [int(item) if re.fullmatch(r"\d{1,9}", item) else item for item in items if item]
