"""Bad command lines: one line on standard error, exit status 2, nothing on standard output."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import is_refused

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
    *(("--image-size", value) for value in ("", "0", "-8", "1", "x", "8.5", "9" * 30)),
    *(("--image-size", value) for value in ("8x", "x8", "8x0", "1x8", "8x8x8", "8,8", "8x20000")),
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


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("describe", "resnet5"), "did you mean"),
        (("describe", "resnet50.json"), "cannot read 'resnet50.json': No such file or directory"),
        (("describe", "."), "'.' is a directory"),
        (("describe", "resnet18", "--jso"), "python -m resnet_viz describe --help"),
        (("graph", "resnet18", "-o", "x.png"), ".dot, .svg or .html"),
        (("graph", "resnet18", "--style", "poster", "-o", "x.dot"), ".svg, .pdf, .png or .tex"),
        (("graph", "resnet18", "--close", "5", "-o", "x.svg"), "the net has stages 1 to 4"),
        (("graph", "resnet18", "--block", "stages.0.0", "-o", "x.svg"), "needs --style block"),
        (
            ("graph", "resnet18", "--style", "block", "--block", "stages.7.0", "-o", "x.svg"),
            "did you mean",
        ),
        (
            ("graph", "timm:resnet50", "--style", "poster", "-o", "x.svg"),
            "draws configurations only",
        ),
        (("race", *["resnet20-cifar"] * 7), "contestants: at most 6 are allowed, not 7"),
        (
            ("race", "resnet20-cifar", "--seeds", "0,1,2,3,4,5"),
            "4, 5): at most 5 are allowed, not 6",
        ),
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
