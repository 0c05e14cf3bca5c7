"""The main path of models that others wrote, told from autograd's graph of one pass."""

from __future__ import annotations

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torchvision.ops import SqueezeExcitation

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.nets.network import build_resnet
from resnet_viz.training.watching.main_path import beside_main_path
from resnet_viz.training.watching.measured_weights import weights_in


def beside(model: nn.Module, *inputs: Tensor) -> set[str]:
    layers = {w.name: model.get_parameter(w.parameter) for w in weights_in(model)}
    return beside_main_path(model(*inputs), layers)


def test_projections_of_torchvisions_resnets_lie_beside() -> None:
    images = torch.randn(2, 3, 32, 32)
    for net in (torchvision.models.resnet18(), torchvision.models.resnet50()):
        names = {w.name for w in weights_in(net)}
        assert beside(net, images) == {name for name in names if "downsample" in name}


@pytest.mark.parametrize("shortcut", ["projection", "projection_all", "zero_pad", "none"])
@pytest.mark.parametrize("attention", ["none", "se"])
def test_of_our_nets_it_says_what_the_plan_says(shortcut: str, attention: str) -> None:
    config = ResNetConfig(
        depths=(2, 1),
        widths=(16, 32),
        stem="cifar",
        shortcut=shortcut,  # type: ignore[arg-type]
        attention=attention,  # type: ignore[arg-type]
        image_size=16,
    )
    expected = {layer.name for layer in plan(config).weighted_layers if layer.is_beside}
    assert beside(build_resnet(config, seed=0), torch.randn(2, 3, 16, 16)) == expected


class Gated(nn.Module):
    """A shortcut before its branch, a gate, and matrices that are cast and shared."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.shortcut = nn.Conv2d(3, 8, 1), nn.Conv2d(8, 8, 1)
        self.one, self.two = nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)
        self.gate, self.head = SqueezeExcitation(8, 4), nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.first(x))
        shortcut = self.shortcut(x)
        x = shortcut + self.gate(self.two(torch.relu(self.one(x))))
        out: Tensor = self.head(x.mean((2, 3)))
        return out


def test_gates_and_shortcuts_lie_beside_in_whatever_order_they_are_called() -> None:
    net, images = Gated(), torch.randn(2, 3, 8, 8)
    expected = {"shortcut", "gate.fc1", "gate.fc2"}
    assert beside(net, images) == expected
    with torch.autocast("cpu", torch.bfloat16):
        assert beside(net, images) == expected
