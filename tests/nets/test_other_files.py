"""Weights in the shapes that trainers write: each that can be used is, and each other says why."""

from __future__ import annotations

import argparse
import gzip
import json
import os
import pickle
import re
import tarfile
import zipfile
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.utils import prune

from resnet_viz.arch.config import ResNetConfig, revise
from resnet_viz.arch.presets import preset
from resnet_viz.nets.network import ResNet, build_resnet
from resnet_viz.nets.weights import load_weights, save_weights

State = dict[str, Tensor]
SMALL = revise(preset("resnet20-cifar"), depths=(2, 1, 1), shortcut="projection")
BOTTLENECK = revise(SMALL, block="bottleneck")


def source(config: ResNetConfig = SMALL) -> ResNet:
    """The net whose weights are written: no two of its tensors are alike."""
    net = build_resnet(config, seed=3)
    generator = torch.Generator().manual_seed(4)
    for tensor in net.state_dict().values():
        if tensor.is_floating_point():
            tensor.copy_(torch.rand(tensor.shape, generator=generator))
    return net


def renamed(state: Mapping[str, Tensor], *rules: tuple[str, str | Callable[[Any], str]]) -> State:
    """Our names, one rule after the other: a regular expression and what stands in its place."""
    made: State = {}
    for key, tensor in state.items():
        name = key
        for pattern, other in rules:
            name = re.sub(pattern, other, name)
        made[name] = tensor
    return made


def stage(plus: int, text: str) -> Callable[[Any], str]:
    return lambda found: text.format(int(found[1]) + plus)


CIFAR = (
    (r"stem\.conv\.", "conv1."),
    (r"stem\.norm\.", "bn1."),
    (r"stages\.(\d+)", stage(1, "layer{}")),
    (r"branch\.conv", "conv"),
    (r"branch\.norm", "bn"),
    (r"shortcut\.conv", "shortcut.0"),
    (r"shortcut\.norm", "shortcut.1"),
    (r"head\.linear", "linear"),
)
"""akamaster/pytorch_resnet_cifar10 and kuangliu/pytorch-cifar."""
TORCHVISION = (*CIFAR, (r"shortcut\.(\d)", r"downsample.\1"), (r"^linear", "fc"))
PYTORCH_CIFAR100 = (
    (r"stem\.conv\.", "conv1.0."),
    (r"stem\.norm\.", "conv1.1."),
    (r"stages\.(\d+)", stage(2, "conv{}_x")),
    (r"branch\.conv(\d)", lambda m: f"residual_function.{3 * int(m[1]) - 3}"),
    (r"branch\.norm(\d)", lambda m: f"residual_function.{3 * int(m[1]) - 2}"),
    (r"shortcut\.conv", "shortcut.0"),
    (r"shortcut\.norm", "shortcut.1"),
    (r"head\.linear", "fc"),
)
TRANSFORMERS = (
    (r"stem\.conv\.", "resnet.embedder.embedder.convolution."),
    (r"stem\.norm\.", "resnet.embedder.embedder.normalization."),
    (r"stages\.(\d+)\.(\d+)", r"resnet.encoder.stages.\1.layers.\2"),
    (r"branch\.conv(\d)", lambda m: f"layer.{int(m[1]) - 1}.convolution"),
    (r"branch\.norm(\d)", lambda m: f"layer.{int(m[1]) - 1}.normalization"),
    (r"shortcut\.conv", "shortcut.convolution"),
    (r"shortcut\.norm", "shortcut.normalization"),
    (r"head\.linear", "classifier.1"),
)
DETECTRON = (
    (r"stem\.conv\.", "stem.conv1."),
    (r"stem\.norm\.", "stem.conv1.norm."),
    (r"stages\.(\d+)", stage(2, "res{}")),
    (r"branch\.conv(\d)", r"conv\1"),
    (r"branch\.norm(\d)", r"conv\1.norm"),
    (r"shortcut\.conv", "shortcut"),
    (r"shortcut\.norm", "shortcut.norm"),
    (r"head\.linear", "stem.fc"),
)
CHILDREN = (
    *TORCHVISION,
    (r"^conv1", "0"),
    (r"^bn1", "1"),
    (r"layer(\d+)", stage(3, "{}")),
    (r"^fc", "9"),
)
"""nn.Sequential(*resnet.children()), as many cut a net."""


def prefixed(prefix: str, state: Mapping[str, Tensor]) -> State:
    return {prefix + key: tensor for key, tensor in state.items()}


def trained() -> tuple[ResNet, Any]:
    """Our net and its Adam, after a step."""
    net = source()
    before = {key: tensor.clone() for key, tensor in net.state_dict().items()}
    optimizer = torch.optim.Adam(net.parameters())
    net(torch.randn(2, 3, 32, 32)).sum().backward()
    optimizer.step()
    net.load_state_dict(before)
    return net, optimizer


def whole(file: Path, value: object) -> None:
    torch.save(value, file)


def old(file: Path, value: object) -> None:
    """As PyTorch wrote it before 1.6."""
    torch.save(value, file, _use_new_zipfile_serialization=False)


def pickled(file: Path, value: object) -> None:
    file.write_bytes(pickle.dumps(value, 4))


def safe(file: Path, value: State) -> None:
    save_file({key: tensor.contiguous() for key, tensor in value.items()}, file)


def theirs(rules: Any = CIFAR, config: ResNetConfig = SMALL) -> State:
    return renamed(source(config).state_dict(), *rules)


def arrays(state: Mapping[str, Tensor]) -> dict[str, Any]:
    return {key: tensor.numpy() for key, tensor in state.items()}


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


def less(state: State, pattern: str) -> State:
    return {key: tensor for key, tensor in state.items() if not re.search(pattern, key)}


def one_channel() -> State:
    return source(revise(SMALL, in_channels=1)).state_dict()


def weight_norm() -> State:
    net = source()
    nn.utils.parametrizations.weight_norm(net.stem.conv)  # type: ignore[arg-type]
    return net.state_dict()


def pruned() -> State:
    net = source()
    prune.l1_unstructured(net.stem.conv, "weight", 0.5)  # type: ignore[no-untyped-call]
    return net.state_dict()


def low_rank() -> State:
    base = "base_model.model."
    more = {f"{base}head.linear.lora_A.weight": torch.zeros(2, 64)}
    return prefixed(base, less(source().state_dict(), "head")) | more


def zero_3() -> dict[str, Any]:
    return {"module": {key: torch.zeros(0) for key in source().state_dict()}}


def transformer() -> State:
    return {f"blocks.{n}.attn.qkv.weight": torch.zeros(9, 3) for n in range(3)}


def int8() -> State:
    state = source().state_dict()
    return {k: (t * 100).to(torch.int8) if t.ndim == 4 else t for k, t in state.items()}


def index(file: Path, value: object) -> None:
    file.write_text(json.dumps(value))


def archived(file: Path, value: Any) -> None:
    np.savez(file, **arrays(value))


def packed(file: Path, value: object) -> None:
    whole(file.with_suffix(".inner"), value)
    with tarfile.open(file, "w") as tar:
        tar.add(file.with_suffix(".inner"), "net.pth")


def zipped(file: Path, value: object) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("weights/net.pth", "inner")


def raw(file: Path, value: bytes) -> None:
    file.write_bytes(value)


REFUSED: Mapping[str, tuple[Callable[[Path, Any], None], Callable[[], Any], str]] = {
    "classes.pth": (
        whole,
        source(revise(SMALL, num_classes=7)).state_dict,
        "it tells 7 classes apart, this net 10",
    ),
    "deeper.pth": (
        whole,
        source(revise(SMALL, depths=(3, 2, 1))).state_dict,
        "it has 3-2-1 blocks in its stages, this net 2-1-1",
    ),
    "bottleneck.pth": (whole, source(BOTTLENECK).state_dict, "its blocks are bottlenecks"),
    "grey.pth": (whole, one_channel, "it takes images of 1 channel, this net of 3"),
    "stem.pth": (
        whole,
        source(revise(SMALL, stem="imagenet")).state_dict,
        "its first convolution is 7x7, this net's 3x3",
    ),
    "features.pth": (whole, lambda: less(theirs(), "linear"), "it has no classifier known here"),
    "group.pth": (
        whole,
        source(revise(SMALL, norm="group")).state_dict,
        "its norms keep no statistics",
    ),
    "weight_norm.pth": (whole, weight_norm, "its weights are stored in parts"),
    "pruned.pth": (whole, pruned, "its weights are pruned and masked"),
    "lora.pth": (whole, low_rank, "another file's weights (LoRA)"),
    "zero3.pt": (whole, zero_3, "spread over several files"),
    "int8.pt": (whole, int8, "a tensor of int8 in the file"),
    "vit.pth": (whole, transformer, "its net is a transformer"),
    "mine.pth": (whole, lambda: prefixed("w_", transformer()), "its net is a transformer"),
    "strange.pth": (whole, lambda: {"w1": torch.zeros(3)}, "none of its 1 names, such as 'w1'"),
    "optimizer.pt": (whole, trained()[1].state_dict, "none of its"),
    "model.safetensors.index.json": (
        index,
        lambda: {"weight_map": {"a": "model-1-of-2.bin", "b": "model-2-of-2.bin"}},
        "is the index of weights in 2 files: model-1-of-2.bin, model-2-of-2.bin",
    ),
    "config.json": (index, lambda: {"a": 1}, "is a JSON file"),
    "page.pth": (raw, lambda: b"<!DOCTYPE html><html>", "is a web page"),
    "pointer.pth": (
        raw,
        lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 4\n",
        "is a pointer of Git LFS",
    ),
    "net.h5": (raw, lambda: b"\x89HDF\r\n\x1a\n" + bytes(99), "is an HDF5 file"),
    "net.npz": (archived, theirs, "is a NumPy archive"),
    "net.pth.tar": (packed, theirs, "is a tar archive; unpack it"),
    "net.zip": (zipped, theirs, "is a ZIP archive that holds weights/net.pth; unpack it"),
    "net.gz": (raw, lambda: gzip.compress(b"weights"), "is compressed with gzip"),
    "numbers.pt": (whole, lambda: {"loss": [1.0, 2.0]}, "holds no weights"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_used_says_why(name: str, tmp_path: Path) -> None:
    write, make, cause = REFUSED[name]
    write(tmp_path / name, make())
    net = build_resnet(SMALL, seed=9)
    before = {key: tensor.clone() for key, tensor in net.state_dict().items()}
    with pytest.raises(ValueError, match=re.escape(cause)) as caught:
        load_weights(net, tmp_path / name)
    assert str(caught.value).isprintable()
    assert all(torch.equal(before[key], tensor) for key, tensor in net.state_dict().items())


@pytest.mark.parametrize("ending", [".pth", ".safetensors"])
@pytest.mark.parametrize(
    ("saved", "other", "difference"),
    [
        ("plain20-cifar", "resnet20-cifar", "shortcut none in the file, zero_pad in this net"),
        ("resnet20-cifar", "plain20-cifar", "shortcut zero_pad in the file, none in this net"),
        ("resnet50-v1", "resnet50", "stride_on 1x1 in the file, 3x3 in this net"),
    ],
)
def test_a_file_of_ours_that_holds_another_net_says_so(
    saved: str, other: str, difference: str, ending: str, tmp_path: Path
) -> None:
    """Names and shapes are the same."""
    small = {"depths": (1, 1, 1), "widths": (8, 16, 32)}
    configs = [revise(preset(name), **small) for name in (saved, other)]
    file = tmp_path / f"net{ending}"
    save_weights(build_resnet(configs[0]), file)
    net = build_resnet(configs[1])
    with pytest.raises(ValueError, match=difference):
        load_weights(net, file)
    report = load_weights(net, file, partial=True)
    assert (report.different, report.fits) == ((difference,), False)
    assert report.missing == report.unexpected == report.mismatched == ()
    assert load_weights(build_resnet(configs[0]), file).fits


def test_how_training_began_makes_no_other_net(tmp_path: Path) -> None:
    save_weights(build_resnet(revise(SMALL, zero_init_residual=True)), tmp_path / "net.pth")
    larger = revise(SMALL, image_size=64, dropout=0.1, init="xavier")
    assert load_weights(build_resnet(larger), tmp_path / "net.pth").fits


def test_how_a_file_was_read_is_said(tmp_path: Path) -> None:
    values = {"state_dict": prefixed("module.", theirs()), "ema": {"a": torch.zeros(1)}}
    whole(tmp_path / "net.pth", values)
    report = load_weights(build_resnet(SMALL), tmp_path / "net.pth")
    found, translated, others, caution = report.reading
    assert found == "Found under 'state_dict.module'"
    assert re.fullmatch(
        r"Names translated, such as layer\d\.\d\.\S+ to stages\.\d\.\d\.\S+", translated
    )
    assert others == "Not used: 1 other tensor under ema"
    assert "does not say what its net is" in caution


def test_numbers_that_are_none_are_said(tmp_path: Path) -> None:
    state = source().state_dict()
    state["head.linear.bias"][3] = torch.nan
    whole(tmp_path / "net.pth", state)
    report = load_weights(build_resnet(SMALL), tmp_path / "net.pth")
    assert "1 tensor has values that are inf or NaN: head.linear.bias" in report.reading


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
