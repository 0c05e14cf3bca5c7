"""Weights in the shapes that trainers write: each that can be used is."""

from __future__ import annotations

import argparse
import os
import re
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from resnet_viz.arch.config import revise
from resnet_viz.arch.presets import preset
from resnet_viz.nets.network import build_resnet
from resnet_viz.nets.weights import load_weights
from tests.nets.other_files import (
    CHILDREN,
    DETECTRON,
    PYTORCH_CIFAR100,
    SMALL,
    TORCHVISION,
    TRANSFORMERS,
    State,
    arrays,
    old,
    pickled,
    prefixed,
    renamed,
    safe,
    source,
    stage,
    theirs,
    trained,
    whole,
)


class Wrapped(nn.Module):
    """As Lightning's modules have their net."""

    def __init__(self) -> None:
        super().__init__()
        self.model = source()
        self.criterion = nn.CrossEntropyLoss(weight=torch.ones(10))


def checkpoint() -> dict[str, Any]:
    """All that people put into a checkpoint."""
    net, optimizer = trained()
    return {
        "epoch": 7,
        "arch": "resnet20",
        "best_prec1": torch.tensor(0.5),
        "best_acc1": np.float64(91.25),
        "args": argparse.Namespace(lr=0.1, out=PurePosixPath("/runs"), tags={"a", "b"}),
        "history": defaultdict(list, loss=[1.0, 0.5]),
        "rng": (torch.get_rng_state(), np.random.default_rng(0).bit_generator.state),
        "optimizer": optimizer.state_dict(),
        "scheduler": torch.optim.lr_scheduler.StepLR(optimizer, 1).state_dict(),
        "state_dict": net.state_dict(),
    }


def lightning() -> dict[str, Any]:
    return {
        "epoch": 1,
        "global_step": 2,
        "pytorch-lightning_version": "2.4.0",
        "state_dict": Wrapped().state_dict(),
        "loops": {"fit_loop": {"state_dict": {}}},
        "callbacks": {"ModelCheckpoint{'monitor': None}": {"best_model_path": Path("a.ckpt")}},
        "optimizer_states": [trained()[1].state_dict()],
        "hyper_parameters": argparse.Namespace(lr=1e-3),
    }


def averaged() -> dict[str, Any]:
    """The net beside its moving average: the net is taken."""
    other = {key: tensor + 1 for key, tensor in source().state_dict().items()}
    return {"model_ema": other, "model": source().state_dict(), "ema_decay": np.float32(0.999)}


def no_counters(state: State) -> State:
    """As PyTorch had it before 0.4.1."""
    return {key: tensor for key, tensor in state.items() if "num_batches" not in key}


def swa() -> State:
    return torch.optim.swa_utils.AveragedModel(source()).state_dict()


def moco() -> dict[str, Any]:
    """Two encoders and a queue."""
    net = source().state_dict()
    other = {key: tensor + 1 for key, tensor in net.items()}
    query, key = prefixed("module.encoder_q.", net), prefixed("module.encoder_k.", other)
    return {"epoch": 3, "state_dict": key | query | {"module.queue": torch.zeros(16, 8)}}


def python_2(state: State) -> OrderedDict[str, Tensor]:
    return OrderedDict(state)


def own_head(state: State) -> State:
    return {re.sub("^linear", "my_classes", key): tensor for key, tensor in state.items()}


def backbone(state: State) -> State:
    """mmpretrain: the head stands beside the backbone."""
    return {
        f"head.{key}" if key.startswith("fc") else f"backbone.{key}": tensor
        for key, tensor in state.items()
    }


USABLE: Mapping[str, tuple[Callable[[Path, Any], None], Callable[[], Any]]] = {
    "bare.th": (whole, source().state_dict),
    "checkpoint.pth.tar": (whole, checkpoint),
    "old.pth.tar": (old, checkpoint),
    "lightning.ckpt": (whole, lightning),
    "averaged.pt": (whole, averaged),
    "swa.pt": (whole, swa),
    "moco.pth.tar": (whole, moco),
    "net.pth": (whole, lambda: {"net": theirs(), "acc": 93.0, "epoch": 10}),
    "parallel.th": (whole, lambda: {"state_dict": prefixed("module.", theirs()), "best": 1}),
    "compiled.pt": (whole, lambda: prefixed("_orig_mod.module.", source().state_dict())),
    "deepspeed.pt": (whole, lambda: {"module": source().state_dict(), "dp_world_size": 2}),
    "nested.bin": (whole, lambda: {"a": {"b": {"model_state_dict": theirs(TORCHVISION)}}}),
    "tuple.pkl": (whole, lambda: (3, source().state_dict())),
    "module.pt": (whole, lambda: nn.DataParallel(source())),
    "torchvision.pth": (whole, lambda: theirs(TORCHVISION)),
    "children.pth": (whole, lambda: theirs(CHILDREN)),
    "encoder.pth": (whole, lambda: prefixed("encoder.", theirs(TORCHVISION))),
    "cifar100.pth": (whole, lambda: theirs(PYTORCH_CIFAR100)),
    "model.safetensors": (safe, lambda: theirs(TRANSFORMERS)),
    "pytorch_model.bin": (whole, lambda: theirs(TRANSFORMERS)),
    "parts.ckpt": (safe, lambda: prefixed("module.", theirs())),
    "detectron.pkl": (pickled, lambda: {"model": arrays(theirs(DETECTRON)), "__author__": "us"}),
    "arrays.pickle": (pickled, lambda: arrays(theirs())),
    "plain.pkl": (pickled, theirs),
    "before_0_4.pth": (old, lambda: no_counters(theirs(TORCHVISION))),
    "half.pt": (whole, lambda: {k: t.double() for k, t in source().state_dict().items()}),
    "counted.pt": (whole, lambda: theirs() | {"layer1.0.total_ops": torch.zeros(1)}),
    "own_head.pth": (whole, lambda: own_head(theirs())),
    "mmpretrain.pth": (whole, lambda: {"meta": {}, "state_dict": backbone(theirs(TORCHVISION))}),
    "parameters.pt": (whole, lambda: {k: nn.Parameter(t, False) for k, t in theirs().items()}),
    "one_by_one.pt": (whole, lambda: {k: t.t() if t.ndim == 2 else t for k, t in _turned()}),
}


def _turned() -> Any:
    """Linear weights as views that are not contiguous."""
    return [(k, t.t().contiguous() if t.ndim == 2 else t) for k, t in theirs().items()]


@pytest.mark.parametrize("name", USABLE)
def test_what_trainers_write_is_usable(name: str, tmp_path: Path) -> None:
    write, make = USABLE[name]
    write(tmp_path / name, make())
    net = build_resnet(SMALL, seed=9)
    report = load_weights(net, tmp_path / name)
    assert report.fits, str(report)
    expected = source().state_dict()
    for key, tensor in net.state_dict().items():
        if not key.endswith("num_batches_tracked"):
            torch.testing.assert_close(tensor, expected[key], rtol=0, atol=0, msg=key)


class Code:
    """Unpickled, it would make a folder."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (self.folder,)


def test_what_stands_beside_the_weights_is_not_run(tmp_path: Path) -> None:
    made = tmp_path / "made"
    for name, write in (("a.pth", whole), ("b.pth", old), ("c.pkl", pickled)):
        state = source().state_dict()
        write(tmp_path / name, {"hook": Code(str(made)), "state_dict": dict(state)})
        net = build_resnet(SMALL)
        assert load_weights(net, tmp_path / name).fits
        assert torch.equal(net.state_dict()["head.linear.bias"], state["head.linear.bias"])
    assert not made.exists()


THIN = {"depths": (2, 1), "widths": (16, 32)}


def keys_of_timm(name: str) -> State:
    """A state dict under timm's names, with shapes and noise of our net like that."""
    net = build_resnet(revise(preset(name), **THIN), seed=0)
    rules = [
        (r"stages\.(\d+)", stage(1, "layer{}")),
        (r"branch\.conv", "conv"),
        (r"branch\.norm", "bn"),
        (r"branch\.se\.reduce", "se.fc1"),
        (r"branch\.se\.expand", "se.fc2"),
        (r"head\.linear", "fc"),
    ]
    if name == "resnet50d":
        rules += [
            (r"shortcut\.conv", "downsample.1"),
            (r"shortcut\.norm", "downsample.2"),
            (r"stem\.norm3", "bn1"),
            (r"stem\.conv(\d)", lambda m: f"conv1.{3 * int(m[1]) - 3}"),
            (r"stem\.norm(\d)", lambda m: f"conv1.{3 * int(m[1]) - 2}"),
        ]
    else:
        rules += [
            (r"shortcut\.conv", "downsample.0"),
            (r"shortcut\.norm", "downsample.1"),
            (r"stem\.conv", "conv1"),
            (r"stem\.norm", "bn1"),
        ]
    state = renamed(net.state_dict(), *rules)
    return {k: t[:, :, None, None] if ".se." in k and t.ndim == 2 else t for k, t in state.items()}


@pytest.mark.parametrize("name", ["resnet50d", "seresnet50"])
def test_timms_names_are_translated(name: str, tmp_path: Path) -> None:
    state = keys_of_timm(name)
    safe(tmp_path / "net.safetensors", state)
    net = build_resnet(revise(preset(name), **THIN), seed=1)
    report = load_weights(net, tmp_path / "net.safetensors")
    assert report.fits
    expected = build_resnet(revise(preset(name), **THIN), seed=0).state_dict()
    assert all(torch.equal(expected[key], tensor) for key, tensor in net.state_dict().items())


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnet50d", "seresnet50"])
def test_timms_own_nets_compute_the_same(name: str, tmp_path: Path) -> None:
    timm = pytest.importorskip("timm")
    net = timm.create_model(name).eval()
    for tensor in net.state_dict().values():
        if tensor.is_floating_point():
            tensor.mul_(1 + torch.rand(tensor.shape) / 10)
    safe(tmp_path / "net.safetensors", net.state_dict())
    ours = build_resnet(preset(name)).eval()
    assert load_weights(ours, tmp_path / "net.safetensors").fits
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(ours(images), net(images), rtol=1e-3, atol=1e-4)
