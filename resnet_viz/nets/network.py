"""build_resnet: a config as a torch module."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import NetworkPlan, plan
from resnet_viz.nets.blocks import block, sequence
from resnet_viz.nets.init import initialise


class ResNet(nn.Module):
    """Stem, stages of blocks, head: [N, in_channels, H, W] -> logits [N, num_classes].

    The path of each submodule is the name of its operation in the plan, for example
    "stages.0.1.branch.conv1".
    """

    def __init__(self, network: NetworkPlan) -> None:
        super().__init__()
        config = network.config
        self.config = config
        self.stem = sequence(network.stem.operations, config)
        self.stages = nn.Sequential(
            *(
                nn.Sequential(*(block(b.unit, config, b.drop_rate) for b in stage.blocks))
                for stage in network.stages
            )
        )
        self.head = sequence(network.head.operations, config)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(self.stages(self.stem(x)))
        return out


def build_resnet(
    config: ResNetConfig, device: str | torch.device | None = None, seed: int | None = None
) -> ResNet:
    """The network of `config`, initialised as `config.init` says, in training mode.

    Args:
        config: any valid config.
        device: where the weights are to live; None is the CPU. On "meta" nothing is allocated.
        seed: of the weights. The same seed gives the same weights on every device, since they are
            drawn on the CPU; torch's own generator is left as it was. None draws from it.
    """
    with torch.device("meta"):
        network = ResNet(plan(config))
    target = torch.device(device or "cpu")
    if target.type == "meta":
        return network
    _allocate(network)
    with torch.random.fork_rng(devices=[], enabled=seed is not None):
        if seed is not None:
            torch.default_generator.manual_seed(seed)
        initialise(network, config)
    return network.to(target)


def _allocate(network: nn.Module) -> None:
    """Replace meta tensors by uninitialised ones on the CPU.

    `Module.to_empty` would do it, but on meta tensors it loads sympy, which takes over a second.
    """
    for module in network.modules():
        for name, parameter in module.named_parameters(recurse=False):
            setattr(module, name, nn.Parameter(torch.empty(parameter.shape)))
        for name, buffer in module.named_buffers(recurse=False):
            setattr(module, name, torch.empty(buffer.shape, dtype=buffer.dtype))
