"""Chain: operations laid one after the other, each on the output of the one before."""

from __future__ import annotations

from math import prod

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.operations import Keeps, Kind, Operation, Shape


class Chain:
    """A run of operations under one prefix; every method lays one and returns the chain."""

    def __init__(self, config: ResNetConfig, prefix: str, source: str, shape: Shape) -> None:
        self.config, self.prefix = config, prefix
        self.source, self.shape = source, shape
        self.operations: list[Operation] = []

    def conv(
        self,
        name: str,
        channels: int,
        kernel: int,
        stride: int = 1,
        *,
        groups: int = 1,
        bias: bool | None = None,
    ) -> Chain:
        """A convolution; with padding kernel // 2, stride 2 leaves ceil(size / 2) pixels."""
        has_bias = self.config.conv_bias if bias is None else bias
        out = (channels, *self._pixels(stride))
        return self._lay(
            name, "conv", out, "inputs", kernel=kernel, stride=stride, groups=groups, bias=has_bias
        )

    def norm(self, name: str) -> Chain:
        """Batch norm, or group norm."""
        channels = self.shape[0]
        if self.config.norm == "none":
            return self
        if self.config.norm == "batch":
            return self._lay(name, "norm", self.shape, "inputs", kept_per_batch=2 * channels)
        groups = self.config.groups_of_norm(channels)
        return self._lay(
            name, "norm", self.shape, "inputs", groups=groups, kept_per_image=2 * groups
        )

    def activation(self, name: str) -> Chain:
        """The config's nonlinearity. ReLU's backward needs its output, the others' their input."""
        keeps: Keeps = "output" if self.config.activation == "relu" else "inputs"
        return self._lay(name, "activation", self.shape, keeps)

    def max_pool(self, name: str, stride: int = 2) -> Chain:
        """A 3x3 maximum; its indices are kept as int64, two float32 elements each."""
        out = (self.shape[0], *self._pixels(stride))
        kept = 2 * prod(out)
        return self._lay(
            name, "max_pool", out, "inputs", kernel=3, stride=stride, kept_per_image=kept
        )

    def avg_pool(self, name: str, *, ceil_mode: bool = True) -> Chain:
        """A 2x2 average; the last pixel of an odd size is averaged alone (ResNet-D) or dropped."""
        channels, height, width = self.shape
        size = self._pixels(2) if ceil_mode else (height // 2, width // 2)
        return self._lay(
            name, "avg_pool", (channels, *size), "inputs", kernel=2, stride=2, ceil_mode=ceil_mode
        )

    def antialias(self, name: str, *, ceil_mode: bool = True) -> Chain:
        """The pool in place of a stride, as the config has it (Zhang 2019, arXiv:1904.11486)."""
        if self.config.antialias == "avgpool":
            return self.avg_pool(name, ceil_mode=ceil_mode)
        out = (self.shape[0], *self._pixels(2))
        return self._lay(name, "blur_pool", out, "inputs", kernel=3, stride=2)

    def zero_pad(self, name: str, channels: int, stride: int) -> Chain:
        """An option A shortcut: every `stride`-th pixel, with zeros for new channels."""
        out = (channels, *self._pixels(stride))
        return self._lay(name, "zero_pad", out, "nothing", stride=stride)

    def dropout(self, name: str) -> Chain:
        """Dropout at a rate that the config gives."""
        return self._lay(name, "dropout", self.shape, "nothing", kept_per_image=prod(self.shape))

    def global_avg_pool(self, name: str) -> Chain:
        """The mean over all pixels."""
        return self._lay(name, "global_avg_pool", (self.shape[0], 1, 1), "nothing")

    def linear(self, name: str, features: int) -> Chain:
        """A linear layer with a bias."""
        return self._lay(name, "linear", (features, 1, 1), "inputs", bias=True)

    def channel_conv(self, name: str, kernel: int) -> Chain:
        """A convolution along the channels: one filter, without a bias."""
        return self._lay(name, "channel_conv", self.shape, "inputs", kernel=kernel)

    def elementwise(self, name: str, kind: Kind, keeps: Keeps = "nothing") -> Chain:
        """An elementwise operation on the chain's end."""
        return self._lay(name, kind, self.shape, keeps)

    def multiply(self, name: str, other: str, shape: Shape) -> Chain:
        """The end of the chain times another operation's output; the product has the shape
        `shape`."""
        return self._lay(name, "multiply", shape, "inputs", inputs=(self.source, other))

    def add(self, name: str, other: str) -> Chain:
        """The end of the chain plus another operation's output."""
        return self._lay(name, "add", self.shape, "nothing", inputs=(self.source, other))

    def _pixels(self, stride: int) -> tuple[int, int]:
        _, height, width = self.shape
        return -(-height // stride), -(-width // stride)

    def _lay(
        self,
        name: str,
        kind: Kind,
        out_shape: Shape,
        keeps: Keeps,
        *,
        inputs: tuple[str, ...] = (),
        kernel: int = 1,
        stride: int = 1,
        groups: int = 1,
        bias: bool = False,
        ceil_mode: bool = False,
        kept_per_image: int = 0,
        kept_per_batch: int = 0,
    ) -> Chain:
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
            ceil_mode=ceil_mode,
            keeps=keeps,
            kept_per_image=kept_per_image,
            kept_per_batch=kept_per_batch,
        )
        self.operations.append(operation)
        self.source, self.shape = operation.name, out_shape
        return self
