"""The command papers: what it prints, what it writes, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from resnet_viz.cli.commands import papers
from resnet_viz.cli.errors import InputError
from resnet_viz.lab.lab import Lab
from resnet_viz.papers import measuring
from resnet_viz.papers.exhibits import exhibits
from resnet_viz.papers.statements import Judged
from resnet_viz.papers.table import markdown
from tests.labs import end


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path))
    yield
    end(Lab(tmp_path))


def test_counted_ones_are_judged_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    papers.show(["he2015-table1"], None, measures=False, as_json=True)
    rows = json.loads(capsys.readouterr().out)
    assert [row["verdict"] for row in rows] == ["agrees"] * 10
    assert rows[0] == {
        "figure": "he2015-table1",
        "statement": "ResNet-18: multiply-adds",
        "published": "1.8 G",
        "ours": "1.81 G",
        "verdict": "agrees",
    }


def test_what_was_not_trained_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    papers.show(["he2015-fig6"], None, measures=False, as_json=False)
    assert capsys.readouterr().out.count("not measured") == 5


def test_an_unknown_figure_and_a_page_of_some_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="he2015-fig66"):
        papers.show(["he2015-fig66"], None, measures=False, as_json=False)
    with pytest.raises(InputError, match="--markdown writes all figures"):
        papers.show(["he2015-fig6"], tmp_path / "page.md", measures=False, as_json=False)


def test_the_page_has_every_statement() -> None:
    found = {
        key: [Judged(one.words, "published", "ours", "undecided") for one in exhibit.statements]
        for key, exhibit in exhibits().items()
    }
    page = markdown(found)
    for exhibit in exhibits().values():
        assert f"### {exhibit.label}: {exhibit.title}" in page
        for one in exhibit.statements:
            assert f"| {one.words} | published | ours | undecided |" in page


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its workers")
def test_new_nets_are_measured_by_the_same_jobs_as_the_pages(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the theory of Yang et al. agrees: the only number here that is known beforehand."""
    monkeypatch.setattr(measuring, "POLL_SECONDS", 0.05)
    papers.show(["yang2019-theory"], None, measures=True, as_json=True)
    (row,) = json.loads(capsys.readouterr().out)
    assert row["verdict"] == "agrees"
    low, _, high = row["ours"].partition(" to ")
    assert 1.18 < float(low) <= float(high or low) < 1.25
