"""Nets on images that are no squares, against other people's nets and counters."""

from __future__ import annotations

import pytest
import torch
import torchinfo
import torchvision
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from resnet_viz.arch.config import ResNetConfig, revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.nets.network import build_resnet
from resnet_viz.nets.weights import load_torchvision
from resnet_viz.views.summary import summarize

SIZES = ((128, 64), (65, 224))


def images_of(config: ResNetConfig, count: int = 2) -> Tensor:
    return torch.randn(count, *config.image_shape, generator=torch.Generator().manual_seed(0))


def flops(net: nn.Module, images: Tensor) -> int:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net.eval()(images)
    return int(counter.get_total_flops())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnext50_32x4d", "wide_resnet50_2"])
def test_torchvisions_nets_do_the_same(name: str, size: tuple[int, int]) -> None:
    torch.manual_seed(1)
    theirs = torchvision.models.get_model(name).eval()
    config = revise(preset(name), image_size=size)
    net = build_resnet(config).eval()
    load_torchvision(net, theirs.state_dict())
    images, planned = images_of(config), plan(config)
    with torch.no_grad():
        torch.testing.assert_close(net(images), theirs(images), rtol=1e-4, atol=1e-4)
        shapes = shapes_of(theirs, images)
    assert shapes == [stage.out_shape for stage in planned.stages]
    assert sum(p.numel() for p in theirs.parameters()) == planned.params
    assert flops(theirs, images) == 2 * len(images) * planned.macs


def shapes_of(net: nn.Module, images: Tensor) -> list[tuple[int, ...]]:
    """Shapes of what torchvision's and timm's four stages put out, without a batch."""
    shapes: list[tuple[int, ...]] = []
    hooks = [
        net.get_submodule(f"layer{number}").register_forward_hook(
            lambda _net, _inputs, out: shapes.append(tuple(out.shape[1:]))
        )
        for number in (1, 2, 3, 4)
    ]
    with torch.no_grad():
        net(images)
    for hook in hooks:
        hook.remove()
    return shapes


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["resnet26d", "seresnet50", "resnetblur18"])
def test_timms_nets_cost_the_same(name: str, size: tuple[int, int]) -> None:
    theirs = pytest.importorskip("timm").create_model(name).eval()
    config = revise(ResNetConfig.from_model(theirs), image_size=size)
    net, images, planned = build_resnet(config).eval(), images_of(config), plan(config)
    assert sum(p.numel() for p in theirs.parameters()) == planned.params
    assert shapes_of(theirs, images) == [stage.out_shape for stage in planned.stages]
    assert flops(net, images) == 2 * len(images) * planned.macs
    if name != "resnetblur18":  # whose blurs are convolutions
        assert flops(theirs, images) == 2 * len(images) * planned.macs


def test_torchinfo_sees_the_shapes() -> None:
    config = revise(preset("resnet34"), image_size=(96, 160))
    ours = summarize(config)
    theirs = torchinfo.summary(torchvision.models.resnet34(), (1, 3, 96, 160), verbose=0)
    assert ours.total_mult_adds == theirs.total_mult_adds
    assert ours.total_params == theirs.total_params


def test_a_size_of_ours_is_recognised() -> None:
    config = revise(preset("resnet18"), image_size=(64, 96), num_classes=7)
    net = build_resnet(config)
    assert ResNetConfig.from_model(net) == config
