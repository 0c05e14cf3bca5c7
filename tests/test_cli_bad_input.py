"""Bad input: one line on standard error, exit status 2, nothing on standard output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from resnet_viz.__main__ import main
from resnet_viz.cli import inputs, weights

COUNTS: tuple[str, ...] = (
    "expansion",
    "cardinality",
    "group_width",
    "stem_width",
    "se_reduction",
    "in_channels",
)
COUNTS += ("num_classes", "image_size")
CHOICES: tuple[str, ...] = (
    "block",
    "stem",
    "shortcut",
    "shortcut_transform",
    "activation_order",
    "stride_on",
)
CHOICES += ("downsample_at", "norm", "activation", "attention", "residual_scale", "init")
SWITCHES = ("final_activation", "conv_bias", "zero_init_residual")
FRACTIONS = ("dropout", "stochastic_depth")

NOT_COUNTS = ("-1", "0", "1.5", '"3"', "true", "[3]", "{}", "9" * 30, "NaN", "1e999")
NOT_CHOICES = ('"Basic "', '""', "1", "false", "null", '["basic"]', "-Infinity")
NOT_SWITCHES = ('"true"', "1", "0", "null", "[]")
NOT_FRACTIONS = ("-0.1", "1.0", '"0.1"', "NaN", "1e999", "null", "true")
NOT_STAGES: tuple[str, ...] = (
    "[]",
    "3",
    '"3"',
    "[0]",
    "[-1]",
    "[1.5]",
    '["3"]',
    "[true]",
    "[[3]]",
    "null",
    "{}",
)
NOT_STAGES += ("[1,1,1,1,1,1,1,1,1]", "[99999999999999999999]", "[NaN]", "[3,4]")

FIELDS = tuple(
    f'{{"{field}": {value}}}'
    for fields, values in (
        (COUNTS, NOT_COUNTS),
        (CHOICES, NOT_CHOICES),
        (SWITCHES, NOT_SWITCHES),
        (FRACTIONS, NOT_FRACTIONS),
        (("depths", "widths"), NOT_STAGES),
    )
    for field in fields
    for value in values
)
COMBINATIONS = (
    '{"cardinality": 32}',
    '{"group_width": 4}',
    '{"image_size": 2}',
    '{"widths": [64, 32, 16, 8], "shortcut": "zero_pad"}',
    '{"zero_init_residual": true, "shortcut": "none"}',
    '{"zero_init_residual": true, "norm": "none"}',
    '{"block": "bottleneck", "widths": [1, 1, 1, 1], "group_width": 1}',
    '{"depths": [10000, 10000, 10000], "widths": [1, 1, 1]}',
)
DOCUMENTS = (
    "",
    "   \n",
    "[]",
    "3",
    "null",
    '"resnet18"',
    "NaN",
    "{",
    '{"depths": [3, 4',
    '{"depths": [3, 4, 6, 3],}',
    "{'block': 'basic'}",
    '{"block": "basic"} {"block": "basic"}',
    '{"block": "basic", "block": "bottleneck"}',
    '{"unknown": 1}',
    '{"detphs": [3]}',
    '{"": 1}',
    '{"line\\nbreak": 1}',
    '{"\\u0000": 1}',
    '{"\\ud800": 1}',
    '{"\\u202e": 1}',
    '{"block": "' + "x" * 5000 + '"}',
    '{"' + "y" * 5000 + '": 1}',
    "[" * 100_000,
    '{"depths": ' + "[" * 50_000 + "]" * 50_000 + "}",
    '{"num_classes": ' + "9" * 5000 + "}",
    '{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}',
    "block = 'basic'",
    "\x00\x00\x00",
)
ENCODED = (
    '{"block": "basic"}'.encode("utf-16"),
    '{"block": "basic"}'.encode("utf-16-le"),
    '{"block": "basic"}'.encode("utf-32"),
    '{"bl\xf6ck": "basic"}'.encode("latin-1"),
    b'{"block": "basic\xff"}',
    b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    b'{"block": "basic"}\x00',
    b" " * 2_000_000,
    b"\xef\xbb\xbf",
)
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("nonsense",),
    ("--nonsense",),
    ("Describe", "resnet18"),
    ("",),
    ("describe",),
    ("describe", ""),
    ("describe", " "),
    ("describe", "."),
    ("describe", "/"),
    ("describe", "resnet"),
    ("describe", "RESNET18"),
    ("describe", "resnet18 "),
    ("describe", "resnet\n18"),
    ("describe", "resnet\x0018"),
    ("describe", "a/\x00.json"),
    ("describe", "\udcff\udcfe"),
    ("describe", "réseau"),
    ("describe", "x" * 300),
    ("describe", "x" * 10_000),
    ("describe", "missing.json"),
    ("describe", "no/such/file"),
    ("describe", "/dev/null"),
    ("describe", "/dev/zero"),
    ("describe", "/etc/passwd/x.json"),
    ("describe", "resnet18", "resnet34"),
    ("describe", "resnet18", "--jsno"),
    ("describe", "resnet18", "--json=yes"),
    ("describe", "--depth", "3", "resnet18"),
    ("describe", '{"block": "basic"}'),
    ("presets", "resnet18"),
    ("presets", "--all"),
    ("summary",),
    ("summary", "resnet18", "--depth"),
    ("summary", "resnet18", "--depth", "0"),
    ("summary", "resnet18", "--depth", "-1"),
    ("summary", "resnet18", "--depth", "1.5"),
    ("summary", "resnet18", "--depth", "nan"),
    ("summary", "resnet18", "--depth", "9" * 40),
    ("summary", "resnet18", "--depth", "9" * 5000),
    ("graph", "resnet18"),
    ("graph", "resnet18", "-o"),
    ("graph", "resnet18", "-o", ""),
    ("graph", "resnet18", "-o", "x"),
    ("graph", "resnet18", "-o", "x.png"),
    ("graph", "resnet18", "-o", ".dot"),
    ("graph", "resnet18", "-o", "x.dot.gz"),
    ("graph", "resnet18", "-o", "/no/such/folder/x.dot"),
    ("graph", "resnet18", "-o", "/dev/null/x.dot"),
    ("graph", "resnet18", "-o", "x" * 300 + ".dot"),
    ("graph", "resnet18", "-o", "nul\x00.dot"),
    ("graph", "resnet18", "-o", "x.dot", "--expand"),
    ("graph", "resnet18", "-o", "x.dot", "--expand", "stages.9.9"),
    ("graph", "resnet18", "-o", "x.dot", "--expand", ""),
    ("graph", "nonsense", "-o", "x.dot"),
    ("build",),
    ("build", "resnet18", "--batch-size", "0"),
    ("build", "resnet18", "--batch-size", "-8"),
    ("build", "resnet18", "--batch-size", "many"),
    ("build", "resnet18", "--batch-size", "1e3"),
    ("build", "resnet18", "--batch-size", "9" * 40),
    ("build", "resnet20-cifar", "--device", "abacus"),
    ("build", "resnet20-cifar", "--device", ""),
    ("build", "resnet20-cifar", "--device", "cuda:x"),
    ("race",),
    ("race", *["resnet20-cifar"] * 7),
    ("race", "resnet20-cifar", "plain19-cifar"),
    ("race", "resnet20-cifar", "missing.json"),
    ("race", "resnet18", "plain18"),
    ("data", "digit"),
    ("data", "folder"),
    ("data", "folder:/no/such"),
    ("data", "noise:1"),
    ("data", "--download"),
    ("data", "digits", "digits"),
    ("runs", "all"),
    ("runs", "--jsn"),
    ("app", "--server.port", "1"),
    ("app", "--nonsense"),
)
BAD_RACE_OPTIONS: tuple[tuple[str, ...], ...] = (
    *(("--steps", value) for value in ("0", "-5", "x", "1.5", "nan", "", "9" * 30)),
    *(("--batch-size", value) for value in ("0", "-1", "x", "2.5", "1501", "9" * 30)),
    *(("--lr", value) for value in ("-0.1", "nan", "inf", "-inf", "1e999", "fast", "")),
    *(("--image-size", value) for value in ("0", "-8", "1", "x", "8.5", "9" * 30)),
    *(("--seed", value) for value in ("-1", "x", "1.5", "9" * 30)),
    *(("--dataset", value) for value in ("", "digit", "imagenet", "../digits", "\n")),
    *(("--device", value) for value in ("", "abacus", "cuda:-1", "cuda:", "gpu", "CPU ")),
    ("--steps",),
    *(("--momentum", value) for value in ("-0.1", "1", "nan", "x")),
    *(("--weight-decay", value) for value in ("-1", "1.5", "nan", "x")),
    *(("--warmup-steps", value) for value in ("-1", "1.5", "x")),
    *(("--optimizer", value) for value in ("", "SGD", "adamax")),
    *(("--precision", value) for value in ("", "float8", "bf16")),
    ("--precision", "tf32", "--device", "cpu"),
    *(("--classes", value) for value in ("0", "3", "x")),
    *(("--subset", value) for value in ("0", "-1", "1501", "1", "x")),
    *(("--augment", value) for value in ("", "flip")),
    ("--nesterov", "--momentum", "0"),
    ("--nesterov", "--optimizer", "adam"),
    *(("--schedule", value) for value in ("", "linear")),
    ("--schedule", "cosine", "--warmup-steps", "60"),
    ("--step-milestones", "3"),
    *(
        ("--schedule", "step", "--step-milestones", value)
        for value in ("", "x", "3,", "5,3", "0", "60", "-1", "1.5", "9" * 30)
    ),
    *(("--step-gamma", value) for value in ("-1", "1.5", "x")),
    *(("--label-smoothing", value) for value in ("-0.1", "1", "x")),
    *(("--clip-grad-norm", value) for value in ("0", "-1", "nan", "x")),
    *(("--evaluate-every", value) for value in ("-1", "x")),
    *(("--measure-every", value) for value in ("0", "x")),
    ("--name", "only one"),
    ("--name", "a", "--name", "x" * 201),
    *(("--seeds", value) for value in ("", "x", "0,0", "-1", "1,2,3,4,5,6", "0,", str(2**32))),
    ("--seeds", "0", "--seed", "0"),
    *(("--dataset", value) for value in ("folder", "folder:", "folder:/no/such", "digits:x")),
)


def is_refused(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> str:
    """Run the command line, hold it to the promise, and return its line on standard error."""
    status = main(arguments)
    out, err = capsys.readouterr()
    assert (status, out) == (2, ""), err
    line = err.removesuffix("\n")
    assert line.startswith("error: ")
    assert line.isprintable(), repr(line)
    assert len(line) < 1100
    assert "Traceback" not in line
    return line


@pytest.mark.parametrize(
    "document", [*FIELDS, *COMBINATIONS, *DOCUMENTS], ids=lambda text: text[:40]
)
def test_a_malformed_config_is_one_line(
    document: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.json"
    path.write_text(document, encoding="utf-8")
    assert "net.json" in is_refused(("describe", str(path)), capsys)


@pytest.mark.parametrize("data", ENCODED, ids=lambda data: repr(data[:12]))
def test_a_file_that_is_not_utf8_json_is_one_line(
    data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.json"
    path.write_bytes(data)
    assert "net.json" in is_refused(("describe", str(path), "--json"), capsys)


@pytest.mark.parametrize(
    "arguments",
    COMMANDS,
    ids=lambda given: " ".join(given)[:60].encode("ascii", "backslashreplace").decode(),
)
def test_a_bad_command_line_is_one_line(
    arguments: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    is_refused(arguments, capsys)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("options", BAD_RACE_OPTIONS, ids=" ".join)
def test_a_bad_option_of_race_is_refused_before_anything_starts(
    options: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path / "home"))
    is_refused(("race", "resnet20-cifar", "plain20-cifar", *options), capsys)
    assert not (tmp_path / "home").exists()


def test_a_valid_file_is_read_with_and_without_a_byte_order_mark(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net"  # any name will do, also one without an ending
    for encoding in ("utf-8", "utf-8-sig"):
        path.write_text('{"depths": [2, 2, 2, 2]}', encoding=encoding)
        assert main(("describe", str(path), "--json")) == 0
        assert json.loads(capsys.readouterr().out)["name"] == "resnet18"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("describe", "resnet5"), "did you mean"),
        (("describe", "resnet50.json"), "cannot read 'resnet50.json': No such file or directory"),
        (("describe", "."), "'.' is a directory"),
        (("describe", "resnet18", "--jso"), "python -m resnet_viz describe --help"),
        (("graph", "resnet18", "-o", "x.png"), ".dot or .svg"),
        (("race", *["resnet20-cifar"] * 7), "at most 6"),
        (("race", "resnet20-cifar", "--seeds", "1,2,2"), "each once"),
        (("race", "resnet20-cifar", "--seeds", "1,2", "--seed", "3"), "one of them"),
        (("race", "resnet20-cifar", "--dataset", "folder"), "folder:/path"),
        (("data", "folder:/no/such"), "there is no such folder"),
    ],
)
def test_the_line_says_what_is_allowed(
    arguments: tuple[str, ...], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert expected in is_refused(arguments, capsys)


def test_an_unreadable_file_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "loop.json"
    path.symlink_to(path)
    assert "cannot read" in is_refused(("describe", str(path)), capsys)


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


@pytest.mark.parametrize(
    ("arguments", "encoding"),
    [
        (["describe", b"\xff\xfe"], "utf-8"),
        (["describe", "réseau"], "ascii"),
        ([b"\xe9"], "ascii"),
        (["describe", "\n\u2028\x1b[31m"], "latin-1"),
    ],
)
def test_a_real_process_refuses_in_any_encoding(
    arguments: list[str | bytes], encoding: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "resnet_viz", *arguments]
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    result = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert (result.returncode, result.stdout) == (2, b"")
    assert result.stderr.startswith(b"error: ")
    assert result.stderr.count(b"\n") == 1
