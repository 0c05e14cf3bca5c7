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
    layers: list[Layer] = []
    for operation in operations:
        after = before
        if operation.name in changing:
            after = out if operation.name == changing[-1] else between
        stride = "stride" if operation.name in strided else ""
        layers.append(Layer(operation, before, after, stride))
        before = after
    return layers


def sequence(layers: Sequence[Layer], config: ResNetConfig) -> Call:
    """A named Sequential of layers; a single one without weights stands alone."""
    written: dict[str, Call] = {}
    for layer in layers:
        if ".se." in layer.operation.name:
            written["se"] = call(
                "SqueezeExcitation", layer.after, f"max(1, {layer.after} // {config.se_reduction})"
            )
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
        "max_pool": lambda: call("nn.MaxPool2d", "3", "stride=2", "padding=1"),
        "avg_pool": lambda: call(
            "nn.AvgPool2d", stride, "ceil_mode=True", "count_include_pad=False"
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
    return call(
        "nn.Conv2d",
        before,
        after,
        str(operation.kernel),
        f"stride={stride}" if stride else "",
        f"padding={operation.padding}" if operation.padding else "",
        f"groups={operation.groups}" if operation.groups > 1 else "",
        "" if operation.bias else "bias=False",
    )


def _norm(layer: Layer, config: ResNetConfig) -> Call:
    channels = layer.after
    if config.norm == "batch":
        return call("nn.BatchNorm2d", channels)
    groups = layer.operation.groups if channels.isdigit() else f"gcd(32, {channels})"
    return call("nn.GroupNorm", groups, channels)
