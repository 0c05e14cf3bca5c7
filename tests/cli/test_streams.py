"""Streams that are closed or full, pipes in place of files, text that a terminal would obey."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from rich.console import Console
from rich.table import Table
from rich.text import Text

from resnet_viz.__main__ import main
from resnet_viz.cli.output import print_table

PROGRAM = f"exec '{sys.executable}' -m resnet_viz"
Capture = pytest.CaptureFixture[str]


def shell(line: str) -> tuple[int, str]:
    """The exit status of a line of shell, and what it put on standard error."""
    done = subprocess.run(
        ["/bin/sh", "-c", line], stderr=subprocess.PIPE, text=True, check=False, timeout=120
    )
    return done.returncode, done.stderr


@pytest.mark.flaky(reruns=1, reason="processes: a command of its own")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize(
    ("line", "status", "why"),
    [
        ("presets >&-", 1, "standard output: Bad file descriptor"),
        ("--help >&-", 1, "cannot write to standard output: Bad file descriptor"),
        ("presets --json >/dev/full", 1, "standard output: No space left on device"),
        ("export resnet50 --format csv -o /dev/full", 1, "'/dev/full': No space left on device"),
        ("describe nothing >&-", 2, "unknown preset 'nothing'"),
        ("describe nothing >/dev/full", 2, "unknown preset 'nothing'"),
        ("presets >&- 2>&-", 1, ""),
        ("describe nothing 2>&-", 2, ""),
        ("describe nothing 2>/dev/full", 2, ""),
        ("presets <&- >/dev/null", 0, ""),
    ],
)
def test_a_closed_or_full_stream_is_one_line(line: str, status: int, why: str) -> None:
    returned, error = shell(f"{PROGRAM} {line}")
    assert returned == status
    assert error.count("\n") == bool(why)
    assert why in error


@pytest.mark.flaky(reruns=1, reason="processes: a command of its own")
def test_what_needs_no_standard_output_does_without(tmp_path: Path) -> None:
    """Nor does the file become standard output, whose number is free."""
    assert shell(f"{PROGRAM} graph resnet18 -o '{tmp_path}/x.svg' >&-") == (0, "")
    assert (tmp_path / "x.svg").read_text(encoding="utf-8").rstrip().endswith("</svg>")


def test_a_pipe_or_a_device_is_no_config(tmp_path: Path, capsys: Capture) -> None:
    os.mkfifo(tmp_path / "net.json")
    for path, why in (
        (str(tmp_path / "net.json"), "it is a pipe; allowed: a regular file"),
        ("/dev/zero", "it is a device; allowed: a regular file"),
        ("-", "standard input is not read"),
    ):
        assert main(("describe", path)) == 2
        assert why in capsys.readouterr().err


@pytest.mark.skipif(not Path("/proc/kmsg").exists(), reason="a file of Linux")
def test_a_config_that_waits_for_the_kernel_is_not_read(capsys: Capture) -> None:
    assert main(("describe", "/proc/kmsg")) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_keys_of_a_file_reach_the_terminal_escaped(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "net.pth"
    torch.save({"\x1b[31mred\x07\n\u202e": torch.zeros(1)}, path)
    assert main(("weights", "resnet20-cifar", str(path))) == 1
    out, err = capsys.readouterr()
    assert r"unexpected keys [\x1b[31mred\x07\n\u202e]" in out
    assert all(line.isprintable() for line in out.removesuffix("\n").split("\n"))
    assert err.removesuffix("\n").isprintable()


def test_cells_of_a_table_are_text(capsys: Capture) -> None:
    """A run's name is the user's: neither markup nor control characters mean anything in it."""
    names = ("[red]x[/red]", "[link=http://host]y[/link]", "z\x1b]0;title\x07\r\n\u202e")
    print_table(("net",), [(name,) for name in names])
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:] == [*names[:2], r"z\x1b]0;title\x07\r\n\u202e"]


def test_a_table_is_laid_out_as_by_rich(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of rows are laid out here: wide characters, numbers and what a terminal folds."""
    rows = [("网络 a", 12_345, 0.5, ""), ("b", 7, 123.456, "e\u0301tude"), ("", 0, 2.0, "x" * 30)]
    headings = ("net", "params", "a long heading", "message")
    print_table(headings, rows)
    plain = capsys.readouterr().out
    table = Table(box=None, pad_edge=False)
    for name, justify in zip(headings, ("left", "right", "right", "left"), strict=True):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for net, params, number, text in rows:
        table.add_row(net, f"{params:,}", f"{number:.4g}", text)
    console = Console(width=10_000)
    with console.capture() as lines:
        console.print(table)
    assert plain == "".join(f"{line.rstrip()}\n" for line in lines.get().splitlines())
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "30")
    print_table(headings, rows)
    folded = capsys.readouterr().out.splitlines()
    assert len(folded) > len(plain.splitlines())
    assert all(Text.from_ansi(line).cell_len <= 30 for line in folded)
