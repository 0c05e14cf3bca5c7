"""benchmarks/science: its rule can fail, and its quickest rows are those that were reported."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.science import __main__ as science
from benchmarks.science import paper_figures
from benchmarks.science.new_nets import at_start, branches
from benchmarks.science.row import Measured, Missing, Part, Row, Stated, span
from resnet_viz.lab.lab import Lab
from resnet_viz.papers import measuring
from resnet_viz.papers.exhibit import Exhibit
from resnet_viz.papers.exhibits import exhibits
from resnet_viz.papers.statements import Judged, Verdict
from tests.labs import end


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A folder of its own for what is measured; its processes end."""
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path))
    monkeypatch.setattr(measuring, "POLL_SECONDS", 0.05)
    yield
    end(Lab(tmp_path))


PROCESSES = pytest.mark.flaky(reruns=1, reason="processes: a launcher and its workers")


@PROCESSES
@pytest.mark.usefixtures("home")
def test_the_gradient_at_the_start_is_what_was_reported() -> None:
    rows = [row for row in at_start((0,), True) if isinstance(row, Row)]
    assert [row.is_reproduced for row in rows] == [True] * len(rows), rows
    plain, residual, zero, *_ = rows
    assert 1e3 < plain.ours[0] < 1e4
    assert 10 < residual.ours[0] < 60
    assert zero.ours[0] == pytest.approx(1, abs=0.05)


@PROCESSES
@pytest.mark.usefixtures("home")
def test_what_branches_add_is_what_was_reported() -> None:
    for row in branches((0,), True):
        assert isinstance(row, Row)
        assert row.is_reproduced, row


@pytest.mark.parametrize(
    ("ours", "reported", "margin", "is_reproduced"),
    [
        ([0.05, 0.08], (0.04, 0.10), 0.0, True),
        ([0.12], (0.04, 0.10), 0.0, True),  # within the factor
        ([0.16, 0.2], (0.04, 0.10), 0.0, False),
        ([0.09, 0.5, 0.9], (0.04, 0.10), 0.0, False),  # touches it, but its median is elsewhere
        ([np.nan], (0.04, 0.10), 0.0, False),
        ([np.inf, 40.0, 50.0], (10.0, np.inf), 0.0, True),
        ([3.0], (10.0, np.inf), 0.0, False),
        ([-0.01], (0.0, 0.0), 0.1, True),
        ([0.3], (0.0, 0.0), 0.1, False),
    ],
)
def test_the_rule(
    ours: Sequence[float], reported: tuple[float, float], margin: float, is_reproduced: bool
) -> None:
    assert Row("a row", ours, reported, margin).is_reproduced == is_reproduced


def test_the_papers_statements_are_rows_by_the_function_that_the_command_presses(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def pressed(_lab: object, exhibit: Exhibit, _say: object) -> Sequence[Judged]:
        verdict: Verdict = "agrees" if exhibit.key == "he2015-table1" else "not measured"
        return [Judged(one.words, "1.8 G", "1.81 G", verdict) for one in exhibit.statements]

    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path))
    monkeypatch.setattr(paper_figures, "new_results", pressed)
    rows = list(paper_figures.papers((0,), True))
    assert len(rows) == sum(len(exhibit.statements) for exhibit in exhibits().values())
    stated = [row for row in rows if isinstance(row, Stated)]
    assert len(stated) == 10
    first = "He et al. 2015, Table 1: ResNet-18: multiply-adds"
    assert science.line(stated[0]) == f"  reproduced: {first}: 1.81 G (published: 1.8 G)"
    assert f"| {first} |  | 1.81 G | 1.8 G | reproduced |" in science.table({"papers": rows}, (0,))


Run = Callable[[dict[str, Part]], tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs the command with other parts: its status, what it prints, and the table."""

    def main(parts: dict[str, Part]) -> tuple[int, str, str]:
        monkeypatch.setattr(science, "PARTS", parts)
        monkeypatch.setattr(torch, "set_num_threads", lambda _: None)
        file = tmp_path / "table.md"
        status = science.main(("--markdown", str(file)))
        return status, capsys.readouterr().out, file.read_text(encoding="utf-8")

    return main


def _good(seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """A part."""
    yield Row("good", [1.0] * len(seeds), (1.0, 1.0))


def _bad(seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """Another part."""
    yield Row("bad", [9.0], (1.0, 1.0))


def _broken(seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """A part that fails."""
    yield Row("good", [1.0], (1.0, 1.0))
    raise KeyError("gone")


@pytest.mark.parametrize(
    ("parts", "status", "words"),
    [
        ({"a": _good}, 0, "1 of 1 rows reproduced"),
        ({"a": _bad, "b": _good}, 1, "NOT REPRODUCED: bad: 9 (reported: 1)"),
        ({"a": _broken, "b": _good}, 1, "NOT MEASURED a: failed: KeyError: 'gone'"),
    ],
)
def test_the_status_can_fail_and_one_part_does_not_lose_the_others(
    parts: dict[str, Part], status: int, words: str, run: Run
) -> None:
    ended, printed, table = run(parts)
    assert ended == status
    assert words in printed
    assert "reproduced: good: 1 (reported: 1)" in printed
    assert "| good | " in table


def test_ranges_and_refusals(capsys: pytest.CaptureFixture[str]) -> None:
    assert span([0.04, 0.1, 0.07]) == "0.04 to 0.1"
    assert span([3200.0]) == "3.2e+03"
    for wrong in (("colour",), ("--seeds", "6")):
        with pytest.raises(SystemExit, match="2"):
            science.main(wrong)
    assert "allowed are 1 to 5" in capsys.readouterr().err


def test_missing_rows_are_said() -> None:
    assert science.line(Missing("x", "no data")) == "  NOT MEASURED x: no data"
