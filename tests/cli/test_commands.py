"""The commands' good paths: what they print, how quickly, and how they end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import resnet_viz
from resnet_viz.__main__ import main
from resnet_viz.arch.config import revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import PRESETS, SOURCES, preset
from resnet_viz.cli.commands import server
from resnet_viz.views.graph.graph import shortcut_graph
from resnet_viz.views.modules import Summary

PROGRAM = (sys.executable, "-m", "resnet_viz")
PUBLISHED = Path(__file__).parents[1] / "golden" / "published.json"
NAMES_IN_PUBLISHED = {
    "resnet152": "torchvision/resnet152",
    "resnext101_64x4d": "torchvision/resnext101_64x4d",
    "wide_resnet50_2": "torchvision/wide_resnet50_2",
    "resnet50-v1": "he2015-v1/resnet50 (stride on 1x1a)",
    "plain34": "he2015-imagenet/plain-34 option=plain",
    "resnet1202-cifar": "he2015-cifar/resnet-1202 option=A",
    "dnddnjs32-cifar": "dnddnjs/resnet-32 (seed link)",
}


def run(
    *arguments: str | bytes, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, from the outside."""
    return subprocess.run(
        [*PROGRAM, *arguments],
        capture_output=True,
        text=True,
        env=os.environ | dict(environment or {}),
        check=False,
    )


def printed_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    """What a command printed as JSON, having printed nothing else."""
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return json.loads(out)


@pytest.mark.parametrize("name", NAMES_IN_PUBLISHED)
def test_describe_gives_the_published_counts(name: str) -> None:
    models = json.loads(PUBLISHED.read_text())["models"]
    published = next(m for m in models if m["name"] == NAMES_IN_PUBLISHED[name])
    result = run("describe", name, "--json")
    described = json.loads(result.stdout)
    assert (described["params"], described["macs"]) == (published["params"], published["macs"])
    assert (described["name"], result.returncode, result.stderr) == (name, 0, "")


def test_describe_has_the_contracts_keys(capsys: pytest.CaptureFixture[str]) -> None:
    described = printed_json(capsys, "describe", "resnet50", "--json")
    keys = {"name", "params", "macs", "depth", "stages", "shortcuts", "activation_bytes"}
    assert set(described) == keys
    assert described["depth"] == 50
    assert described["shortcuts"] == {"identity": 12, "projection": 4}
    shapes = [stage["output_shape"] for stage in described["stages"]]
    assert shapes == [[256, 56, 56], [512, 28, 28], [1024, 14, 14], [2048, 7, 7]]
    assert [stage["receptive_field"] for stage in described["stages"]] == [35, 91, 267, 427]


def test_describe_prints_the_numbers_and_table_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(("describe", "resnet50")) == 0
    out = capsys.readouterr().out
    for expected in ("25,557,032", "4,089,184,256", "12 identity, 4 projection", "stage 4"):
        assert expected in out


def test_presets_lists_every_preset_with_its_source(capsys: pytest.CaptureFixture[str]) -> None:
    listed = printed_json(capsys, "presets", "--json")
    assert {row["name"]: row["source"] for row in listed} == dict(SOURCES)
    assert all(row["params"] == plan(PRESETS[row["name"]]).params for row in listed)
    assert main(("presets",)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(PRESETS)


def test_summary_prints_torchinfos_total(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(("summary", "resnet20-cifar", "--depth", "1")) == 0
    assert "Total params: 269,722" in capsys.readouterr().out
    assert main(("summary", "resnet20-cifar", "--json")) == 0
    assert Summary.from_json(capsys.readouterr().out).total_params == 269_722


@pytest.mark.parametrize("ending", ["dot", "DOT"])
def test_graph_writes_dot(ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / f"net.{ending}"
    arguments = ("graph", "resnet18", "-o", str(path), "--expand", "stages.0.0", "--expand", "stem")
    assert main(arguments) == 0
    assert capsys.readouterr() == ("", "")
    text = path.read_text(encoding="utf-8")
    assert text.startswith("digraph")
    assert "stages.0.0.branch.conv1" in text


def test_graph_writes_svg_without_graphviz(tmp_path: Path) -> None:
    path = tmp_path / "net.svg"
    done = run("graph", "resnet18", "-o", str(path), environment={"PATH": str(tmp_path)})
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    root = ElementTree.parse(path).getroot()
    units = {element.get("data-unit") for element in root.iter()}
    assert {"stem", "head", "stages.0.0", "stages.3.1"} <= units


def test_graph_of_a_deep_net_is_said_to_take_long_or_folded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net, path = tmp_path / "deep.json", tmp_path / "net.svg"
    deep = revise(preset("plain20-cifar"), depths=(1, 1000), widths=(16, 32))
    net.write_text(deep.model_dump_json())
    assert main(("graph", str(net), "-o", str(path))) == 0
    said = "note: drawing 1,001 blocks one by one; --fold draws alike ones as one\n"
    assert capsys.readouterr() == ("", said)
    assert 'data-unit="stages.1.500"' in path.read_text(encoding="utf-8")
    assert main(("graph", str(net), "-o", str(path), "--fold")) == 0
    assert capsys.readouterr() == ("", "")
    assert path.read_text(encoding="utf-8") == shortcut_graph(deep, fold=True).to_svg()


def test_no_arguments_print_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(()) == 0
    out, err = capsys.readouterr()
    commands = ("presets", "describe", "summary", "build", "graph", "race", "runs", "app")
    assert all(command in out for command in commands)
    assert err == ""


@pytest.mark.parametrize("command", ["presets", "describe", "graph"])
def test_quick_commands_load_neither_torch_nor_streamlit(command: str, tmp_path: Path) -> None:
    arguments = {
        "presets": ["presets"],
        "describe": ["describe", "resnet50"],
        "graph": ["graph", "resnet50", "-o", str(tmp_path / "net.dot")],
    }[command]
    code = (
        "import sys; from resnet_viz.__main__ import main; "
        f"status = main({arguments!r}); "
        "loaded = {'torch', 'streamlit', 'numpy', 'plotly'} & set(sys.modules); "
        "sys.exit(f'{status} {loaded}' if status or loaded else 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert result.returncode == 0, result.stderr.decode()


def test_importing_the_package_is_light() -> None:
    code = (
        "import sys, resnet_viz; "
        "heavy = {'torch', 'streamlit', 'numpy', 'pydantic', 'plotly', 'sklearn'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert result.stdout.strip() == b"[]"


def test_every_public_name_loads_and_is_listed() -> None:
    assert set(resnet_viz.__all__) <= set(dir(resnet_viz))
    for name in resnet_viz.__all__:
        assert getattr(resnet_viz, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = resnet_viz.nonsense


@pytest.mark.flaky(reruns=1, reason="processes: one that writes to a reader that has gone")
def test_a_reader_that_goes_away_is_no_error() -> None:
    command = [*PROGRAM, "presets", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-16"])
def test_any_output_encoding_will_do(encoding: str) -> None:
    command = [*PROGRAM, "describe", "resnet18"]
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    result = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert (result.returncode, result.stderr) == (0, b"")


def test_a_failure_is_one_line_without_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the disk\nis gone")

    monkeypatch.setattr("resnet_viz.cli.commands.architecture.show_presets", fail)
    assert main(("presets",)) == 1
    assert capsys.readouterr() == ("", "error: RuntimeError: the disk is gone\n")


def test_ctrl_c_is_quiet(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("resnet_viz.cli.commands.architecture.show_presets", interrupt)
    assert main(("presets",)) == 128 + signal.SIGINT
    assert "Traceback" not in capsys.readouterr().err


def test_app_hands_its_options_to_streamlit(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[str, ...]] = []
    monkeypatch.setattr("os.execv", lambda _program, command: started.append(command))
    main(("app", "--", "--server.port", "8502", "--server.headless", "true"))
    command = started[0]
    assert command[1:4] == ("-m", "streamlit", "run")
    assert command[5:] == ("--server.port", "8502", "--server.headless", "true")


def test_app_is_the_clones_or_else_the_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert server.script() == Path(__file__).parents[2] / "app.py"
    (tmp_path / "app.py").touch()  # of somebody else, as may lie beside an installed package
    monkeypatch.setattr(server, "PACKAGE", tmp_path / "resnet_viz")
    assert server.script() == tmp_path / "resnet_viz/app/app.py"


@pytest.mark.parametrize(
    ("options", "start"),
    [
        (("--style", "poster", "-o", "net.svg"), b"<svg"),
        (("--style", "poster", "-o", "net.PDF"), b"%PDF"),
        (("--style", "poster", "--no-twin", "-o", "net.png"), b"\x89PNG"),
        (("--style", "poster", "--fold", "-o", "net.tex"), b"% "),
        (("--style", "block", "--block", "stages.1.0", "-o", "net.pdf"), b"%PDF"),
        (("--style", "block", "--vary", "activation_order", "-o", "net.tex"), b"% "),
        (("--style", "block", "--operations", "-o", "net.svg"), b"<svg"),
    ],
)
def test_graph_writes_figures_for_print(
    options: tuple[str, ...],
    start: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(("graph", "resnet18", *options)) == 0
    assert capsys.readouterr() == ("", "")
    (written,) = tmp_path.iterdir()
    assert written.read_bytes().startswith(start)


def test_graph_closes_stages(tmp_path: Path) -> None:
    path = tmp_path / "net.svg"
    assert main(("graph", "resnet34", "--close", "2", "--close", "3", "-o", str(path))) == 0
    text = path.read_text(encoding="utf-8")
    assert 'data-unit="stages.1.0-3"' in text
    assert 'data-unit="stages.2.0-5"' in text
    assert 'data-unit="stages.3.2"' in text


def test_a_poster_holds_the_plain_net_on_the_left_of_its_twin(tmp_path: Path) -> None:
    for name in ("resnet34", "plain34"):
        path = tmp_path / f"{name}.svg"
        assert main(("graph", name, "--style", "poster", "-o", str(path))) == 0
        text = path.read_text(encoding="utf-8")
        assert text.index(">Plain-34<") < text.index(">ResNet-34")
