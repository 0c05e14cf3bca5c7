"""Against torchvision: the same weights give the same outputs, and map back unchanged."""

from __future__ import annotations

import json
import os
import pickle
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import torch
import torchvision
from safetensors.torch import save_file

from resnet_viz.arch.config import revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.nets.network import ResNet, build_resnet
from resnet_viz.nets.weights import (
    WeightReport,
    load_torchvision,
    load_weights,
    save_weights,
)

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


@pytest.mark.parametrize("name", TEN)
def test_parameters_by_kind_equal_torchvision_s(name: str) -> None:
    """Weights, biases and norms: the plan's operations against torchvision's modules."""
    with torch.device("meta"):
        theirs = torchvision.models.get_model(name, weights=None)
    expected: Counter[str] = Counter()
    for module in theirs.modules():
        is_norm = isinstance(module, torch.nn.BatchNorm2d)
        for leaf, parameter in module.named_parameters(recurse=False):
            expected["norm" if is_norm else leaf] += parameter.numel()
    planned: Counter[str] = Counter()
    for operation in plan(preset(name)).operations:
        if operation.kind == "norm":
            planned["norm"] += operation.params
        elif operation.kind in ("conv", "linear"):
            bias = operation.bias * operation.out_shape[0]
            planned["bias"] += bias
            planned["weight"] += operation.params - bias
    assert planned == expected


def test_wrong_keys_are_named() -> None:
    ours = build_resnet(preset("resnet18"), device="meta")
    with pytest.raises(ValueError, match=r"missing keys .*unexpected keys .*'nonsense'"):
        load_torchvision(ours, {"nonsense": torch.zeros(1)})
    with pytest.raises(ValueError, match="has no name in torchvision"):
        load_torchvision(build_resnet(preset("preact18"), device="meta"), {})


SMALL = revise(preset("resnet20-cifar"), depths=(1, 1, 1), shortcut="projection")


def _small(num_classes: int = 10) -> ResNet:
    return build_resnet(revise(SMALL, num_classes=num_classes), seed=num_classes)


def _copy(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {key: tensor.clone() for key, tensor in module.state_dict().items()}


def _same(module: torch.nn.Module, state: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(state[key], tensor) for key, tensor in module.state_dict().items())


@pytest.mark.parametrize("ending", [".pth", ".pt", ".safetensors"])
def test_saved_weights_come_back(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"net{ending}"
    saved = _small()
    save_weights(saved, path)
    fresh = build_resnet(SMALL, seed=1)
    assert load_weights(fresh, path) == WeightReport()
    assert _same(fresh, _copy(saved))


@pytest.mark.parametrize("ending", [".pth", ".safetensors"])
def test_a_bare_state_dict_under_our_names(tmp_path: Path, ending: str) -> None:
    saved, path = _small(), tmp_path / f"net{ending}"
    state = saved.state_dict()
    torch.save(state, path) if ending == ".pth" else save_file(dict(state), path)
    fresh = build_resnet(SMALL, seed=1)
    assert load_weights(fresh, path).fits
    assert _same(fresh, _copy(saved))


@pytest.mark.parametrize("ending", [".pth", ".safetensors"])
def test_a_file_of_torchvision_itself(tmp_path: Path, ending: str) -> None:
    theirs, path = torchvision.models.resnet18(weights=None).eval(), tmp_path / f"net{ending}"
    state = theirs.state_dict()
    torch.save(state, path) if ending == ".pth" else save_file(dict(state), path)
    ours = build_resnet(preset("resnet18"), seed=0).eval()
    assert load_weights(ours, path).fits
    images = torch.randn(1, 3, 64, 64)
    torch.testing.assert_close(ours(images), theirs(images))


def test_what_does_not_fit_is_reported_and_nothing_is_half_loaded(tmp_path: Path) -> None:
    state = dict(_small(7).state_dict()) | {"extra": torch.zeros(1)}
    del state["stem.conv.weight"]
    torch.save(state, tmp_path / "net.pth")
    net = _small()
    before = _copy(net)
    with pytest.raises(ValueError, match=r"missing keys \[stem.conv.weight\], unexpected.*extra"):
        load_weights(net, tmp_path / "net.pth")
    assert _same(net, before)

    report = load_weights(net, tmp_path / "net.pth", partial=True)
    assert (report.missing, report.unexpected) == (("stem.conv.weight",), ("extra",))
    assert report.mismatched == (
        "head.linear.weight: [7, 64] in the file, [10, 64] in the net",
        "head.linear.bias: [7] in the file, [10] in the net",
    )
    assert not report.fits
    loaded = net.state_dict()
    assert torch.equal(loaded["stem.conv.weight"], before["stem.conv.weight"])
    key = "stages.0.0.branch.conv1.weight"
    assert torch.equal(loaded[key], state[key])


class Code:
    """Unpickled, it would make a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.folder),)


def test_code_in_a_file_is_not_run(tmp_path: Path) -> None:
    torch.save({"stem.conv.weight": Code(tmp_path / "made")}, tmp_path / "net.pth")
    with pytest.raises(ValueError, match=r"'\w+\.mkdir' would make, and nothing in a file is run"):
        load_weights(_small(), tmp_path / "net.pth")
    assert not (tmp_path / "made").exists()


def _whole(ending: str) -> bytes:
    with TemporaryDirectory() as folder:
        save_weights(_small(), Path(folder) / f"net{ending}")
        return (Path(folder) / f"net{ending}").read_bytes()


@pytest.mark.parametrize("ending", [".pth", ".safetensors"])
@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: b"garbage",
        lambda data: b"\x80\x04garbage",
        lambda data: bytes(range(256)) * 40,
        lambda data: data[: len(data) // 2],
        lambda data: data[100:],
        lambda data: b"PK\x03\x04" + data[4:200],
        lambda data: pickle.dumps({"a": 1}),
        lambda data: pickle.dumps([1, 2]),
        lambda data: json.dumps({"a": 1}).encode(),
    ],
)
def test_garbage_is_a_sentence(
    tmp_path: Path, ending: str, spoil: Callable[[bytes], bytes]
) -> None:
    path, net = tmp_path / f"net{ending}", _small()
    path.write_bytes(spoil(_whole(ending)))
    before = _copy(net)
    with pytest.raises(ValueError, match="net") as caught:
        load_weights(net, path)
    assert "\n" not in str(caught.value)
    assert _same(net, before)


@pytest.mark.parametrize(
    "content",
    [
        {},
        [],
        3,
        {"a": "text"},
        {"a": torch.zeros(2, dtype=torch.complex64)},
        {"stem.conv.weight": torch.zeros(2, 2).to_sparse()},
        {"state_dict": {}},
    ],
)
def test_files_without_a_state_dict_are_a_sentence(tmp_path: Path, content: object) -> None:
    torch.save(content, tmp_path / "net.pth")
    with pytest.raises(ValueError, match=r"holds (no weights|a .*tensor)"):
        load_weights(_small(), tmp_path / "net.pth", partial=True)


def test_paths_that_are_no_weights(tmp_path: Path) -> None:
    (tmp_path / "folder.pth").mkdir()
    for name, why in (
        ("folder.pth", "directory"),
        ("no.pth", "No such file"),
        ("a.zip", "No such file"),
    ):
        with pytest.raises(ValueError, match=why):
            load_weights(_small(), tmp_path / name)
    with pytest.raises(ValueError, match="end in"):
        save_weights(_small(), tmp_path / "net.txt")
    save_weights(_small(), tmp_path / "net.pth")
    with pytest.raises(ValueError, match="meta"):
        load_weights(build_resnet(SMALL, device="meta"), tmp_path / "net.pth")
