"""Files recognised by names and shapes, in the shapes that trainers write."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from resnet_viz import ResNetConfig
from resnet_viz.arch.config import revise
from resnet_viz.arch.presets import preset
from resnet_viz.nets.network import build_resnet
from resnet_viz.nets.recognition.recognise import NO_CLASSIFIER, recognise_file
from resnet_viz.nets.weights import save_weights
from tests.nets.other_files import CIFAR, SMALL, TORCHVISION, renamed, source
from tests.nets.test_other_files import USABLE, keys_of_timm


@pytest.mark.parametrize("name", USABLE)
def test_what_trainers_write_is_recognised(name: str, tmp_path: Path) -> None:
    write, make = USABLE[name]
    write(tmp_path / name, make())
    assert ResNetConfig.from_checkpoint(tmp_path / name) == SMALL


@pytest.mark.parametrize("name", ["resnet50d", "seresnet50"])
def test_timms_names(name: str, tmp_path: Path) -> None:
    torch.save(keys_of_timm(name), tmp_path / "timm.pth")
    found = ResNetConfig.from_checkpoint(tmp_path / "timm.pth")
    assert found == revise(preset(name), depths=(2, 1), widths=(16, 32))


@pytest.mark.parametrize(
    "name", ["resnet18", "resnet152", "resnext101_64x4d", "preact164-cifar", "wrn16-4"]
)
def test_torchvisions_names_of_larger_nets(name: str, tmp_path: Path) -> None:
    state = build_resnet(preset(name), "meta").state_dict()
    one = torch.zeros(1)
    thin = {key: one.expand(t.shape) if t.ndim else one[0] for key, t in state.items()}
    torch.save(renamed(thin, *TORCHVISION), tmp_path / "thin.pth")
    assert ResNetConfig.from_checkpoint(tmp_path / "thin.pth") == preset(name)


def test_a_file_of_ours_says_what_its_net_is(tmp_path: Path) -> None:
    config = revise(SMALL, activation="silu", shortcut_transform="scaled", stochastic_depth=0.5)
    save_weights(build_resnet(config, seed=0), tmp_path / "ours.safetensors")
    found = recognise_file(tmp_path / "ours.safetensors")
    assert found.config == config
    assert found.reading == ()


def test_a_backbone_has_the_usual_classes(tmp_path: Path) -> None:
    state = renamed(source().state_dict(), *TORCHVISION)
    del state["fc.weight"], state["fc.bias"]
    torch.save(state, tmp_path / "backbone.pth")
    found = recognise_file(tmp_path / "backbone.pth")
    assert found.config == revise(SMALL, num_classes=1000)
    assert NO_CLASSIFIER in found.reading


def test_a_layer_too_many_and_one_too_few_are_named(tmp_path: Path) -> None:
    state = renamed(source().state_dict(), *CIFAR)
    whole = state.copy()
    state["layer1.0.extra.conv9.weight"] = torch.zeros(3)
    torch.save(state, tmp_path / "more.pth")
    with pytest.raises(ValueError, match=r"layer1\.0\.extra\.conv9\.weight.* has no place"):
        ResNetConfig.from_checkpoint(tmp_path / "more.pth")
    del whole["layer2.0.bn2.bias"]
    torch.save(whole, tmp_path / "less.pth")
    with pytest.raises(ValueError, match=r"layer2\.0\.bn2\.bias is missing"):
        ResNetConfig.from_checkpoint(tmp_path / "less.pth")


@pytest.mark.parametrize("data", [b"", b"no weights" * 50])
def test_what_holds_no_weights_is_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.pth").write_bytes(data)
    with pytest.raises(ValueError, match=r"a\.pth"):
        ResNetConfig.from_checkpoint(tmp_path / "a.pth")


def test_another_kind_of_net_is_refused(tmp_path: Path) -> None:
    torch.save(nn.Linear(2, 3).state_dict(), tmp_path / "linear.pth")
    with pytest.raises(ValueError, match=r"linear\.pth.*residual blocks"):
        ResNetConfig.from_checkpoint(tmp_path / "linear.pth")
