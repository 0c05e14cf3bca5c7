"""ResNetConfig: every choice that makes a residual network, validated; no torch."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from resnet_viz.arch.rules import violations

Block = Literal["basic", "bottleneck"]
Stem = Literal["imagenet", "cifar", "deep", "tiered"]
Shortcut = Literal["none", "zero_pad", "projection", "projection_all", "avgpool_projection"]
ShortcutTransform = Literal[
    "identity", "scaled", "exclusive_gate", "shortcut_only_gate", "conv1x1", "dropout"
]
ActivationOrder = Literal[
    "original",
    "norm_after_addition",
    "relu_before_addition",
    "relu_only_preactivation",
    "full_preactivation",
]
Norm = Literal["batch", "group", "none"]
Activation = Literal["relu", "leaky_relu", "elu", "gelu", "silu"]
Init = Literal["kaiming_fan_out", "kaiming_fan_in", "xavier", "orthogonal", "pytorch", "fixup"]

# Strict, so that "3", 3.0 and true are refused where a whole number is meant. The upper
# bounds lie beyond any published net; they keep a typing slip from stalling the program.
Channels = Annotated[int, Field(strict=True, ge=1, le=65_536)]
Blocks = Annotated[int, Field(strict=True, ge=1, le=10_000)]
STEM_HALVINGS = {"imagenet": 2, "cifar": 0, "deep": 2, "tiered": 2}


class ResNetConfig(BaseModel):
    """One residual network, or its plain twin (``shortcut="none"``). Frozen and hashable.

    The defaults are ResNet-34 (He et al. 2015, Table 1) with option B shortcuts.

    Raises:
        ValueError: for any invalid value or combination; `explain` turns it into one line.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    block: Block = "basic"
    depths: Annotated[tuple[Blocks, ...], Field(min_length=1, max_length=8)] = (3, 4, 6, 3)
    widths: Annotated[tuple[Channels, ...], Field(min_length=1, max_length=8)] = (64, 128, 256, 512)
    expansion: Annotated[int, Field(strict=True, ge=1, le=64)] | None = None
    cardinality: Annotated[int, Field(strict=True, ge=1, le=4096)] = 1
    group_width: Channels = 64
    stem: Stem = "imagenet"
    stem_width: Channels | None = None
    shortcut: Shortcut = "projection"
    shortcut_transform: ShortcutTransform = "identity"
    activation_order: ActivationOrder = "original"
    stride_on: Literal["3x3", "1x1"] = "3x3"
    downsample_at: Literal["first", "last"] = "first"
    norm: Norm = "batch"
    activation: Activation = "relu"
    final_activation: Annotated[bool, Field(strict=True)] = True
    attention: Literal["none", "se"] = "none"
    se_reduction: Channels = 16
    conv_bias: Annotated[bool, Field(strict=True)] = False
    dropout: Annotated[float, Field(strict=True, ge=0, lt=1)] = 0.0
    stochastic_depth: Annotated[float, Field(strict=True, ge=0, lt=1)] = 0.0
    residual_scale: Literal["none", "skipinit"] = "none"
    init: Init = "kaiming_fan_out"
    zero_init_residual: Annotated[bool, Field(strict=True)] = False
    in_channels: Channels = 3
    num_classes: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] = 1000
    image_size: Annotated[int, Field(strict=True, ge=1, le=16_384)] = 224

    @property
    def block_expansion(self) -> int:
        """Out channels of a block over its width: 1 or 4 unless `expansion` says otherwise."""
        return self.expansion or (1 if self.block == "basic" else 4)

    def inner_width(self, width: int) -> int:
        """Channels of the 3x3 in a bottleneck of a stage of `width`."""
        return int(width * self.group_width / 64) * self.cardinality

    @property
    def width_of_stem(self) -> int:
        """Channels out of the stem."""
        return self.stem_width or self.widths[0]

    @property
    def smallest_image_size(self) -> int:
        """Least pixels a side that leave 2 pixels wherever the net halves the resolution."""
        halvings = STEM_HALVINGS[self.stem] + len(self.depths) - 1
        return 2 ** (halvings - 1) + 1 if halvings else 1

    @model_validator(mode="after")
    def _check(self) -> Self:
        for sentence in violations(self):
            raise ValueError(sentence)
        return self


def choices(field: str) -> tuple[str, ...]:
    """The values of a field of named values, in the contract's order."""
    named: tuple[str, ...] = get_args(ResNetConfig.model_fields[field].annotation)
    return named


def plain_twin(config: ResNetConfig) -> ResNetConfig:
    """The same net without its shortcuts (He et al. 2015, sec. 3.3: the plain network).

    What only makes sense beside a shortcut (its transform, stochastic depth, a branch that starts
    at 0) goes with it; "fixup" becomes the default initialisation.
    """
    return revise(
        config,
        shortcut="none",
        shortcut_transform="identity",
        stochastic_depth=0.0,
        residual_scale="none",
        zero_init_residual=False,
        init="kaiming_fan_out" if config.init == "fixup" else config.init,
    )


def revise(config: ResNetConfig, **changes: Any) -> ResNetConfig:
    """`config` with some fields changed, and validated again.

    Raises:
        ValueError: where the changed config is not valid.
    """
    return ResNetConfig.model_validate(config.model_dump() | changes)


def explain(error: ValueError) -> str:
    """One line for the user: each invalid field, its value and what is allowed."""
    if not isinstance(error, ValidationError):
        return " ".join(str(error).split())
    fields = _fields_of(error.title)
    details: list[dict[str, Any]] = [dict(d) for d in error.errors(include_url=False)]
    within = {detail["loc"][0] for detail in details if len(detail["loc"]) > 1}
    # pydantic also calls a list too short when it has left invalid items out.
    own = [d for d in details if d["type"] != "too_short" or d["loc"][0] not in within]
    lines = [_sentence(detail, fields) for detail in own]
    more = f" (and {len(lines) - 3} more)" if len(lines) > 3 else ""
    return " ".join(("; ".join(lines[:3]) + more).split())


def _fields_of(title: str) -> Sequence[str]:
    return tuple(ResNetConfig.model_fields) if title == ResNetConfig.__name__ else ()


def _sentence(detail: dict[str, Any], fields: Sequence[str]) -> str:
    message = str(detail["msg"]).removeprefix("Value error, ")
    place = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in detail["loc"]).lstrip(".")
    if detail["type"] == "extra_forbidden":
        return unknown_name("field", place, fields)
    if not place:
        return message[:1].lower() + message[1:] if detail["type"] != "value_error" else message
    return f"{place} = {shorten(detail['input'])}: {message[:1].lower()}{message[1:]}"


def unknown_name(what: str, name: str, known: Sequence[str]) -> str:
    """A sentence that says `name` is unknown and suggests near names, or lists them all."""
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"did you mean {_either(near)}?" if near else f"allowed: {', '.join(known)}"
    return f"unknown {what} {shorten(name)}; {hint}" if known else f"unknown {what} {shorten(name)}"


def shorten(value: object, limit: int = 60) -> str:
    """`value` as Python would show it, cut to `limit` characters."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _either(values: Sequence[object]) -> str:
    shown = ["null" if value is None else repr(value) for value in values]
    return " or ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))
