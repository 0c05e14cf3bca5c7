"""How a measurement is carried out: on a copy of the net, so that the net is left as it was."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from resnet_viz.arch.plan import NetworkPlan, plan
from resnet_viz.measurements import why_not
from resnet_viz.measurements.base.measurement import (
    Arrays,
    Measured,
    Measurement,
    Report,
    Settings,
    Subject,
)
from resnet_viz.nets.layers import StochasticDepth
from resnet_viz.nets.network import ResNet


def unreported(share: float, words: str) -> None:
    """A report that nobody reads."""


def perform(
    about: Measurement,
    network: ResNet,
    images: Tensor,
    labels: Tensor,
    *,
    settings: Settings | None = None,
    report: Report = unreported,
    use_up: bool = False,
) -> Arrays:
    """What a measurement finds of a net, in its arrays.

    The net is measured as it trains, with the statistics of the batch in its batch norms, but
    without dropout and stochastic depth, so that every pass is through the same net. Nothing of it
    changes (weights, gradients, running statistics, modes), nor does torch's random state.

    Args:
        about: one of `measurements()`.
        network: one of our nets, in any mode.
        images: [N, C, H, W], normalised, on the net's device; all are used.
        labels: their classes [N].
        settings: of the measurement; defaults where they are not given.
        report: told how far it is, at times.
        use_up: measure the net itself and no copy of it: for one that was made for this.

    Raises:
        ValueError: where the measurement has no meaning for the net, or for wrong settings.
        RuntimeError: what torch raises where memory runs out or a device fails.
    """
    network_plan = plan(network.config)
    if reason := why_not(about, network_plan):
        raise ValueError(reason)
    chosen = about.checked(settings or {})
    devices = [images.device] if images.device.type == "cuda" else []
    with (
        torch.random.fork_rng(devices=devices),
        torch.enable_grad(),
    ):
        net = _as_trained(network if use_up else deepcopy(network))
        measured = about.measure(Subject(net, images, labels, chosen, report))
    return _checked(about, network_plan, measured)


def _as_trained(net: ResNet) -> ResNet:
    net.train()
    for module in net.modules():
        if isinstance(module, nn.Dropout | StochasticDepth):
            module.eval()
    for parameter in net.parameters():
        parameter.grad = None
    return net


def _checked(about: Measurement, network: NetworkPlan, measured: Measured) -> Arrays:
    """The arrays, float64, if they are those that `about` says."""
    lengths = {"block": len(list(network.blocks)), "layer": len(network.weighted_layers)}
    if set(measured) != set(about.gives):
        raise TypeError(f"{about.name} gave {sorted(measured)} and not {sorted(about.gives)}")
    arrays = {name: _array(measured[name]) for name in about.gives}
    for name, array in arrays.items():
        axes = about.gives[name].axes
        shape = tuple(lengths.setdefault(*pair) for pair in zip(axes, array.shape, strict=False))
        if array.ndim != len(axes) or array.shape != shape:
            raise TypeError(f"{about.name} gave {name} the shape {array.shape}, not {axes}")
    return arrays


def _array(value: object) -> NDArray[np.float64]:
    held = value.detach().cpu().numpy() if isinstance(value, Tensor) else value
    return np.asarray(held, np.float64)
