"""The report of a sweep: what it holds, and that it asks for nothing."""

from __future__ import annotations

import re

from resnet_viz.lab.sweeps import Sweep
from resnet_viz.report.sweep_report import sweep_report
from resnet_viz.text import number
from tests.findings.swept import ends, spec, trained


def test_the_report_of_a_sweep_has_pictures_sentences_and_every_run() -> None:
    cells, histories = trained()
    page = sweep_report(Sweep("id", "Depth <1>", spec(), "finished", 1.7e9, cells, 0.0), histories)
    assert "<title>Depth &lt;1&gt;</title>" in page
    assert "All 30 runs are over: 30 learnt." in page
    for loss in (*ends(8, plain=False), *ends(56, plain=True)):
        assert f"<td>{number(float(loss), 4)}</td>" in page
    assert page.count("<tr>") == 31
    assert list(re.findall(r'<div id="(\w+)"', page)) == [*("along", "map", "seeds", "curves")]
    assert not re.findall(r'(?:src|href)="http', page)


def test_a_sweep_without_pictures_has_a_report() -> None:
    cells, histories = trained()
    one = Sweep("id", "One", spec(), "finished", 1.7e9, cells[:1], 0.0)
    assert "The run is over" in sweep_report(one, histories)
