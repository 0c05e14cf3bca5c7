"""Outputs that cannot be written are refused in one line, before any work."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest

from resnet_viz.__main__ import main
from resnet_viz.cli import inputs
from resnet_viz.cli.commands import weights
from tests.conftest import is_refused


def test_an_output_that_is_a_directory_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.dot").mkdir()
    line = is_refused(("graph", "resnet18", "-o", str(tmp_path / "x.dot")), capsys)
    assert "Is a directory" in line


WRITING = {
    "graph": ("graph", "resnet18", "-o", "{}.svg"),
    "export torch": ("export", "resnet18", "--format", "torch", "-o", "{}.py"),
    "export onnx": ("export", "resnet18", "--format", "onnx", "-o", "{}.onnx"),
    "weights": ("weights", "resnet18", "w.pth", "-o", "{}.pth"),
    "weights downloaded": ("weights", "resnet18", "--download", "folder", "-o", "{}.pth"),
}


def _never(*_: object, **__: object) -> NoReturn:
    raise AssertionError("work was done before the output was looked at")


def refused_at_once(
    command: str, output: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    """The line on an output that is looked at before the config, or anything else, is."""
    monkeypatch.setattr(inputs, "read_net", _never)
    monkeypatch.setattr(weights, "download", _never)
    return is_refused(tuple(word.format(output) for word in WRITING[command]), capsys)


@pytest.mark.parametrize("command", WRITING)
def test_an_output_in_no_folder_is_refused_before_any_work(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = refused_at_once(command, tmp_path / "none" / "net", monkeypatch, capsys)
    assert f"there is no folder '{tmp_path / 'none'}'" in line
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
@pytest.mark.parametrize("command", WRITING)
def test_an_output_in_a_folder_for_reading_is_refused_before_any_work(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tmp_path.chmod(0o555)
    line = refused_at_once(command, tmp_path / "net", monkeypatch, capsys)
    assert "Permission denied" in line


def test_weights_are_saved_under_the_endings_of_weights_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("resnet_viz.nets.network.build_resnet", _never)
    line = is_refused(("weights", "resnet18", "w.pth", "-o", str(tmp_path / "net.txt")), capsys)
    assert "allowed are files that end in .pth, .pt, .safetensors" in line


def test_an_output_that_is_there_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "net.csv"
    path.write_text("old" * 10_000)
    assert main(("export", "resnet18", "--format", "csv", "-o", str(path))) == 0
    assert path.read_text().startswith("stage,")
