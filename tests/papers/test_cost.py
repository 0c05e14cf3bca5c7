"""The cost of training at full length: guessed, then by step times that were measured here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from resnet_viz.arch.plan import plan
from resnet_viz.lab.lab import Lab
from resnet_viz.papers.cost import TIMED_STEPS, cost_words, is_timed, timing
from resnet_viz.papers.exhibits import exhibits
from resnet_viz.scheduler import launcher_client
from resnet_viz.scheduler.places import slots_on

FULL = exhibits()["he2015-fig1"].full
assert FULL is not None


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    return Lab(tmp_path)


def test_the_timed_nets_compute_as_much_as_those_at_full_length() -> None:
    """But for the stem's two other channels."""
    short = timing(FULL)
    assert [cell.why for cell in short.cells() if cell.spec is None] == []
    for timed, whole in zip(short.runs(), FULL.runs(), strict=True):
        assert timed.batch_size == whole.batch_size
        assert plan(timed.adapted).macs == pytest.approx(plan(whole.adapted).macs, rel=0.01)
        assert timed.steps == TIMED_STEPS


def test_the_cost_is_a_guess_until_steps_are_measured(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not is_timed(lab, FULL)
    assert "guessed from its operations" in " ".join(cost_words(lab, FULL))
    cells = [
        replace(cell, status="finished", steps_done=TIMED_STEPS, seconds=TIMED_STEPS * 0.5)
        for cell in lab.sweep_cells(timing(FULL))
    ]
    monkeypatch.setattr(Lab, "sweep_cells", lambda lab, spec: cells)
    assert is_timed(lab, FULL)
    said = " ".join(cost_words(lab, FULL))
    runs = 2 if slots_on("cpu") == 1 else 1  # one after the other, or side by side
    assert f"about {runs * 64_000 * 0.5 / 3600:.2g} h (from {TIMED_STEPS} steps" in said
