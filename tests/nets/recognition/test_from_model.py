"""Modules recognised: torchvision's, ours, and the common nets for CIFAR."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torchvision
from torch import nn

from resnet_viz import ResNetConfig
from resnet_viz.arch.config import revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.nets.network import build_resnet
from tests.nets.recognition.cifar_nets import CifarNet, OneLayer, SequentialNet

SMALL = revise(preset("resnet20-cifar"), depths=(2, 1, 1))


@pytest.mark.parametrize("name", ["resnet34", "resnext50_32x4d"])
def test_torchvisions_are_the_presets_of_their_names(name: str) -> None:
    module = getattr(torchvision.models, name)(weights=None)
    assert ResNetConfig.from_model(module) == preset(name)


CIFAR = {"depths": (2, 2, 2), "widths": (16, 32, 64), "stem": "cifar", "image_size": 32}
CIFAR |= {"num_classes": 10}
FOUR = CIFAR | {"depths": (2, 2, 2, 2), "widths": (16, 32, 64, 128)}


@pytest.mark.parametrize(
    ("module", "fields"),
    [
        (
            lambda: CifarNet(widths=(16, 32, 64), path="shortcut", head="linear", pad="after"),
            CIFAR | {"shortcut": "zero_pad"},
        ),
        (lambda: CifarNet(widths=(16, 32, 64), path="shortcut", head="linear"), CIFAR),
        (lambda: CifarNet(widths=(16, 32, 64, 128), path="shortcut", head="linear", pool=4), FOUR),
        (lambda: CifarNet(widths=(16, 32, 64), path="downsample", head="fc"), CIFAR),
        (lambda: SequentialNet(1), FOUR | {"num_classes": 100}),
        (lambda: SequentialNet(4), FOUR | {"num_classes": 100, "block": "bottleneck"}),
    ],
    ids=["akamaster A", "akamaster B", "kuangliu", "chenyaofo", "weiaicunzai", "bottleneck"],
)
def test_nets_for_cifar(module: Callable[[], nn.Module], fields: dict[str, object]) -> None:
    assert ResNetConfig.from_model(module()) == ResNetConfig(**fields)


@pytest.mark.parametrize(
    "names", [("conv1", "bn1", "downsample"), ("conv", "bn", "shortcut"), ("conv", "norm", "proj")]
)
def test_blocks_of_one_layer_whatever_their_convolution_is_called(names: tuple[str, ...]) -> None:
    found = ResNetConfig.from_model(OneLayer(*names))
    assert (found.block, found.depths, found.widths) == ("one_layer", (2, 2), (8, 16))
    assert plan(found).shortcuts == {"identity": 3, "projection": 1}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"shortcut": "none"},
        {"shortcut": "projection", "block": "bottleneck", "stride_on": "1x1"},
        {"shortcut": "projection", "activation_order": "full_preactivation"},
        {"activation_order": "norm_after_addition", "activation": "gelu"},
        {"activation_order": "relu_before_addition"},
        {"final_activation": False, "norm": "group"},
        {"shortcut": "projection_all", "attention": "se", "se_reduction": 4},
        {"shortcut": "projection", "downsample_at": "last", "depths": (2, 2, 2)},
        {"shortcut": "avgpool_projection", "stem": "deep", "image_size": 224, "dropout": 0.25},
        {"shortcut": "projection", "norm": "none", "conv_bias": True, "stem_width": 24},
        {"block": "bottleneck", "shortcut": "projection", "expansion": 2, "cardinality": 4},
        {
            "shortcut": "projection",
            "activation_order": "full_preactivation",
            "final_preactivation": False,
        },
        {"shortcut": "projection", "projection_norm": False, "antialias": "blurpool"},
        {"norm": "group", "norm_group_width": 8, "attention": "eca"},
        {"norm": "group", "norm_groups": 4, "attention": "se", "se_divisor": 8},
        {"block": "one_layer"},
        {"block": "one_layer", "activation_order": "full_preactivation"},
        {"block": "one_layer", "shortcut": "projection"},
    ],
    ids=str,
)
def test_ours_without_their_config(changes: dict[str, object]) -> None:
    config = revise(SMALL, **changes)
    module = build_resnet(config, seed=0)
    assert ResNetConfig.from_model(module) == config
    del module.config
    found = ResNetConfig.from_model(module)
    # The same net may be said in two ways: other widths with another expansion.
    assert found == config or plan(found).operations == plan(config).operations


def test_what_only_our_nets_have_is_read_from_their_config() -> None:
    config = revise(
        SMALL, shortcut_transform="exclusive_gate", residual_scale="skipinit", stochastic_depth=0.5
    )
    assert ResNetConfig.from_model(build_resnet(config, seed=0)) == config


def test_a_net_that_was_wrapped_or_lost_its_classifier() -> None:
    module = torchvision.models.resnet18(weights=None)
    assert ResNetConfig.from_model(nn.DataParallel(module)) == preset("resnet18")
    module.fc = nn.Identity()
    assert ResNetConfig.from_model(module) == preset("resnet18")


def test_the_module_stays_as_it_was() -> None:
    module = torchvision.models.resnet18(weights=None)
    module.layer1.eval()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    random = torch.get_rng_state()
    ResNetConfig.from_model(module)
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())
    assert module.training
    assert not module.layer1.training
    assert torch.equal(random, torch.get_rng_state())


def _strided() -> nn.Module:
    module = torchvision.models.resnet18(weights=None)
    module.layer2[0].conv1.stride = (1, 1)
    module.layer2[0].downsample[0].stride = (1, 1)
    return module


def _dropping() -> nn.Module:
    module = torchvision.models.resnet18(weights=None)
    module.fc = nn.Sequential(nn.Dropout(0.3), nn.Linear(512, 10))
    return module


def _eps() -> nn.Module:
    return torchvision.models.resnet18(
        weights=None, norm_layer=lambda channels: nn.BatchNorm2d(channels, eps=1e-3)
    )


def _pooled() -> nn.Module:
    module = torchvision.models.resnet18(weights=None)
    module.maxpool = nn.AvgPool2d(3, 2, 1)
    return module


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (_strided, ["layer2.0.conv1", "stride (1, 1)", "allowed", "(2, 2)"]),
        (_dropping, ["fc.0", "0.3", "allowed"]),
        (_eps, ["bn1", "eps 0.001", "1e-05"]),
        (_pooled, ["resnet18", "output differs", "allowed"]),
        (
            lambda: CifarNet(widths=(16, 32, 64), path="shortcut", head="linear", pad="around"),
            ["output differs"],
        ),
        (lambda: torchvision.models.densenet121(weights=None), ["DenseNet"]),
        (lambda: torchvision.models.vit_b_32(weights=None), ["VisionTransformer"]),
        (lambda: torchvision.models.mobilenet_v2(weights=None), ["MobileNetV2"]),
        (lambda: nn.Linear(2, 2), ["Linear"]),
        (lambda: "resnet18", ["str", "torch.nn.Module"]),
    ],
)
def test_other_nets_are_refused_in_one_sentence(
    module: Callable[[], nn.Module], words: list[str]
) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$") as refusal:
        ResNetConfig.from_model(module())
    assert all(word in str(refusal.value) for word in words), str(refusal.value)
