"""Weights that cannot be used, or not wholly: each says why, and how it was read."""

from __future__ import annotations

import gzip
import json
import re
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import prune

from resnet_viz.arch.config import revise
from resnet_viz.arch.presets import preset
from resnet_viz.nets.network import build_resnet
from resnet_viz.nets.weights import load_weights, save_weights
from tests.nets.other_files import (
    BOTTLENECK,
    SMALL,
    State,
    arrays,
    prefixed,
    source,
    theirs,
    trained,
    whole,
)


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
