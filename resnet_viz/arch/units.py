"""Operations and the units they form (stem, block, head): shapes, parameters, MACs, memory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Literal

from resnet_viz.arch.config import ResNetConfig

Shape = tuple[int, int, int]
"""(channels, height, width) of one image's activation."""

Kind = Literal[
    "conv",
    "norm",
    "activation",
    "max_pool",
    "zero_pad",
    "add",
    "global_avg_pool",
    "linear",
]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One step of the forward pass.

    `name` is the path of its module and `inputs` the names of the operations it takes, within a
    unit ("in" is the unit's input) or, in `NetworkPlan.operations`, from the net's root.
    """

    name: str
    kind: Kind
    inputs: tuple[str, ...]
    in_shape: Shape
    out_shape: Shape
    kernel: int = 1
    stride: int = 1
    groups: int = 1
    bias: bool = False
    keeps: Literal["input", "output", "nothing"] = "nothing"

    @property
    def padding(self) -> int:
        """Pixels on each side, such that stride 1 keeps the size."""
        return self.kernel // 2

    @property
    def is_projection(self) -> bool:
        """Whether this is the convolution of a shortcut."""
        return self.kind == "conv" and self.name.startswith("shortcut.")

    @property
    def params(self) -> int:
        """Trainable parameters."""
        if self.kind == "norm":
            return 2 * self.out_shape[0]
        return self._weights + self.bias * self.out_shape[0]

    @property
    def macs(self) -> int:
        """Multiply-accumulates for one image: convolutions and linear layers only."""
        return self._weights * self.out_shape[1] * self.out_shape[2]

    @property
    def _weights(self) -> int:
        if self.kind not in ("conv", "linear"):
            return 0
        return self.out_shape[0] * self.in_shape[0] // self.groups * self.kernel**2


@dataclass(frozen=True)
class Unit:
    """Stem, block or head: operations from "in" to the last one.

    `shortcut` is "none", "identity", "zero_pad" or "projection".
    """

    operations: tuple[Operation, ...]
    shortcut: str = "none"

    @property
    def in_shape(self) -> Shape:
        return self.operations[0].in_shape

    @property
    def out_shape(self) -> Shape:
        return self.operations[-1].out_shape

    @cached_property
    def weighted(self) -> tuple[Operation, ...]:
        """Convolutions and linear layers, in forward order."""
        return tuple(o for o in self.operations if o.kind in ("conv", "linear"))

    @cached_property
    def depth(self) -> int:
        """Weighted layers of the main path."""
        return sum(not operation.is_projection for operation in self.weighted)

    @cached_property
    def params(self) -> int:
        return sum(operation.params for operation in self.operations)

    @cached_property
    def macs(self) -> int:
        return sum(operation.macs for operation in self.operations)

    def part(self, name: str) -> tuple[Operation, ...]:
        """The operations of one submodule: "preactivation", "branch" or "shortcut"."""
        return tuple(o for o in self.operations if o.name.startswith(f"{name}."))

    # What autograd keeps for backward, in elements for each image.

    @cached_property
    def _kept(self) -> frozenset[str]:
        inputs = (name for o in self.operations if o.keeps == "input" for name in o.inputs)
        outputs = (o.name for o in self.operations if o.keeps == "output")
        return frozenset((*inputs, *outputs))

    @property
    def keeps_input(self) -> bool:
        return "in" in self._kept

    @property
    def keeps_output(self) -> bool:
        return self.operations[-1].name in self._kept

    @property
    def in_elements(self) -> int:
        return prod(self.in_shape)

    @property
    def out_elements(self) -> int:
        return prod(self.out_shape)

    @cached_property
    def kept_inside(self) -> int:
        """Elements kept between input and output; a max pool's int64 indices count double."""
        inner = sum(prod(o.out_shape) for o in self.operations[:-1] if o.name in self._kept)
        return inner + sum(2 * prod(o.out_shape) for o in self.operations if o.kind == "max_pool")

    @cached_property
    def kept_statistics(self) -> int:
        """A batch norm's mean and inverse deviation by channel, whatever the batch size."""
        return sum(2 * o.out_shape[0] for o in self.operations if o.kind == "norm")


class _Chain:
    """Operations laid one after the other, each on the output of the one before."""

    def __init__(self, config: ResNetConfig, prefix: str, source: str, shape: Shape) -> None:
        self.config, self.prefix = config, prefix
        self.source, self.shape = source, shape
        self.operations: list[Operation] = []

    def conv(
        self, name: str, channels: int, kernel: int, stride: int = 1, groups: int = 1
    ) -> _Chain:
        _, height, width = self.shape
        # With padding kernel // 2 a stride-2 convolution leaves ceil(size / 2) pixels.
        out = (channels, -(-height // stride), -(-width // stride))
        bias = self.config.conv_bias
        return self._lay(
            name, "conv", out, "input", kernel=kernel, stride=stride, groups=groups, bias=bias
        )

    def norm(self, name: str) -> _Chain:
        return self if self.config.norm == "none" else self._lay(name, "norm", self.shape, "input")

    def activation(self, name: str) -> _Chain:
        # ReLU's backward needs only its output; the others' needs their input.
        keeps: Literal["input", "output"] = (
            "output" if self.config.activation == "relu" else "input"
        )
        return self._lay(name, "activation", self.shape, keeps)

    def max_pool(self, name: str) -> _Chain:
        channels, height, width = self.shape
        out = (channels, -(-height // 2), -(-width // 2))
        return self._lay(name, "max_pool", out, "input", kernel=3, stride=2)

    def zero_pad(self, name: str, channels: int, stride: int) -> _Chain:
        _, height, width = self.shape
        out = (channels, -(-height // stride), -(-width // stride))
        return self._lay(name, "zero_pad", out, "nothing", stride=stride)

    def global_avg_pool(self, name: str) -> _Chain:
        return self._lay(name, "global_avg_pool", (self.shape[0], 1, 1), "nothing")

    def linear(self, name: str, features: int) -> _Chain:
        return self._lay(name, "linear", (features, 1, 1), "input", bias=True)

    def add(self, name: str, other: str) -> _Chain:
        return self._lay(name, "add", self.shape, "nothing", inputs=(self.source, other))

    def _lay(
        self,
        name: str,
        kind: Kind,
        out_shape: Shape,
        keeps: Literal["input", "output", "nothing"],
        *,
        inputs: tuple[str, ...] = (),
        kernel: int = 1,
        stride: int = 1,
        groups: int = 1,
        bias: bool = False,
    ) -> _Chain:
        operation = Operation(
            name=self.prefix + name,
            kind=kind,
            inputs=inputs or (self.source,),
            in_shape=self.shape,
            out_shape=out_shape,
            kernel=kernel,
            stride=stride,
            groups=groups,
            bias=bias,
            keeps=keeps,
        )
        self.operations.append(operation)
        self.source, self.shape = operation.name, out_shape
        return self


def stem_unit(config: ResNetConfig) -> Unit:
    """Layers before stage 1: "imagenet" 7x7/2 and 3x3/2 max pool, "cifar" 3x3/1."""
    chain = _Chain(config, "", "in", (config.in_channels, config.image_size, config.image_size))
    width = config.stem_width or config.widths[0]
    kernel, stride = (7, 2) if config.stem == "imagenet" else (3, 1)
    chain.conv("conv", width, kernel, stride)
    if config.activation_order == "original":
        chain.norm("norm").activation("act")
    if config.stem == "imagenet":
        chain.max_pool("pool")
    return Unit(tuple(chain.operations))


def head_unit(config: ResNetConfig, in_shape: Shape) -> Unit:
    """Global average pool and linear; in pre-activation nets norm and activation come before."""
    chain = _Chain(config, "", "in", in_shape)
    if config.activation_order == "full_preactivation":
        chain.norm("norm").activation("act")
    chain.global_avg_pool("pool").linear("linear", config.num_classes)
    return Unit(tuple(chain.operations))


def block_unit(config: ResNetConfig, stage: int, in_shape: Shape, *, is_first: bool) -> Unit:
    """A block of stage `stage` (from 0); its first block halves the resolution but in stage 0."""
    stride = 2 if is_first and stage > 0 else 1
    kind = _shortcut_kind(config, stage, in_shape, stride)
    if config.activation_order == "original":
        return _original_block(config, stage, in_shape, stride, kind)
    return _preactivation_block(config, stage, in_shape, stride, kind, shares=is_first)


def _original_block(
    config: ResNetConfig, stage: int, in_shape: Shape, stride: int, kind: str
) -> Unit:
    """He 2015, eq. 1 and 2: y = act(F(x) + shortcut(x)); a plain block is act(F(x))."""
    branch = _branch(_Chain(config, "branch.", "in", in_shape), config, stage, stride)
    path = _shortcut(_Chain(config, "shortcut.", "in", in_shape), kind, branch.shape, stride)
    tail = _Chain(config, "", branch.source, branch.shape)
    if kind != "none":
        tail.add("add", path.source)
    tail.activation("act")
    return Unit((*branch.operations, *path.operations, *tail.operations), kind)


def _preactivation_block(
    config: ResNetConfig, stage: int, in_shape: Shape, stride: int, kind: str, *, shares: bool
) -> Unit:
    """He 2016, Fig. 4e: y = F(act(norm(x))) + shortcut(x).

    The projection in a stage's first block takes act(norm(x)) too (He 2016, appendix).
    """
    before = _Chain(config, "preactivation.", "in", in_shape).norm("norm").activation("act")
    branch = _branch(_Chain(config, "branch.", before.source, in_shape), config, stage, stride)
    source = before.source if shares and kind == "projection" else "in"
    path = _shortcut(_Chain(config, "shortcut.", source, in_shape), kind, branch.shape, stride)
    tail = _Chain(config, "", branch.source, branch.shape)
    if kind != "none":
        tail.add("add", path.source)
    laid = (before, branch, path, tail)
    return Unit(tuple(o for chain in laid for o in chain.operations), kind)


def _branch(chain: _Chain, config: ResNetConfig, stage: int, stride: int) -> _Chain:
    """The residual branch F: convolutions with norm and activation between them."""
    is_original = config.activation_order == "original"
    convolutions = _convolutions(config, stage, stride)
    for number, (channels, kernel, conv_stride, groups) in enumerate(convolutions, start=1):
        if number > 1 and not is_original:
            chain.norm(f"norm{number}").activation(f"act{number}")
        chain.conv(f"conv{number}", channels, kernel, conv_stride, groups)
        if is_original:
            chain.norm(f"norm{number}")
            if number < len(convolutions):
                chain.activation(f"act{number}")
    return chain


def _convolutions(
    config: ResNetConfig, stage: int, stride: int
) -> tuple[tuple[int, int, int, int], ...]:
    """(out channels, kernel, stride, groups) of a branch's convolutions, He 2015, Fig. 5."""
    width = config.widths[stage]
    out = width * config.block_expansion
    if config.block == "basic":
        return ((width, 3, stride, 1), (out, 3, 1, 1))
    inner = int(width * config.inner_factor) * config.cardinality
    on_1x1 = config.stride_on == "1x1"
    return (
        (inner, 1, stride if on_1x1 else 1, 1),
        (inner, 3, 1 if on_1x1 else stride, config.cardinality),
        (out, 1, 1, 1),
    )


def _shortcut_kind(config: ResNetConfig, stage: int, in_shape: Shape, stride: int) -> str:
    """He 2015, sec. 3.3 and 4.1: A pads, B projects where dimensions change, C projects always."""
    if config.shortcut == "none":
        return "none"
    if config.shortcut == "projection_all":
        return "projection"
    changes = stride > 1 or in_shape[0] != config.widths[stage] * config.block_expansion
    return config.shortcut if changes else "identity"


def _shortcut(chain: _Chain, kind: str, out_shape: Shape, stride: int) -> _Chain:
    """The path around F; an identity has no operations."""
    if kind == "zero_pad":
        chain.zero_pad("pad", out_shape[0], stride)
    elif kind == "projection":
        chain.conv("conv", out_shape[0], 1, stride)
        if chain.config.activation_order == "original":
            chain.norm("norm")
    return chain
