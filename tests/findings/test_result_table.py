"""The result table: one row for each run, what it ended at and how sure that is."""

from __future__ import annotations

import numpy as np
import pytest

from resnet_viz.findings.result_table import cell_text, result_rows, transposed
from tests.findings.made import contestant, falling, run
from tests.findings.test_final_level import FINAL


def test_result_rows() -> None:
    measured, waiting = result_rows(
        [contestant("resnet18", 5), contestant("plain18", 0)], [11_000, 10_000]
    )
    losses = np.array([2.0, 1.99, 1.98, 1.97, 1.96])
    assert measured["training loss at the end"] == pytest.approx(losses.mean())
    assert measured["training loss, 95 % interval"] == "1.96 to 2.00"
    assert measured["training accuracy at the end"] == pytest.approx(0.4)
    assert (measured["first loss"], measured["last loss"]) == (2.0, pytest.approx(1.96))
    assert measured["gradient norm, last layer, last step"] == 23.0
    assert measured["measured"] == "on minibatches, steps 0 to 4"
    assert list(waiting) == list(measured)
    assert (waiting["steps"], waiting["last loss"], waiting["outcome"]) == (0, None, None)


def test_the_end_that_was_measured_is_in_the_table() -> None:
    [row] = result_rows([run("plain20-cifar", falling(2.5, 0.1, 9), final=FINAL)], [9])
    assert row["outcome"] == "learnt"
    assert row["training loss at the end"] == pytest.approx(0.05)
    assert row["held-out accuracy at the end"] == pytest.approx(0.93)
    assert row["measured"] == "after the last update"
    cells = transposed([row])
    assert cells["held-out accuracy at the end"] == ["93.0 %"]
    assert cells["held-out accuracy, 95 % interval"] == ["90 to 95 %"]


def test_rows_that_no_net_has_are_left_out() -> None:
    rows = result_rows([run("plain20-cifar", falling(2.5, 0.1, 9))], [9])
    assert "held-out accuracy at the end" in rows[0]
    assert "held-out accuracy at the end" not in transposed(rows)


def test_a_loss_that_is_not_finite_is_told_from_one_that_is_not_measured() -> None:
    [row] = result_rows([run("plain20-cifar", lambda step: 2.3 if step < 7 else np.inf)], [9])
    assert row["outcome"] == "diverged at step 7"
    end = row["training loss at the end"]
    assert isinstance(end, float)
    assert np.isnan(end)
    assert cell_text("training loss at the end", end) == "not finite"
    assert cell_text("training loss at the end", None) == "not measured"


def test_an_accuracy_that_is_not_recorded_is_not_measured() -> None:
    [row] = result_rows([contestant("resnet18", 5, accuracy=lambda step: np.nan)], [11_000])
    assert row["training accuracy at the end"] is None
