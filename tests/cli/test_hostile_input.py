"""Input made to take for ever, and Ctrl-C before anything has begun."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from resnet_viz.__main__ import main

Capture = pytest.CaptureFixture[str]


def pickle_file(pickle: bytes) -> bytes:
    """What PyTorch takes for a file of its own, with `pickle` in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", pickle)
        archive.writestr("archive/version", "3\n")
    return file.getvalue()


DOUBLED = b"q\x00(h\x00h\x00t"
HOSTILE = {
    "a deep tuple as a key": b"\x80\x02}()" + b"\x85" * 500_000 + b"Nu.",
    "a tuple of 2^60 parts as a key": b"\x80\x02}()" + DOUBLED * 60 + b"Nu.",
    "such a tuple in a set": b"\x80\x02c__builtin__\nset\n]()" + DOUBLED * 60 + b"e\x85R.",
    "keys of one hash": b"\x80\x02}("
    + b"".join(b"\x8a\x0b" + (i * (2**61 - 1)).to_bytes(11, "little") + b"N" for i in range(50_000))
    + b"u.",
    "junk": b"\x80\x02" + b"N" * 3_900_000,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_weights_that_would_take_for_ever_are_one_line(
    kind: str, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "net.pth"
    for data in (pickle_file(HOSTILE[kind]), HOSTILE[kind]):
        path.write_bytes(data)
        began = time.process_time()
        assert main(("weights", "resnet20-cifar", str(path))) == 2
        assert time.process_time() - began < 10
        assert capsys.readouterr().err.startswith("error: ")


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (json.dumps({f"k{i}": i for i in range(40_000)}), "unknown field 'k0'"),
        (json.dumps({"x" * 900_000: 1}), "unknown field 'xxx"),
        (json.dumps({f"k{i}": i for i in range(40_000)})[:-1] + ',"a":1,"a":2}', "'a' is given"),
        ('{"image_size": ' + "9" * 5000 + "}", "a number of 5000 digits is too large"),
    ],
    ids=["many fields", "a long name", "one of many twice", "a long number"],
)
def test_a_config_that_is_much_too_much_is_refused_at_once(
    document: str, said: str, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "net.json"
    path.write_text(document, encoding="utf-8")
    began = time.process_time()
    assert main(("describe", str(path))) == 2
    assert time.process_time() - began < 4
    assert said in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_named(capsys: Capture) -> None:
    assert main(("weights", "resnet18", "--download", "/dev/null")) == 2
    assert "no folder '/dev/null' can be made: File exists" in capsys.readouterr().err


@pytest.mark.flaky(reruns=1, reason="processes: one that is interrupted as it begins")
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c_while_modules_are_imported_is_silent(tmp_path: Path) -> None:
    early = "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(9)\n"
    (tmp_path / "typer.py").write_text(early, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "resnet_viz", "presets"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        check=False,
        # A shell that runs the tests in the background has it ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")
