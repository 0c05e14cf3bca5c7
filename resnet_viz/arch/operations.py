"""Operations and the units they form (stem, block, head): shapes, parameters, MACs, memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Literal

Shape = tuple[int, int, int]
"""(channels, height, width) of one image's activation."""

Kind = Literal[
    "conv",
    "norm",
    "activation",
    "max_pool",
    "avg_pool",
    "blur_pool",
    "zero_pad",
    "dropout",
    "relu",
    "sigmoid",
    "complement",
    "multiply",
    "scale",
    "skipinit",
    "stochastic_depth",
    "add",
    "global_avg_pool",
    "linear",
    "channel_conv",
]
"""channel_conv is one filter over neighbouring channels (ECA), blur_pool a fixed 3x3 filter,
complement is 1 - g, scale a constant factor, skipinit a learned one, relu a fixed ReLU."""

Keeps = Literal["inputs", "output", "nothing"]

WEIGHTED: tuple[Kind, ...] = ("conv", "linear", "channel_conv")
"""Kinds of operations with a matrix of weights."""

Role = Literal[
    "main", "projection", "gate", "squeeze-and-excitation", "efficient channel attention"
]
"""What a layer is for: the main path, or something beside it."""
ATTENTIONS: Mapping[str, Role] = {
    "se": "squeeze-and-excitation",
    "eca": "efficient channel attention",
}
"""The role of what lies in a branch under the name of each attention."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation of the forward pass.

    `name` is the path of its module and `inputs` the names of the operations it takes, within a
    unit ("in" is the unit's input) or, in `NetworkPlan.operations`, from the net's root. `keeps`
    says which activations autograd keeps for backward; `kept_per_image` and `kept_per_batch` are
    the elements it keeps besides (a mask, indices, statistics). `ceil_mode`: an average pool
    averages an odd last pixel alone, instead of dropping it.
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
    ceil_mode: bool = False
    keeps: Keeps = "nothing"
    kept_per_image: int = 0
    kept_per_batch: int = 0

    @property
    def padding(self) -> int:
        """Pixels on each side, so that stride 1 keeps the size."""
        return self.kernel // 2

    @property
    def role(self) -> Role:
        """The role of the operation: main path, shortcut, gate or attention."""
        if self.name.startswith("shortcut."):
            return "projection"
        if self.name.startswith("gate."):
            return "gate"
        return ATTENTIONS.get(self.attention, "main")

    @property
    def attention(self) -> str:
        """The attention that it is part of, "se" or "eca"; "" for none."""
        return next((name for name in ATTENTIONS if f".{name}." in self.name), "")

    @property
    def is_beside(self) -> bool:
        """Whether it lies beside the main path."""
        return self.role != "main"

    @property
    def params(self) -> int:
        """Trainable parameters."""
        if self.kind == "norm":
            return 2 * self.out_shape[0]
        if self.kind == "skipinit":
            return 1
        return self._weights + self.bias * self.out_shape[0]

    @property
    def macs(self) -> int:
        """Multiply-accumulates for one image: convolutions and linear layers only."""
        if self.kind == "channel_conv":
            return self._weights * self.out_shape[0]
        return self._weights * self.out_shape[1] * self.out_shape[2]

    @property
    def _weights(self) -> int:
        if self.kind == "channel_conv":
            return self.kernel
        if self.kind not in ("conv", "linear"):
            return 0
        return self.out_shape[0] * self.in_shape[0] // self.groups * self.kernel**2


@dataclass(frozen=True)
class Unit:
    """A stem, block or head: operations from "in" to the last one.

    `shortcut` is "none", "identity", "zero_pad", "projection", or the transform of an identity.
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
        return tuple(o for o in self.operations if o.kind in WEIGHTED)

    @cached_property
    def depth(self) -> int:
        """Weighted layers of the main path."""
        return sum(not operation.is_beside for operation in self.weighted)

    @cached_property
    def params(self) -> int:
        return sum(operation.params for operation in self.operations)

    @cached_property
    def macs(self) -> int:
        return sum(operation.macs for operation in self.operations)

    def part(self, name: str) -> tuple[Operation, ...]:
        """The operations of one submodule, such as "branch" or "shortcut"."""
        return tuple(o for o in self.operations if o.name.startswith(f"{name}."))

    @property
    def shares_preactivation(self) -> bool:
        """Whether the shortcut, too, starts from the pre-activation (He 2016, appendix)."""
        path = self.part("shortcut")
        return bool(path) and path[0].inputs[0].startswith("preactivation.")

    # What autograd keeps for backward, in elements.

    @cached_property
    def _kept(self) -> frozenset[str]:
        inputs = (name for o in self.operations if o.keeps == "inputs" for name in o.inputs)
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
        """Elements kept for each image, without its input and output."""
        inner = sum(prod(o.out_shape) for o in self.operations[:-1] if o.name in self._kept)
        return inner + sum(o.kept_per_image for o in self.operations)

    @cached_property
    def kept_per_batch(self) -> int:
        """Elements kept whatever the batch size: batch norm's statistics."""
        return sum(o.kept_per_batch for o in self.operations)
