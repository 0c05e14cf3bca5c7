"""Guesses of a configuration: what names, shapes and strides say, and what they leave open."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import gcd
from typing import Any

from resnet_viz.arch.config import ResNetConfig, explain
from resnet_viz.arch.fields import BRANCH_LAYERS, ConfigFields
from resnet_viz.nets.recognition.layout import Layout, Weight

Changes = dict[str, Any]
_CIFAR_SIZE, _IMAGENET_SIZE = 32, 224


class UnlikeError(ValueError):
    """A sentence that says why a net cannot be said as a configuration."""


@dataclass(frozen=True)
class Hints:
    """What a module tells and a file does not; a file has none of it.

    `stride` is that of the convolution at a path, None where it is unknown; so are the `groups` of
    the group norm at a path. `activations` and `dropout` are the field's values.
    """

    stride: Callable[[str], int | None] = lambda _: None
    groups: Callable[[str], int | None] = lambda _: None
    activations: tuple[str, ...] = ("relu",)
    dropout: float = 0.0


def guesses(layout: Layout, hints: Hints) -> Iterator[ResNetConfig]:
    """Configurations that a layout can be of, the most usual first.

    Raises:
        UnlikeError: where no configuration has such blocks.
    """
    known = _shape(layout, hints) | {"dropout": hints.dropout} | _head(layout)
    known |= _stem(layout, known["widths"][0])
    refused = ""
    is_any = False
    for changes in _open(layout, hints):
        merged = known | changes
        try:
            yield ResNetConfig.model_validate(merged)
            is_any = True
        except ValueError as error:
            refused = refused or explain(error)
    if not is_any:
        raise UnlikeError(refused)


def _shape(layout: Layout, hints: Hints) -> dict[str, Any]:
    """Blocks, widths, groups, norm and attention."""
    first = layout.stages[0][0]
    per_block, kinds = len(first.convs), {n: kind for kind, n in BRANCH_LAYERS.items()}
    for block in layout.blocks:
        if len(block.convs) != per_block or per_block not in kinds:
            where = block.weights[0].path
            raise UnlikeError(
                f"the block of {where!r} has {len(block.convs)} convolutions in its branch; "
                "allowed: 1 to 3, the same number in all blocks"
            )
    kind = kinds[per_block]
    fields: dict[str, Any] = {
        "block": kind,
        "depths": tuple(map(len, layout.stages)),
        "conv_bias": first.convs[0].has_bias,
        "stride_on": _stride_on(layout, hints),
    }
    inner, out = (
        tuple(stage[0].convs[number].shape[0] for stage in layout.stages)
        for number in (per_block - 2, per_block - 1)  # of one layer, twice the same
    )
    if kind != "bottleneck":
        expansion = out[0] // inner[0]
        fields |= {"widths": inner, "expansion": None if expansion == 1 else expansion}
    else:
        fields |= _bottleneck(inner, out, [stage[0].convs[:2] for stage in layout.stages])
    return fields | _norm(layout, hints) | _attention(layout)


def _bottleneck(
    inner: Sequence[int], out: Sequence[int], convs: Sequence[Sequence[Weight]]
) -> Changes:
    """Widths, expansion and groups of bottlenecks, from their first two convolutions; the usual
    expansion is 4."""
    before = [first.shape[0] for first, _ in convs]
    groups = {width / max(1, conv.shape[1]) for width, (_, conv) in zip(before, convs, strict=True)}
    if len(groups) != 1 or min(groups) < 1 or min(groups) % 1:
        raise UnlikeError(
            f"the second convolutions of the stages take {before} channels in groups of "
            f"{[conv.shape[1] for _, conv in convs]}; allowed: the same number of groups in all "
            "stages"
        )
    cardinality = int(min(groups))
    for expansion in (4, out[0] // inner[0] or 1, 2, 1):
        widths = [width // expansion for width in out]
        if any(width % expansion for width in out) or not all(widths):
            continue
        for group_width in {
            -(-64 * inner[0] // (cardinality * widths[0])),
            inner[0] // cardinality,
        }:
            if all(
                int(width * group_width / 64) * cardinality == wide
                for width, wide in zip(widths, inner, strict=True)
            ):
                return {
                    "widths": tuple(widths),
                    "expansion": None if expansion == 4 else expansion,
                    "cardinality": cardinality,
                    "group_width": group_width,
                    "reduce_first": max(1, inner[0] // before[0]),
                }
    raise UnlikeError(
        f"the stages' blocks have {list(inner)} channels inside and {list(out)} out; "
        "allowed: the same ratio in all stages"
    )


def _norm(layout: Layout, hints: Hints) -> Changes:
    """The norm and its groups: of a number, or of a width where that differs less."""
    norms = [norm for block in layout.blocks for norm in block.norms]
    if not norms:
        return {"norm": "none"}
    if norms[0].has_statistics:
        return {"norm": "batch"}
    groups = {norm.shape[0]: hints.groups(norm.path) for norm in norms}
    known = {channels: number for channels, number in groups.items() if number}
    most = max(known.values(), default=32)
    if all(number == gcd(most, channels) for channels, number in known.items()):
        # The usual number gives fewer groups, too, where the channels do not divide.
        is_usual = all(number == gcd(32, channels) for channels, number in known.items())
        return {"norm": "group", "norm_groups": 32 if is_usual else most}
    width = max(channels // number for channels, number in known.items())
    return {"norm": "group", "norm_group_width": width}


def _attention(layout: Layout) -> Changes:
    """Squeeze-and-excitation has two layers in a block, efficient channel attention one filter."""
    every = [block.attention for block in layout.blocks if block.attention]
    if not every:
        return {}
    if all(len(one) == 1 and one[0].shape[:2] == (1, 1) for one in every):
        return {"attention": "eca"}
    if any(len(one) != 2 for one in every):
        raise UnlikeError(
            f"{every[0][0].path!r} is not squeeze-and-excitation with two layers, or one filter "
            "over channels; allowed: attention 'none', 'se' or 'eca'"
        )
    squeezes = [min(one, key=lambda weight: weight.shape[0]) for one in every]
    widths = {weight.shape[1]: weight.shape[0] for weight in squeezes}
    widest = max(widths)
    reduction = {"attention": "se", "se_reduction": max(1, widest // widths[widest])}
    for divisor in (1, 8, 4, 16, 2):
        fields = ConfigFields.model_validate(reduction | {"se_divisor": divisor})
        if all(fields.squeezed_width(before) == width for before, width in widths.items()):
            return reduction | {"se_divisor": divisor}
    return reduction


def _stem(layout: Layout, first_width: int) -> Changes:
    convs = [w for w in layout.outside if len(w.shape) == 4 and w.path.startswith(layout.prefix)]
    convs = [w for w in convs if w.shape[2:] != (1, 1)]
    if not convs:
        raise UnlikeError("the stem has no 3x3 or larger convolution; allowed: 1 to 4")
    widths, kernels = [w.shape[0] for w in convs], [w.shape[2] for w in convs]
    width = widths[-1]
    if len(convs) in (3, 4) and set(kernels) == {3}:
        is_deep = widths[0] == width // 2
        kind = "deep" if is_deep else "tiered"
    elif kernels in ([3], [7], [7, 3]):
        kind = "cifar" if kernels[0] == 3 else "imagenet"
    else:
        sizes = ", ".join(f"{kernel}x{kernel}" for kernel in kernels)
        raise UnlikeError(
            f"the stem's convolutions are {sizes}; allowed: one of 7x7 or 3x3, 7x7 then 3x3, or "
            "three or four of 3x3"
        )
    return {
        "stem": kind,
        "stem_width": None if width == first_width else width,
        "stem_pool": "conv" if len(convs) in (2, 4) else "max",
        "in_channels": convs[0].shape[1],
        "image_size": _CIFAR_SIZE if kind == "cifar" else _IMAGENET_SIZE,
    }


def _head(layout: Layout) -> Changes:
    wide = [w for w in layout.outside if len(w.shape) == 2 or w.shape[2:] == (1, 1)]
    near = [w for w in wide if w.path.startswith(layout.prefix)] or wide
    return {"num_classes": near[-1].shape[0]} if near else {}


def _stride_on(layout: Layout, hints: Hints) -> str:
    if len(layout.stages[0][0].convs) < 3:
        return "3x3"
    firsts = [hints.stride(block.convs[0].path) for block in layout.blocks]
    return "1x1" if any(stride == 2 for stride in firsts) else "3x3"


def _open(layout: Layout, hints: Hints) -> Iterator[Changes]:
    """What names and shapes leave open, in all combinations, the most usual first."""
    for activation, antialias, shortcut, order in product(
        hints.activations, _antialiases(layout, hints), _shortcuts(layout, hints), _orders(layout)
    ):
        yield {"activation": activation, "antialias": antialias} | shortcut | order


def _antialiases(layout: Layout, hints: Hints) -> Sequence[str]:
    """Whether pools stand in the place of the strides: they have no weights."""
    strides = [hints.stride(conv.path) for block in layout.blocks for conv in block.convs]
    if not any(strides) or 2 in strides:
        return ("none",)
    return ("none", "avgpool", "blurpool") if len(layout.stages) == 1 else ("avgpool", "blurpool")


def _shortcuts(layout: Layout, hints: Hints) -> list[Changes]:
    """By the blocks that have a projection."""
    projected = [[bool(block.projections) for block in stage] for stage in layout.stages]
    if not any(map(any, projected)):
        # Names and shapes of a plain net are those of one with zero-padded shortcuts.
        same: list[Changes] = [{"shortcut": kind} for kind in ("zero_pad", "none")]
        return same if _widens(layout) else [{"shortcut": "projection"}, *same[1:]]
    is_large = any(conv.shape[2:] == (3, 3) for b in layout.blocks for conv in b.projections)
    fields: Changes = {"projection_kernel": "3x3"} if is_large else {}
    if all(map(all, projected)) and any(len(stage) > 1 for stage in projected):
        return [fields | {"shortcut": "projection_all"}]
    kinds: list[Changes] = [fields | {"shortcut": "projection"}]
    if _is_pooled(layout, hints):
        kinds.insert(0, fields | {"shortcut": "avgpool_projection"})
    if any(stage[-1] and len(stage) > 1 for stage in projected):
        kinds = [kind | {"downsample_at": "last"} for kind in kinds]
    return kinds


def _widens(layout: Layout) -> bool:
    outs = {stage[0].convs[-1].shape[0] for stage in layout.stages}
    return len(outs) > 1 or layout.stages[0][0].convs[0].shape[1] not in outs


def _is_pooled(layout: Layout, hints: Hints) -> bool:
    """Whether an average pool comes before the projections, where the resolution is halved."""
    later = [conv for stage in layout.stages[1:] for conv in stage[0].projections]
    strides = [hints.stride(conv.path) for conv in later]
    if any(strides):
        return set(strides) == {1}
    return bool(later) and all(conv.name.endswith(".1") for conv in later)


def _orders(layout: Layout) -> list[Changes]:
    """Orders of norm, activation and addition."""
    projected = [block for block in layout.blocks if block.projections and block.norms]
    has_norm = not projected or any(block.projection_norms for block in projected)
    usual: list[Changes] = [
        *(
            {"projection_norm": has_norm} | order
            for order in (
                {"activation_order": "original"},
                {"activation_order": "original", "final_activation": False},
                {"activation_order": "norm_after_addition"},
                {"activation_order": "relu_before_addition"},
            )
        ),
        {"activation_order": "relu_only_preactivation"},
    ]
    before: list[Changes] = [
        {"activation_order": "full_preactivation"},
        {"activation_order": "full_preactivation", "final_preactivation": False},
    ]
    is_first = _is_norm_first(layout)
    return usual + before if is_first is None else before if is_first else usual


def _is_norm_first(layout: Layout) -> bool | None:
    """Whether each branch begins with a norm, of as many channels as come in; None: unknown."""
    for block in layout.blocks:
        norms, channels = {norm.shape[0] for norm in block.norms}, block.convs[0].shape[1]
        if norms and channels not in {conv.shape[0] for conv in block.convs}:
            return channels in norms
    return None
