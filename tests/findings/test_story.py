from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from resnet_viz.arch.config import plain_twin
from resnet_viz.arch.presets import preset
from resnet_viz.findings.colours import BLUES, ORANGES, PLAIN, RESIDUAL, contestant_colours
from resnet_viz.lab.records import History
from resnet_viz.plots.race import result_rows, story
from tests.findings.made import contestant
from tests.findings.recorded import recorded

RESIDUAL_56, PLAIN_56 = "resnet56-cifar", "plain56-cifar"


def _flat(level: float, wobble: float) -> Callable[[int], float]:
    """A loss around `level` that goes up and down by `wobble` from step to step."""
    return lambda step: level + wobble * (-1) ** step


@pytest.mark.parametrize(
    ("name", "loss", "accuracy"),
    [
        ("default", ("0.059 ± 0.029", "2.235 ± 0.090"), ("98% ± 1", "15% ± 3")),
        # A residual loss that once jumped to 48, and fell less than the plain net's.
        ("warm-up", ("1.7 ± 2.0", "2.264 ± 0.028"), ("86% ± 5", "13% ± 6")),
    ],
)
def test_of_real_races_the_residual_net_is_ahead(
    name: str, loss: tuple[str, str], accuracy: tuple[str, str]
) -> None:
    nets = recorded(name)
    verdict = story(nets)[0]
    assert verdict.startswith("After 60 steps resnet56-cifar is ahead of plain56-cifar")
    for net, level, share in zip(nets, loss, accuracy, strict=True):
        assert f"{net.name} loss {level}, accuracy {share}" in verdict
        # The same with other means: the last six of sixty steps.
        assert float(level.split()[0]) == pytest.approx(np.mean(net.history.loss[54:]), abs=0.05)
    assert story(nets[::-1])[0].startswith("After 60 steps resnet56-cifar is ahead")


def test_a_net_that_fell_more_from_a_peak_is_not_ahead() -> None:
    nets = [
        contestant("resnet20-cifar", 60, name="peak", loss=lambda s: 48.0 if s == 0 else 2.3),
        contestant("plain20-cifar", 60, name="low", loss=lambda s: 2.6 if s == 0 else 0.05),
    ]
    assert story(nets)[0].startswith("After 60 steps low is ahead of peak")


@pytest.mark.parametrize(
    ("wobble", "words"),
    [(0.01, "a is ahead of b in loss"), (0.1, "no difference is seen"), (0.2, "no difference")],
)
def test_overlapping_spreads_are_no_difference(wobble: float, words: str) -> None:
    nets = [
        contestant("plain20-cifar", 60, name="a", loss=_flat(1.0, wobble)),
        contestant("plain20-cifar", 60, name="b", loss=_flat(1.1, wobble)),
    ]
    assert story(nets)[0].startswith(f"After 60 steps {words}")


def test_equal_nets_do_not_differ() -> None:
    one = recorded("default")[0]
    told = story([one, replace(one, name="twin")])
    assert told[0].startswith("After 60 steps no difference is seen")
    assert any("about the same (1.00 times)" in text for text in told)


def test_loss_against_accuracy() -> None:
    nets = [
        contestant("plain20-cifar", 60, name="a", loss=_flat(1.0, 0), accuracy=lambda s: 0.5),
        contestant("plain20-cifar", 60, name="b", loss=_flat(2.0, 0), accuracy=lambda s: 0.9),
    ]
    assert "the loss is lower in a, the accuracy higher in b" in story(nets)[0]


def test_one_net_and_three() -> None:
    nets = [
        contestant("plain20-cifar", 60, name=name, loss=_flat(level, 0.01))
        for name, level in (("a", 1.0), ("b", 1.005), ("c", 2.0))
    ]
    alone = story(nets[:1])
    assert alone[0].startswith("After 60 steps, over the last 6 steps (mean ± standard deviation)")
    assert "a loss 1.000 ± 0.010" in alone[0]
    assert len(alone) == 2
    three = "a and b are ahead of c in loss, with no difference seen between them"
    assert three in story(nets)[0]
    assert "c is ahead of a and b" in story([*nets[:2], replace(nets[2], history=_best())])[0]


def _best() -> History:
    return contestant("plain20-cifar", 60, loss=_flat(0.1, 0.01)).history


def test_nets_are_compared_over_the_steps_that_all_have_done() -> None:
    nets = [
        contestant("plain20-cifar", 101, name="long", loss=lambda s: 2.0 if s < 20 else 0.1),
        contestant("plain20-cifar", 20, name="short", loss=_flat(1.0, 0)),
    ]
    assert story(nets)[0].startswith("After 20 steps short is ahead of long")
    early = [contestant("plain20-cifar", 3, name=name) for name in "ab"]
    assert story(early)[0].startswith("After 3 steps it is too early for a verdict: a loss 1.99")


def test_loss_that_is_not_finite() -> None:
    broken = contestant("plain20-cifar", 9, name="b", loss=lambda s: 2.0 if s < 3 else np.nan)
    told = story([contestant("resnet20-cifar", 9, name="a"), broken])[0]
    assert told.startswith("After 9 steps only a has a finite loss: ")
    assert "b loss not finite (first at step 3)" in told
    assert "no net has a finite loss" in story([broken, broken])[0]
    once = contestant("plain20-cifar", 60, name="c", loss=lambda s: np.inf if s == 7 else 2.0)
    assert "The loss of c was not finite in 1 step, first at step 7." in story([once])


def test_a_peak_and_a_guess_are_said() -> None:
    peak = contestant("plain20-cifar", 60, name="a", loss=lambda s: 13.2 if s == 4 else 3.0)
    assert "The loss of a rose from 3.00 to 13.2 at step 4." in story([peak])
    guess = contestant("plain20-cifar", 60, loss=_flat(2.3, 0.01), accuracy=lambda s: 0.1)
    guess = replace(guess, classes=10)
    said = "plain20-cifar is no better than guessing (loss 2.30, accuracy 10%)."
    assert said in story([guess])
    assert said not in story([replace(guess, classes=2)])


def test_projections_are_not_the_first_or_last_layer() -> None:
    net = contestant("resnet50", 1, norm=lambda s, c: 1.0)
    assert "first layer is 1.00 times the last layer's at step 0" in story([net])[1]
    assert not net.layers[net.main[0]].is_beside


def test_no_story_before_every_net_has_a_step() -> None:
    assert story([]) == []
    assert story([contestant("resnet18", 3), contestant("plain18", 0)]) == []


def test_result_rows() -> None:
    measured, waiting = result_rows(
        [contestant("resnet18", 5), contestant("plain18", 0)], [11_000, 10_000]
    )
    assert measured == {
        "net": "resnet18",
        "parameters": 11_000,
        "steps": 5,
        "first loss": 2.0,
        "last loss": pytest.approx(1.96),
        "loss, mean of the last tenth": pytest.approx(1.98),
        "loss, standard deviation there": pytest.approx(0.01 * np.sqrt(2)),
        "accuracy, mean of the last tenth": pytest.approx(0.4),
        "accuracy, standard deviation there": pytest.approx(0.2 * np.sqrt(2)),
        "gradient norm, first layer, first step": 1.0,
        "gradient norm, last layer, first step": 21.0,
        "gradient norm, first layer, last step": 3.0,
        "gradient norm, last layer, last step": 23.0,
        "seconds": 1.0,
    }
    assert list(waiting) == list(measured)
    assert (waiting["steps"], waiting["last loss"], waiting["seconds"]) == (0, None, None)


def test_a_loss_that_is_not_finite_is_told_from_one_that_is_not_measured() -> None:
    [row] = result_rows([contestant("resnet18", 5, loss=lambda step: np.inf)], [11_000])
    losses = [row["loss, mean of the last tenth"], row["loss, standard deviation there"]]
    assert np.isnan(np.array(losses, float)).all(), "None is for what is not measured"
    assert row["accuracy, mean of the last tenth"] == pytest.approx(0.4)


def test_an_accuracy_that_is_not_recorded_is_not_measured() -> None:
    [row] = result_rows([contestant("resnet18", 5, accuracy=lambda step: np.nan)], [11_000])
    assert row["accuracy, mean of the last tenth"] is None
    assert row["accuracy, standard deviation there"] is None


def test_colours() -> None:
    residual = preset("resnet56-cifar")
    plain = plain_twin(residual)
    assert (RESIDUAL, PLAIN) == ("#0072B2", "#A65E00")
    assert contestant_colours([plain, residual]) == (PLAIN, RESIDUAL)
    assert contestant_colours([residual, plain, residual, plain]) == (
        BLUES[0],
        ORANGES[0],
        BLUES[1],
        ORANGES[1],
    )
    assert contestant_colours([plain] * 5) == (*ORANGES, PLAIN)
    assert contestant_colours([]) == ()
