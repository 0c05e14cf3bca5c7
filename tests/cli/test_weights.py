"""weights: a file held against a net."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.error import URLError

import pytest
import torch
import torchvision

from resnet_viz.__main__ import main
from resnet_viz.arch.config import revise
from resnet_viz.arch.presets import preset
from resnet_viz.nets.network import build_resnet
from resnet_viz.nets.weights import load_weights

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """torchvision's resnet18, saved as torchvision's users do."""
    path = tmp_path_factory.mktemp("weights") / "resnet18.pth"
    torch.save(torchvision.models.resnet18(weights=None).state_dict(), path)
    return path


def test_a_file_that_fits_can_be_saved_under_our_names(
    theirs: Path, tmp_path: Path, capsys: Capture
) -> None:
    ours = tmp_path / "ours.safetensors"
    assert main(("weights", "resnet18", str(theirs), "-o", str(ours))) == 0
    out, err = capsys.readouterr()
    assert err == ""
    verdict, translated, caution = out.splitlines()
    assert verdict == "every key fits"
    assert translated.startswith("Names translated, such as layer")
    assert "does not say what its net is" in caution
    network = build_resnet(preset("resnet18"))
    assert load_weights(network, ours).fits
    first = torch.load(theirs)["conv1.weight"]
    assert torch.equal(network.state_dict()["stem.conv.weight"], first)


def test_a_file_of_another_net_is_reported(theirs: Path, capsys: Capture) -> None:
    assert main(("weights", "resnet34", str(theirs), "--json")) == 1
    out, err = capsys.readouterr()
    report = json.loads(out)
    assert not report["fits"]
    assert "layer1.2.conv1.weight" in report["missing"]
    assert report["unexpected"] == []
    assert err.startswith("error: ")
    assert err.count("\n") == 1


def test_what_fits_is_saved_and_the_rest_is_listed(tmp_path: Path, capsys: Capture) -> None:
    small = revise(preset("resnet20-cifar"), depths=(1, 1, 1))
    config, file, ours = (tmp_path / name for name in ("net.json", "a.pth", "ours.pth"))
    config.write_text(small.model_dump_json())
    theirs = build_resnet(revise(small, num_classes=7), seed=1)
    torch.save({"net": theirs.state_dict(), "acc": 1.0}, file)
    assert main(("weights", str(config), str(file), "-o", str(ours))) == 1
    out, err = capsys.readouterr()
    assert "it tells 7 classes apart, this net 10" in out
    assert "mismatched: head.linear.bias: [7] in the file, [10] in the net" in out.splitlines()
    count = len(theirs.state_dict())
    assert f"the {count - 2} of {count} tensors that fit are in {ours}" in err
    network = build_resnet(small)
    report = load_weights(network, ours, partial=True)
    assert report.missing == ("head.linear.weight", "head.linear.bias")
    assert torch.equal(
        network.state_dict()["stem.conv.weight"], theirs.state_dict()["stem.conv.weight"]
    )
    nothing = tmp_path / "nothing.pth"
    torch.save({"w": torch.zeros(2)}, file)
    assert main(("weights", str(config), str(file), "-o", str(nothing))) == 1
    assert not nothing.exists()


def test_without_a_network_the_download_is_one_clear_line(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise URLError("Name or service not known")

    monkeypatch.setattr(torch.hub, "download_url_to_file", fails)
    assert main(("weights", "resnet18", "--download", str(tmp_path))) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "cannot be downloaded (Name or service not known)" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("weights", "resnet18"),
        ("weights", "resnet18", "nowhere.pth"),
        ("weights", "resnet18", "/"),
        ("weights", "resnet18", "README.md"),
        ("weights", "plain18", "--download", "folder"),
        ("weights", "resnet18", "a.pth", "--download", "folder"),
    ],
)
def test_bad_usage_is_one_line_and_status_2(arguments: tuple[str, ...], capsys: Capture) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1


def test_the_net_of_a_file_is_identified(theirs: Path, tmp_path: Path, capsys: Capture) -> None:
    assert main(("identify", str(theirs))) == 0
    first, *reading = capsys.readouterr().out.splitlines()
    assert first == "resnet18: 11,689,512 parameters, 18 layers deep"
    assert any("Only names and shapes were compared" in line for line in reading)
    assert main(("identify", str(theirs), "--json")) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["preset"], told["params"]) == ("resnet18", 11_689_512)
    assert told["config"] == json.loads(preset("resnet18").model_dump_json())
    torch.save({"a.weight": torch.zeros(2, 2)}, tmp_path / "other.pth")
    assert main(("identify", str(tmp_path / "other.pth"))) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "other.pth" in err
    assert err.count("\n") == 1
