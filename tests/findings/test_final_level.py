"""The end of a run: as it was measured where it was, and else over minibatches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from resnet_viz.findings.final_level import end_of
from resnet_viz.findings.race_summary import claims, happened
from tests.findings.made import falling, run

FINAL = {
    "train_loss": 0.05,
    "train_loss_se": 0.004,
    "train_accuracy": 0.98,
    "train_images": 1000,
    "eval_loss": 0.2,
    "eval_loss_se": 0.03,
    "eval_accuracy": 0.93,
    "eval_images": 360,
}
LOSS = falling(2.5, 0.1, 20)


def test_the_end_that_was_measured_is_the_end() -> None:
    end = end_of(run("plain20-cifar", LOSS, final=FINAL), 40)
    assert end.is_measured
    assert end.loss == pytest.approx((0.05, 0.05 - 1.96 * 0.004, 0.05 + 1.96 * 0.004), abs=1e-5)
    assert end.accuracy is not None
    wilson = stats.binomtest(980, 1000).proportion_ci(method="wilson")
    assert (end.accuracy.low, end.accuracy.high) == pytest.approx((wilson.low, wilson.high))
    assert end.held_out_accuracy is not None
    assert end.held_out_accuracy.value == pytest.approx(0.93)
    assert (end.images, end.held_out_images) == (1000, 360)
    (said, *more) = happened([run("plain20-cifar", LOSS, final=FINAL)])
    assert said.text == "In this run plain20-cifar ended at 93 % accuracy."
    assert "training loss 0.050 (95 % interval 0.042 to 0.058)" in more[0].text
    assert "93 % of 360 held-out images right (90 to 95 %)" in more[0].text


def test_a_set_without_held_out_images_has_none() -> None:
    none = {name: np.nan for name in FINAL if name.startswith("eval")}
    end = end_of(run("plain20-cifar", LOSS, final=FINAL | none), 40)
    assert (end.held_out_loss, end.held_out_accuracy, end.held_out_images) == (None, None, None)
    said = happened([run("plain20-cifar", LOSS, final=FINAL | none)])
    assert "98 % of 1,000 training images right" in said[1].text


def test_of_fewer_steps_than_the_end_is_of_it_is_not_the_end() -> None:
    end = end_of(run("plain20-cifar", LOSS, final=FINAL), 30)
    assert not end.is_measured
    assert end.steps == (25, 29)


def test_over_minibatches_the_interval_is_that_of_a_mean() -> None:
    noisy = falling(2.5, 0.5, 20, noise=0.1)
    end = end_of(run("plain20-cifar", noisy, 200), 200)
    values = np.array([noisy(step) for step in range(180, 200)])
    assert end.loss is not None
    assert end.steps == (180, 199)
    assert end.loss.value == pytest.approx(values.mean())
    reach = stats.t.ppf(0.975, 19) * values.std(ddof=1) / np.sqrt(20)
    assert 0.7 * reach < end.loss.high - end.loss.value < 2 * reach
    assert end.images == 20 * 64
    unknown = end_of(run("plain20-cifar", noisy, 200, batch_size=None), 200)
    assert unknown.images is None


def test_a_loss_that_is_not_finite_and_an_accuracy_that_is_not_told_are_not_there() -> None:
    broken = end_of(run("plain20-cifar", lambda step: 2.0 if step < 38 else np.nan), 40)
    assert broken.loss is None
    silent = run("plain20-cifar", LOSS, accuracy=lambda step: np.nan)
    assert end_of(silent, 40).accuracy is None
    said = " ".join(one.text for one in happened([silent]))
    assert "ended at a loss of 0.10" in said
    assert "accuracy" not in said
    assert "nan" not in said


def test_of_a_watched_net_nobody_knows_what_a_guess_would_get() -> None:
    watched = replace(
        run("plain20-cifar", LOSS), classes=None, config=None, batch_size=None, recipe=None
    )
    first, *_ = claims([watched])
    assert first.kind == "ended"
    assert "guess_loss" not in first.values
    assert "ended at 96 % accuracy" in happened([watched])[0].text
