"""Layers in an exported file: operations of the plan as expressions."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import replace
from typing import NamedTuple

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.operations import Operation
from resnet_viz.nets.kinds import ACTIVATIONS, STANDING_IN_A_FORWARD, dropout_rate
from resnet_viz.views.source.python_code import Call, call


class Layer(NamedTuple):
    """An operation with its channels and stride as they are written: numbers or parameters."""

    operation: Operation
    before: str
    after: str
    stride: str


def in_numbers(operations: Sequence[Operation]) -> list[Layer]:
    """Layers of stem or head, with numbers: they are written once."""
    return [
        Layer(o, str(o.in_shape[0]), str(o.out_shape[0]), str(o.stride) if o.stride > 1 else "")
        for o in operations
    ]


def in_parameters(
    operations: Sequence[Operation], channels: tuple[str, str, str], strided: Container[str]
) -> list[Layer]:
    """Layers of a block's part, with parameters: channels in, inside and out.

    `strided` are the names of operations whose stride differs from block to block.
    """
    before, between, out = channels
    changing = [o.name for o in operations if o.kind in ("conv", "zero_pad")]
    first = next(o.out_shape[0] for o in operations if o.name == changing[0]) if changing else 1
    layers: list[Layer] = []
    for operation in operations:
        after = before
        if operation.name in changing:
            wider = operation.out_shape[0] // first  # than the first convolution
            inner = between if wider == 1 else f"{wider} * {between}"
            after = out if operation.name == changing[-1] else inner
        stride = "stride" if operation.name in strided else ""
        layers.append(Layer(operation, before, after, stride))
        before = after
    return layers


def sequence(layers: Sequence[Layer], config: ResNetConfig) -> Call:
    """A named Sequential of layers; a single one without weights stands alone."""
    written: dict[str, Call] = {}
    for layer in layers:
        if name := layer.operation.attention:
            written[name] = _attention(layer.after, config)
        elif layer.operation.kind not in STANDING_IN_A_FORWARD:
            written[layer.operation.name.rpartition(".")[2]] = _layer(layer, config)
    if len(written) == 1 and layers[0].operation.params == 0:
        return next(iter(written.values()))
    return call("sequence", *(replace(c, name=f"{name}={c.name}") for name, c in written.items()))


def _layer(layer: Layer, config: ResNetConfig) -> Call:
    operation, before, after, stride = layer
    makers: dict[str, Callable[[], Call]] = {
        "conv": lambda: _conv(layer),
        "norm": lambda: _norm(layer, config),
        "activation": lambda: call(f"nn.{ACTIVATIONS[config.activation]}"),
        "max_pool": lambda: call("nn.MaxPool2d", "3", f"stride={stride or 1}", "padding=1"),
        "avg_pool": lambda: call(
            "nn.AvgPool2d", stride, f"ceil_mode={operation.ceil_mode}", "count_include_pad=False"
        ),
        "blur_pool": lambda: call(
            "BlurPool" if stride.isdigit() else "BlurPool() if stride > 1 else nn.Identity"
        ),
        "zero_pad": lambda: call("ZeroPad", f"{after} - {before}", stride or "1"),
        "dropout": lambda: call("nn.Dropout", str(dropout_rate(operation, config))),
        "sigmoid": lambda: call("nn.Sigmoid"),
        "skipinit": lambda: call("SkipInit"),
        "scale": lambda: call("Scale"),
        "stochastic_depth": lambda: call(
            "StochasticDepth", f"{config.stochastic_depth} * n / {sum(config.depths)}"
        ),
        "global_avg_pool": lambda: call("GlobalAveragePool"),
        "linear": lambda: call("nn.Linear", before, after),
    }
    return makers[operation.kind]()


def _conv(layer: Layer) -> Call:
    operation, before, after, stride = layer
    kernel, padding = str(operation.kernel), str(operation.padding)
    if operation.role == "projection" and operation.kernel == 3:
        kernel, padding = "3 if stride > 1 else 1", "stride // 2"
    return call(
        "nn.Conv2d",
        before,
        after,
        kernel,
        f"stride={stride}" if stride else "",
        f"padding={padding}" if operation.padding else "",
        f"groups={operation.groups}" if operation.groups > 1 else "",
        "" if operation.bias else "bias=False",
    )


def _norm(layer: Layer, config: ResNetConfig) -> Call:
    channels = layer.after
    if config.norm == "batch":
        return call("nn.BatchNorm2d", channels)
    width = config.norm_group_width
    if channels.isdigit():
        groups = str(layer.operation.groups)
    elif width is None:
        groups = f"gcd({config.norm_groups}, {channels})"
    else:
        groups = f"{channels} // gcd({width}, {channels})"
    return call("nn.GroupNorm", groups, channels)


def _attention(channels: str, config: ResNetConfig) -> Call:
    if config.attention == "eca":  # arch/units.py, eca_kernel
        return call("EfficientChannelAttention", f"max(3, {channels}.bit_length() // 2 | 1)")
    divisor, reduction = config.se_divisor, config.se_reduction
    squeezed = f"max(1, {channels} // {reduction})"
    if divisor > 1:
        twice = 2 * divisor * reduction
        nearest = f"(2 * {channels} + {twice // 2}) // {twice}"
        squeezed = f"{divisor} * max(1, {nearest})"
    return call("SqueezeExcitation", channels, squeezed)
