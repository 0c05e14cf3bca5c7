"""Against torchvision: the same weights give the same outputs, and map back unchanged."""

from __future__ import annotations

import pytest
import torch
import torchvision

from resnet_viz.arch.presets import preset
from resnet_viz.nets.network import build_resnet
from resnet_viz.nets.weights import load_torchvision, to_torchvision

TEN = (
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnext50_32x4d",
    "resnext101_32x8d",
    "resnext101_64x4d",
    "wide_resnet50_2",
    "wide_resnet101_2",
)


@pytest.mark.parametrize("name", TEN)
def test_outputs_equal_torchvision_s(name: str) -> None:
    torch.manual_seed(0)
    theirs = torchvision.models.get_model(name, weights=None)
    for module in theirs.modules():  # so that a mixed-up norm would show
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, std=0.1)
    ours = build_resnet(preset(name))
    load_torchvision(ours, theirs.state_dict())
    images = torch.randn(2, 3, 96, 96)
    for is_training in (True, False):  # training first: it moves the running statistics
        ours.train(is_training)
        theirs.train(is_training)
        with torch.no_grad():
            out, expected = ours(images), theirs(images)
        assert (out - expected).norm() <= 1e-5 * expected.norm()
    back = to_torchvision(ours.state_dict())
    assert back.keys() == theirs.state_dict().keys()
    for key, tensor in theirs.state_dict().items():
        assert torch.equal(back[key], tensor), key


def test_wrong_keys_are_named() -> None:
    ours = build_resnet(preset("resnet18"), device="meta")
    with pytest.raises(ValueError, match=r"missing keys .*unexpected keys .*'nonsense'"):
        load_torchvision(ours, {"nonsense": torch.zeros(1)})
    with pytest.raises(ValueError, match="has no name in torchvision"):
        to_torchvision(build_resnet(preset("preact18"), device="meta").state_dict())
