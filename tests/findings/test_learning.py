"""Learnt, not learnt, diverged, dead: each by its rule, in both directions, on made records."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resnet_viz.findings.claims.learning import Course, standings
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.nets import nets_in
from resnet_viz.findings.race_summary import happened
from tests.findings.made import Loss, falling, run, several

PLAIN = "plain20-cifar"
# A real one: learning rate 10, on the digits.
AWAY = [2.35, 7.97, 3.29, 3.87, 3.11, 3.21, 4.74, 3.46, 3.22, 2.96, 3.3, 3.65, 2.91, 2.71, 9.19]
AWAY += [67.1, 3.51, 2.46, 2.63, 3.12]


def course(loss: Loss, steps: int = 40, **more: object) -> Course:
    return Course(run(PLAIN, loss, steps, **more), steps)  # type: ignore[arg-type]


def told(*runs: Contestant) -> str:
    return " ".join(said.text for said in happened(runs))


def test_learnt_needs_loss_and_accuracy_beyond_their_intervals() -> None:
    assert course(falling(2.5, 0.2, 20)).state == "learnt"
    assert course(falling(2.5, 2.35, 20), accuracy=lambda step: 0.1).state == "not learnt"
    assert course(falling(2.5, 2.0, 20), accuracy=lambda step: 0.1).state == "unclear"
    assert course(falling(2.5, 3.0, 20), accuracy=lambda step: 0.42).state == "unclear"
    # 12 % of the 320 images of five minibatches is no more than a guess; so is a loss like this.
    noisy = falling(2.5, 2.25, 20, noise=0.1)
    assert course(noisy, accuracy=lambda step: 0.12).state == "not learnt"
    assert course(falling(2.5, 0.2, 20), steps=4).state == "too early"
    assert course(falling(2.5, 0.2, 20), accuracy=lambda step: np.nan).state == "learnt"
    assert course(falling(2.5, 0.2, 20), classes=None).state == "unknown"


@pytest.mark.parametrize(
    ("losses", "step"),
    [
        ([2.3] * 7 + [np.inf] * 13, 7),
        ([np.nan] * 20, 0),
        ([2.3, 118, 55, *(400 * 1.5**n for n in range(17))], 1),
        (AWAY, 1),
        ([2.6, 1e3, 1e19, *(1e6 - 1e4 * n for n in range(17))], 1),
        ([2.3] * 19 + [np.nan], 19),
    ],
)
def test_a_loss_that_never_comes_back_has_diverged(losses: list[float], step: int) -> None:
    assert course(losses.__getitem__, len(losses)).diverged == step


@pytest.mark.parametrize(
    "losses",
    [
        [2.3, 13, 48, 20, *(10 * 0.8**n for n in range(26))],  # it jumps, and learns
        [2.3] * 7 + [np.inf] + [2.3] * 12,  # a minibatch
        [2.3, 30, *(20 * 0.97**n for n in range(18))],  # it is on its way
        [2.8, 3.5, 3.1, 4.0, 3.3, 3.9, 4.2, 3.5, 3.6, 4.5, 4.0, 3.8],  # two images a step
        [2.3] * 18 + [9.0, 9.0],  # too soon to say
        [0.02, *[0.3, 0.1] * 10],  # far above its first, and better than a guess
    ],
)
def test_a_loss_that_comes_back_has_not(losses: list[float]) -> None:
    assert course(losses.__getitem__, len(losses)).diverged is None


def test_both_diverged_is_the_outcome_and_nobody_is_ranked() -> None:
    pair = [run(name, AWAY.__getitem__, 20) for name in ("resnet20-cifar", PLAIN)]
    first, *others = happened(pair)
    assert first.text == "Both nets diverged at step 1."
    rest = " ".join(one.text for one in others)
    for word in ("ahead", "lower", "difference", "sooner", "stands still", "has not learnt"):
        assert word not in rest
    one_later = run(PLAIN, lambda step: 2.3 if step < 3 else np.nan, 20)
    assert told(pair[0], one_later).startswith(
        f"Both nets diverged: resnet20-cifar at step 1 and {PLAIN} at step 3."
    )


def test_neither_has_learnt_is_the_outcome_and_nobody_is_ranked() -> None:
    high = run("resnet20-cifar", falling(2.6, 2.7, 9), accuracy=lambda step: 0.08)
    low = run(PLAIN, falling(2.4, 2.35, 9), accuracy=lambda step: 0.07)
    first, *others = happened([high, low])
    assert first.text == (
        "Neither net has learnt: resnet20-cifar 8 % and plain20-cifar 7 % (guessing: 10 %)."
    )
    assert "ahead" not in " ".join(one.text for one in others)
    alike = [
        one
        for name, end in (("resnet20-cifar", 2.5), (PLAIN, 2.35))
        for one in several(name, *[end] * 5, accuracy=lambda step: 0.1)
    ]
    said = told(*alike)
    assert said.startswith("Neither net has learnt in any of 5 runs: ")
    assert "permutation" not in said, "by a loss that is a guess's nobody is ahead"


def test_one_net_that_has_not_learnt_is_told_as_that() -> None:
    pair = (
        run("resnet56-cifar", falling(2.5, 0.05, 30)),
        run("plain56-cifar", falling(2.4, 2.35, 9), accuracy=lambda step: 0.1),
    )
    assert told(*pair).startswith(
        "In this run resnet56-cifar ended at 98 % accuracy; plain56-cifar at 10 %, no better than "
        "guessing (10 %). One seed says how this run went, not how the nets compare."
    )


def norms(dead_from: int, layers: int, again: int = 1000) -> object:
    """Gradients of which those of the first layers are exactly 0 from a step on."""

    def norm(step: int, column: int) -> float:
        return 0.0 if dead_from <= step < again and column < layers else 1.0

    return norm


def test_dead_is_said_with_its_step_and_layers() -> None:
    flat = falling(2.4, 2.3, 5)
    said = told(run("plain56-cifar", flat, norm=norms(9, 55), accuracy=lambda step: 0.1))
    assert "plain56-cifar is dead from step 9 on: the gradient of 55 layers is exactly 0." in said
    dead = course(flat, norm=norms(9, 19)).dead
    assert dead is not None
    assert (dead.step, dead.layers, dead.among) == (9, 19, 20)
    assert course(flat, norm=norms(9, 3)).dead is None, "three layers of twenty are not the net"
    assert course(flat, norm=norms(9, 19, again=39)).dead is None, "it comes back at the last step"
    assert course(flat, norm=norms(0, 20)).dead is None, "what never had a gradient has not died"
    assert course(flat, norm=norms(39, 20)).dead is None, "one step is not enough"


def test_layers_that_die_one_after_the_other_are_counted_where_half_of_them_have() -> None:
    one_by_one = course(
        falling(2.4, 2.3, 5), norm=lambda step, column: 0.0 if column < step else 1.0
    ).dead
    assert one_by_one is not None
    # Column c is 0 from step c + 1 on: of twenty, ten are from step 10.
    assert (one_by_one.step, one_by_one.layers) == (10, 10)


def test_a_run_cut_short_is_set_aside_and_one_some_steps_behind_is_not() -> None:
    cut = run("resnet20-cifar", falling(2.5, 0.1, 9), steps=3, seed=1)
    whole = [run("resnet20-cifar", falling(2.5, 0.1, 20), seed=s) for s in (0, 2)]
    said = told(*whole, cut, *several(PLAIN, 0.3, 0.32, 0.28))
    assert "resnet20-cifar, seed 1 ended after 3 steps and is not compared." in said
    assert "too early" not in said
    near = [replace(one) for one in whole] + [run(PLAIN, falling(2.5, 0.3, 20), steps=36)]
    assert {c.steps for n in standings(nets_in(near)) for c in n.courses} == {36}
    assert "ended after" not in told(*near)
