"""race: nets that do not fit are refused with the figures; with --checkpointing they train."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from resnet_viz.__main__ import main
from resnet_viz.cli.commands import race
from resnet_viz.lab.lab import Lab
from tests.labs import end

GB = 10**9
DEEP = ("race", "resnet1202-cifar", "plain1202-cifar", "--image-size", "32", "--steps", "1")
SMALL = ("race", "resnet20-cifar", "plain20-cifar", "--steps", "1", "--device", "cpu")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path))
    monkeypatch.setenv("RESNET_VIZ_SLOTS", "2")
    yield tmp_path
    end(Lab(tmp_path))


@pytest.mark.parametrize(("free", "is_offered"), [(8 * GB, True), (GB, False)])
def test_refusal(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    home: Path,
    free: int,
    is_offered: bool,
) -> None:
    monkeypatch.setattr(race, "free_bytes", lambda _device: free)
    assert main((*DEEP, "--device", "cpu")) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "needs about 14.1 GB" in err
    assert ("add --activation-checkpointing" in err) == is_offered
    assert not Lab(home).list()


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its workers")
def test_checkpointing_is_in_the_run_s_spec(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    monkeypatch.setattr(race, "free_bytes", lambda _device: None)  # unknown: nothing is refused
    assert main((*SMALL, "--checkpointing")) == 0
    assert all(run.spec.activation_checkpointing for run in Lab(home).list())
    capsys.readouterr()
