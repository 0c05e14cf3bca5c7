"""Operations of the plan as expressions in an exported file, and the classes these need."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.operations import Operation
from resnet_viz.arch.plan import NetworkPlan
from resnet_viz.views.source.python_code import Call, Expression, call

STANDING_IN_A_FORWARD = ("add", "multiply", "complement", "scale")
_ACTIVATIONS = MappingProxyType(
    {"relu": "ReLU", "leaky_relu": "LeakyReLU", "elu": "ELU", "gelu": "GELU", "silu": "SiLU"}
)
_DEFINITIONS = MappingProxyType(
    {
        "": '''\
def sequence(**layers: nn.Module) -> nn.Sequential:
    """Layers in a row, by name."""
    return nn.Sequential(OrderedDict(layers))
''',
        "zero_pad": '''\
class ZeroPad(nn.Module):
    """Every `stride`-th pixel, and zeros for the new channels: He et al. 2015, option A."""

    def __init__(self, new_channels: int, stride: int) -> None:
        super().__init__()
        self.new_channels, self.stride = new_channels, stride

    def forward(self, x: Tensor) -> Tensor:
        subsampled = x[:, :, :: self.stride, :: self.stride]
        return nn.functional.pad(subsampled, (0, 0, 0, 0, 0, self.new_channels))
''',
        "se": '''\
class SqueezeExcitation(nn.Module):
    """x * sigmoid(W2 relu(W1 mean(x))): Hu et al. 2018, eq. 3 and 4."""

    def __init__(self, channels: int, reduced: int) -> None:
        super().__init__()
        self.reduce, self.expand = nn.Linear(channels, reduced), nn.Linear(reduced, channels)

    def forward(self, x: Tensor) -> Tensor:
        weights: Tensor = self.expand(self.reduce(x.mean((2, 3))).relu()).sigmoid()
        return x * weights[:, :, None, None]
''',
        "skipinit": '''\
class SkipInit(nn.Module):
    """alpha x, alpha learned from 0: De & Smith 2020."""

    def __init__(self) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        return self.alpha * x
''',
        "stochastic_depth": '''\
class StochasticDepth(nn.Module):
    """In training 0 at the rate of the n-th block, else x / (1 - rate): Huang et al. 2016."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.rate = {stochastic_depth} * n / {blocks}

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        survives = torch.rand((), device=x.device) >= self.rate
        return x * (survives.to(x.dtype) / (1 - self.rate))
''',
        "group_norm": '''\
def group_norm(channels: int) -> nn.GroupNorm:
    """32 groups, fewer where the channels do not divide: Wu & He 2018."""
    return nn.GroupNorm(gcd(32, channels), channels)
''',
    }
)


def has_odd_groups(network: NetworkPlan) -> bool:
    """Whether some group norm has other than 32 groups."""
    return any(_definition(o, network.config) == "group_norm" for o in distinct_operations(network))


def definitions(network: NetworkPlan) -> list[str]:
    """The classes and functions that the layers of this net need, and no others."""
    operations = distinct_operations(network)
    needed = {"", *(_definition(operation, network.config) for operation in operations)}
    values = network.config.model_dump() | {"blocks": sum(network.config.depths)}
    return [
        text.format_map(values).rstrip() for name, text in _DEFINITIONS.items() if name in needed
    ]


def distinct_operations(network: NetworkPlan) -> Iterator[Operation]:
    """The operations of each different unit: blocks that are alike share one."""
    units = {id(unit): unit for _, unit in network.units}
    return (operation for unit in units.values() for operation in unit.operations)


def _definition(operation: Operation, config: ResNetConfig) -> str:
    if ".se." in operation.name:
        return "se"
    needs_gcd = operation.kind == "norm" and config.norm == "group" and operation.groups != 32
    return "group_norm" if needs_gcd else operation.kind


class Layer(NamedTuple):
    """An operation with its channels and stride as they are written: numbers or parameters."""

    operation: Operation
    before: str
    after: str
    stride: str


def in_numbers(operations: Sequence[Operation]) -> list[Layer]:
    """Operations of stem or head, which stand once."""
    return [
        Layer(o, str(o.in_shape[0]), str(o.out_shape[0]), str(o.stride) if o.stride > 1 else "")
        for o in operations
    ]


def in_parameters(
    operations: Sequence[Operation], channels: tuple[str, str, str], strided: Container[str]
) -> list[Layer]:
    """Operations of a block's part: `channels` in, between its convolutions, and out.

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


def sequence(layers: Sequence[Layer], config: ResNetConfig, has_gcd: bool) -> Expression:
    """Layers in a row as a named Sequential; a single one without weights stands alone."""
    written = _written(layers, config, has_gcd)
    if len(written) == 1 and layers[0].operation.params == 0:
        return next(iter(written.values()))
    named = (replace(layer, name=f"{name}={layer.name}") for name, layer in written.items())
    return call("sequence", *named)


def _written(layers: Sequence[Layer], config: ResNetConfig, has_gcd: bool) -> dict[str, Call]:
    """Constructor calls by the names of their modules."""
    written: dict[str, Call] = {}
    for layer in layers:
        if ".se." in layer.operation.name:
            written["se"] = call(
                "SqueezeExcitation", layer.after, f"max(1, {layer.after} // {config.se_reduction})"
            )
        elif layer.operation.kind not in STANDING_IN_A_FORWARD:
            written[layer.operation.name.rpartition(".")[2]] = _layer(layer, config, has_gcd)
        if layer.operation.name == "pool" and layer.operation.kind == "global_avg_pool":
            written["flatten"] = call("nn.Flatten")
    return written


def _layer(layer: Layer, config: ResNetConfig, has_gcd: bool) -> Call:
    operation, before, after, stride = layer
    is_on_shortcut = operation.name.startswith("shortcut.")
    makers: dict[str, Callable[[], Call]] = {
        "conv": lambda: _conv(layer),
        "norm": lambda: _norm(after, config, has_gcd),
        "activation": lambda: call(f"nn.{_ACTIVATIONS[config.activation]}"),
        "max_pool": lambda: call("nn.MaxPool2d", "3", "stride=2", "padding=1"),
        "avg_pool": lambda: call(
            "nn.AvgPool2d", stride, "ceil_mode=True", "count_include_pad=False"
        ),
        "zero_pad": lambda: call("ZeroPad", f"{after} - {before}", stride or "1"),
        "dropout": lambda: call("nn.Dropout", "0.5" if is_on_shortcut else str(config.dropout)),
        "sigmoid": lambda: call("nn.Sigmoid"),
        "skipinit": lambda: call("SkipInit"),
        "stochastic_depth": lambda: call("StochasticDepth", "n"),
        # To one pixel it is the mean over all pixels, in torch's own code.
        "global_avg_pool": lambda: call("nn.AdaptiveAvgPool2d", "1"),
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


def _norm(channels: str, config: ResNetConfig, has_gcd: bool) -> Call:
    if config.norm == "batch":
        return call("nn.BatchNorm2d", channels)
    return call("group_norm", channels) if has_gcd else call("nn.GroupNorm", "32", channels)
