"""Fields of a network's configuration, each valid by itself; no torch."""

from __future__ import annotations

import re
from math import gcd
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

Block = Literal["basic", "bottleneck", "one_layer"]
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
Antialias = Literal["none", "avgpool", "blurpool"]
Norm = Literal["batch", "group", "none"]
Activation = Literal["relu", "leaky_relu", "elu", "gelu", "silu"]
Init = Literal["kaiming_fan_out", "kaiming_fan_in", "xavier", "orthogonal", "pytorch", "fixup"]

# Strict, so that "3", 3.0 and true are refused where a whole number is meant. The upper
# bounds lie beyond any published net; they keep a typing slip from stalling the program.
Channels = Annotated[int, Field(strict=True, ge=1, le=65_536)]
Blocks = Annotated[int, Field(strict=True, ge=1, le=10_000)]
GATE_BIAS = -6.0
"""He et al. 2016, sec. 3.1: gates start nearly closed (1 - g nearly 1); they train best at -6."""
BRANCH_LAYERS = {"basic": 2, "bottleneck": 3, "one_layer": 1}
"""Convolutions of a block's branch."""
STEM_HALVINGS = {"imagenet": 2, "cifar": 0, "deep": 2, "tiered": 2}

_MOST_PIXELS = 16_384
_Side = Annotated[int, Field(strict=True, ge=1, le=_MOST_PIXELS)]
_SIZE_TEXT = re.compile(r"\s*(\d{1,9})\s*(?:[xX\u00d7]\s*(\d{1,9})\s*)?", re.ASCII)


def _size(value: object, handler: ValidatorFunctionWrapHandler) -> object:
    """From text such as "128x64", too. A pair of equal numbers is the one: a net has one form."""
    if isinstance(value, str) and (found := _SIZE_TEXT.fullmatch(value)):
        value = tuple(map(int, found.groups(found[1])))
    try:
        size = handler(value)
    except ValidationError as error:
        allowed = f"allowed are 1 to {_MOST_PIXELS} pixels, or a height and a width such as 128x64"
        raise PydanticCustomError("image_size", allowed) from error
    return size[0] if isinstance(size, tuple) and size[0] == size[1] else size


ImageSize = Annotated[_Side | tuple[_Side, _Side], WrapValidator(_size)]
"""Pixels a side of a square image, or its height and width."""
_SIZES: TypeAdapter[ImageSize] = TypeAdapter(ImageSize)


def one_form(value: object) -> Any:
    """An image size, or text for one, as a configuration has it; what is none is unchanged."""
    try:
        return _SIZES.validate_python(value)
    except ValidationError:
        return value


def height_and_width(size: ImageSize) -> tuple[int, int]:
    """Height and width of images of a size, in pixels."""
    return (size, size) if isinstance(size, int) else size


def short_size(size: ImageSize) -> str:
    """A size as it is written: "224", or "128x64" where height and width differ."""
    return str(size) if isinstance(size, int) else full_size(size)


def full_size(size: ImageSize) -> str:
    """Height and width: "224x224" or "128x64"."""
    height, width = height_and_width(size)
    return f"{height}x{width}"


class ConfigFields(BaseModel):
    """The fields that `ResNetConfig` holds; `rules` says which combinations are no network.

    The defaults are ResNet-34 (He et al. 2015, Table 1) with option B shortcuts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    block: Block = "basic"
    depths: Annotated[tuple[Blocks, ...], Field(min_length=1, max_length=8)] = (3, 4, 6, 3)
    widths: Annotated[tuple[Channels, ...], Field(min_length=1, max_length=8)] = (64, 128, 256, 512)
    expansion: Annotated[int, Field(strict=True, ge=1, le=64)] | None = None
    cardinality: Annotated[int, Field(strict=True, ge=1, le=4096)] = 1
    group_width: Channels = 64
    reduce_first: Annotated[int, Field(strict=True, ge=1, le=64)] = 1
    stem: Stem = "imagenet"
    stem_width: Channels | None = None
    stem_pool: Literal["max", "conv"] = "max"
    antialias: Antialias = "none"
    shortcut: Shortcut = "projection"
    projection_kernel: Literal["1x1", "3x3"] = "1x1"
    projection_norm: Annotated[bool, Field(strict=True)] = True
    shortcut_transform: ShortcutTransform = "identity"
    gate_bias: Annotated[float, Field(strict=True, ge=-20, le=20)] = GATE_BIAS
    activation_order: ActivationOrder = "original"
    stride_on: Literal["3x3", "1x1"] = "3x3"
    downsample_at: Literal["first", "last"] = "first"
    norm: Norm = "batch"
    norm_groups: Channels = 32
    norm_group_width: Channels | None = None
    activation: Activation = "relu"
    final_activation: Annotated[bool, Field(strict=True)] = True
    final_preactivation: Annotated[bool, Field(strict=True)] = True
    attention: Literal["none", "se", "eca"] = "none"
    se_reduction: Channels = 16
    se_divisor: Channels = 1
    conv_bias: Annotated[bool, Field(strict=True)] = False
    dropout: Annotated[float, Field(strict=True, ge=0, lt=1)] = 0.0
    stochastic_depth: Annotated[float, Field(strict=True, ge=0, lt=1)] = 0.0
    residual_scale: Literal["none", "skipinit"] = "none"
    init: Init = "kaiming_fan_out"
    zero_init_residual: Annotated[bool, Field(strict=True)] = False
    in_channels: Channels = 3
    num_classes: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] = 1000
    image_size: ImageSize = 224

    @property
    def block_expansion(self) -> int:
        """Out channels of a block over its width: 1 or 4 unless `expansion` says otherwise."""
        return self.expansion or (4 if self.block == "bottleneck" else 1)

    def inner_width(self, width: int) -> int:
        """Channels of the 3x3 in a bottleneck of a stage of `width`."""
        return int(width * self.group_width / 64) * self.cardinality

    def squeezed_width(self, channels: int) -> int:
        """Channels of the squeezed layer in squeeze-and-excitation: `channels` / `se_reduction`,
        rounded down, or to the nearest multiple of `se_divisor` (make_divisible in timm)."""
        if self.se_divisor == 1:
            return max(1, channels // self.se_reduction)
        twice = 2 * self.se_reduction * self.se_divisor
        nearest = (2 * channels + twice // 2) // twice
        return self.se_divisor * max(1, nearest)

    def groups_of_norm(self, channels: int) -> int:
        """Groups of group norm over `channels`: as many as `norm_groups` or `norm_group_width`
        say, or fewer or wider ones where the channels do not divide."""
        if self.norm_group_width is None:
            return gcd(self.norm_groups, channels)
        return channels // gcd(self.norm_group_width, channels)

    @property
    def width_of_stem(self) -> int:
        """Channels out of the stem."""
        return self.stem_width or self.widths[0]

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of an input image."""
        return self.in_channels, *height_and_width(self.image_size)

    @property
    def smallest_image_size(self) -> int:
        """Least height and least width that leave 2 pixels wherever the net halves the
        resolution."""
        stem, stages = STEM_HALVINGS[self.stem], len(self.depths) - 1
        if stem and self.antialias == "avgpool" and stages:  # its pool drops an odd last pixel
            return 3 + (4 << stages - 1)
        return 1 + (1 << stem + stages - 1) if stem + stages else 1
