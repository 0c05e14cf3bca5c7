"""export: what it writes, to standard output or to a file, and how it refuses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import onnxruntime
import pytest
import torch

from resnet_viz.__main__ import main
from resnet_viz.arch.config import ResNetConfig, revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.nets import onnx
from resnet_viz.nets.network import build_resnet
from resnet_viz.nets.weights import save_weights
from resnet_viz.views.source.source import to_source
from resnet_viz.views.table import table1, to_csv, to_latex, to_markdown

SMALL = revise(preset("resnet20-cifar"), depths=(1, 1, 1), image_size=16)
ROWS = table1(plan(preset("resnet50")))
TEXTS = {
    "torch": to_source(preset("resnet50")),
    "markdown": to_markdown(ROWS),
    "latex": to_latex(ROWS),
    "csv": to_csv(ROWS),
}


@pytest.fixture
def small(tmp_path: Path) -> str:
    path = tmp_path / "small.json"
    path.write_text(SMALL.model_dump_json())
    return str(path)


@pytest.mark.parametrize("name", TEXTS)
def test_text_on_standard_output_or_in_a_file(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(("export", "resnet50", "--format", name)) == 0
    assert capsys.readouterr() == (TEXTS[name], "")
    assert main(("export", "resnet50", "--format", name, "-o", str(tmp_path / "file"))) == 0
    assert capsys.readouterr() == ("", "")
    assert (tmp_path / "file").read_text(encoding="utf-8") == TEXTS[name]


def test_json_is_a_config_again(small: str, tmp_path: Path) -> None:
    path = tmp_path / "again.json"
    assert main(("export", small, "--format", "json", "-o", str(path))) == 0
    assert ResNetConfig.model_validate_json(path.read_text()) == SMALL
    assert main(("describe", str(path), "--json")) == 0


def test_the_source_runs_on_its_own(small: str, tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    assert main(("export", small, "--format", "torch", "-o", str(path))) == 0
    script = "import net, torch; print(tuple(net.ResNet()(torch.zeros(2, 3, 16, 16)).shape))"
    command = [sys.executable, "-c", script]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "(2, 10)"


def test_onnx_has_the_weights_of_a_file(small: str, tmp_path: Path) -> None:
    network, weights, path = build_resnet(SMALL, seed=7), tmp_path / "w.pth", tmp_path / "net.onnx"
    save_weights(network, weights)
    options = ("-o", str(path), "--weights", str(weights))
    assert main(("export", small, "--format", "onnx", *options)) == 0
    images = torch.randn(3, 3, 16, 16)
    session = onnxruntime.InferenceSession(path.read_bytes())
    (logits,) = session.run(None, {"images": images.numpy()})
    torch.testing.assert_close(
        torch.from_numpy(logits), network.eval()(images), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "Missing option '--format'"),
        (("--format", "pdf"), "'pdf' is not one of"),
        (("--format", "onnx"), "--format onnx needs -o FILE"),
        (
            ("--format", "csv", "-o", "/nowhere/x.csv"),
            "cannot write '/nowhere/x.csv': there is no folder '/nowhere'",
        ),
        (("--format", "csv", "-o", "/"), "cannot write '/': Is a directory"),
        (("--format", "csv", "--weights", "x.pth"), "--weights needs --format onnx"),
        (("--format", "onnx", "-o", "x.onnx", "--weights", "no.pth"), "cannot read 'no.pth'"),
    ],
)
def test_bad_input_is_one_line(
    options: tuple[str, ...],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(("export", "resnet20-cifar", *options)) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert said in err
    assert not list(tmp_path.iterdir())


def test_a_missing_package_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(onnx, "find_spec", lambda name: None)
    options = ("--format", "onnx", "-o", str(tmp_path / "net.onnx"))
    assert main(("export", "resnet20-cifar", *options)) == 1
    assert capsys.readouterr().err == (
        "error: ONNX export needs onnx and onnxscript: pip install onnx onnxscript\n"
    )


def test_source_and_table_need_no_torch() -> None:
    script = (
        "import sys\n"
        "from resnet_viz.__main__ import main\n"
        "for name in ('torch', 'json', 'markdown', 'latex', 'csv'):\n"
        "    assert main(('export', 'resnet50', '--format', name)) == 0\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)


def _never_built(*_: object, **__: object) -> None:
    raise AssertionError("the net was built")


@pytest.mark.parametrize("name", ["torch", "onnx"])
def test_weights_too_large_for_one_onnx_file_are_refused_before_the_net_is_built(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As PyTorch source it is a page; as weights it would be 61 GB."""
    monkeypatch.setattr("resnet_viz.nets.network.build_resnet", _never_built)
    huge = revise(preset("resnet34"), depths=(10_000, 5_000, 3_000, 2_000))
    path = tmp_path / "huge.json"
    path.write_text(huge.model_dump_json())
    status = main(("export", str(path), "--format", name, "-o", str(tmp_path / "net")))
    assert status == (0 if name == "torch" else 2)
    if name == "onnx":
        assert "but an ONNX file holds 2 GB" in capsys.readouterr().err


def test_a_net_that_does_not_fit_into_memory_is_refused_before_it_is_built(
    small: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("resnet_viz.nets.network.build_resnet", _never_built)
    monkeypatch.setattr(
        "resnet_viz.scheduler.memory_fit.psutil.virtual_memory",
        lambda: SimpleNamespace(available=10_000),
    )
    file = tmp_path / "net.onnx"
    for command in (
        ("export", small, "--format", "onnx", "-o", str(file)),
        ("weights", small, str(file)),
    ):
        assert main(command) == 2
        assert "does not fit into memory: its weights need" in capsys.readouterr().err
