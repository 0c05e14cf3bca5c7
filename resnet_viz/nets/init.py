"""Weight initialisation schemes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from torch import Tensor, nn

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.nets.layers import SkipInit

_BY_THEMSELVES = (nn.Linear, nn.Conv1d, nn.BatchNorm2d, nn.GroupNorm, SkipInit)


def initialise(network: nn.Module, config: ResNetConfig) -> None:
    """Draw all weights of `network` by the scheme `config.init`, in forward order.

    The schemes hold for 2D convolutions, whose biases start at 0; norms start at 1 and 0. Linear
    layers keep PyTorch's default, as in torchvision. Gates have the bias `config.gate_bias`.
    "pytorch" is PyTorch's default everywhere, in gates, too.
    """
    for module in network.modules():
        if isinstance(module, _BY_THEMSELVES):
            module.reset_parameters()
        elif isinstance(module, nn.Conv2d):
            _draw(module, config)
    if config.zero_init_residual:  # Goyal et al. 2017, arXiv:1706.02677, sec. 5.1
        for weight in _last_weights(network, config, "norm"):
            nn.init.zeros_(weight)
    if config.init == "fixup":
        _fixup(network, config)
    if config.init != "pytorch":
        for name, parameter in network.named_parameters():
            if name.endswith(".gate.conv.bias"):
                nn.init.constant_(parameter, config.gate_bias)


def _draw(conv: nn.Conv2d, config: ResNetConfig) -> None:
    """One convolution, by its scheme."""
    if config.init == "pytorch":
        return conv.reset_parameters()
    slope = 0.01 if config.activation == "leaky_relu" else 0.0
    gain = nn.init.calculate_gain("leaky_relu", slope)
    schemes: dict[str, Callable[[Tensor], Tensor]] = {
        # He et al. 2015b, arXiv:1502.01852, eq. 14 and 10.
        "kaiming_fan_out": lambda w: nn.init.kaiming_normal_(w, a=slope, mode="fan_out"),
        "kaiming_fan_in": lambda w: nn.init.kaiming_normal_(w, a=slope, mode="fan_in"),
        "fixup": lambda w: nn.init.kaiming_normal_(w, a=slope, mode="fan_out"),
        # Glorot & Bengio 2010, eq. 16.
        "xavier": nn.init.xavier_uniform_,
        # Saxe et al. 2013, arXiv:1312.6120, scaled for the activation.
        "orthogonal": lambda w: nn.init.orthogonal_(w, gain),
    }
    schemes[config.init](conv.weight)
    if conv.bias is not None:
        nn.init.zeros_(conv.bias)
    return None


def _fixup(network: nn.Module, config: ResNetConfig) -> None:
    """Zhang et al. 2019, arXiv:1901.09321, sec. 3.

    Rule 1: the classifier and each branch's last convolution start at 0. Rule 2: its m - 1 other
    convolutions are scaled by L^(-1/(2m-2)), L blocks in all. Rule 3's scalar biases and
    multipliers are layers, not initial values: the config has none.
    """
    blocks = tuple(plan(config).blocks)
    for place in blocks:
        convolutions = [o for o in place.unit.part("branch") if o.kind == "conv"]
        for operation in convolutions:
            weight = _weight(network, f"{place.name}.{operation.name}")
            weight.data.mul_(len(blocks) ** (-1 / (2 * len(convolutions) - 2)))
    for weight in _last_weights(network, config, "conv"):
        nn.init.zeros_(weight)
    for parameter in network.get_submodule("head.linear").parameters():
        nn.init.zeros_(parameter)


def _last_weights(network: nn.Module, config: ResNetConfig, kind: str) -> Iterator[Tensor]:
    """The weight of the last norm or convolution in each residual branch."""
    for place in plan(config).blocks:
        last = [o for o in place.unit.part("branch") if o.kind == kind][-1]
        yield _weight(network, f"{place.name}.{last.name}")


def _weight(network: nn.Module, path: str) -> Tensor:
    return network.get_parameter(f"{path}.weight")
