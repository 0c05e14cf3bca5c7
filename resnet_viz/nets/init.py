"""Weight initialisation schemes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from torch import nn

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan


def initialise(network: nn.Module, config: ResNetConfig) -> None:
    """Draw all weights of `network` as `config.init` says, in forward order.

    "kaiming_fan_out" and "kaiming_fan_in" (He et al. 2015b, arXiv:1502.01852, eq. 14 and 10) hold
    for convolutions, whose biases start at 0; norms start at 1 and 0. The classifier keeps
    PyTorch's default, as in torchvision. "pytorch" is PyTorch's default everywhere.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear | nn.BatchNorm2d):
            _draw(module, config)
    if config.zero_init_residual:
        for norm in _last_norms(network, config):
            nn.init.zeros_(norm.weight)


def _draw(module: nn.Conv2d | nn.Linear | nn.BatchNorm2d, config: ResNetConfig) -> None:
    if config.init == "pytorch" or not isinstance(module, nn.Conv2d):
        module.reset_parameters()
        return
    slope = 0.01 if config.activation == "leaky_relu" else 0.0
    mode: Literal["fan_out", "fan_in"] = "fan_out" if config.init == "kaiming_fan_out" else "fan_in"
    nn.init.kaiming_normal_(module.weight, a=slope, mode=mode, nonlinearity="leaky_relu")
    if module.bias is not None:
        nn.init.zeros_(module.bias)


def _last_norms(network: nn.Module, config: ResNetConfig) -> Iterator[nn.BatchNorm2d]:
    """The norm at the end of each residual branch (Goyal et al. 2017, arXiv:1706.02677, 5.1)."""
    for place in plan(config).blocks:
        last = place.unit.part("branch")[-1]
        norm = network.get_submodule(f"{place.name}.{last.name}")
        assert isinstance(norm, nn.BatchNorm2d)
        yield norm
