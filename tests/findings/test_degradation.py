"""Degradation needs seeds, and losses that no longer fall: in both directions, on made records."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.race_summary import happened
from tests.findings.made import Loss, falling, run, several

SHALLOW, DEEP = "plain20-cifar", "plain56-cifar"


def told(*runs: Contestant) -> str:
    return " ".join(said.text for said in happened(runs))


def steady(start: float, rate: float, seed: int, noise: float = 0.02) -> Loss:
    """A loss that falls by the same factor at every step."""
    errors = 1 + noise * np.random.default_rng(seed).standard_normal(200)
    return lambda step: start * rate**step * float(errors[step])


def test_it_is_said_where_the_deeper_nets_losses_no_longer_fall() -> None:
    said = told(*several(SHALLOW, 0.2, 0.22, 0.25, 0.21), *several(DEEP, 1.5, 1.6, 1.45, 1.7))
    assert "Degradation: over 4 seeds each, the deeper plain net, plain56-cifar, ends with" in said
    assert "Its loss no longer falls (" in said


def test_of_losses_that_still_fall_the_deeper_net_is_behind() -> None:
    shallow = [run(SHALLOW, steady(2.3, 0.95, seed), seed=seed) for seed in range(4)]
    deep = [run(DEEP, steady(2.4, 0.97, seed), seed=seed) for seed in range(4)]
    said = told(*shallow, *deep)
    assert "Degradation" not in said
    assert "the deeper plain net, plain56-cifar, is behind at step 39: " in said
    assert "; both losses still fall." in said


@pytest.mark.parametrize("noise", [0.05, 0.1])
def test_a_fall_that_the_noise_hides_is_not_taken_for_none(noise: float) -> None:
    """No fall is found, and its error allows one that closes the gap."""
    shallow = several(SHALLOW, 1.0, 1.02, 0.98, 1.01)
    deep = [
        run(DEEP, falling(2.5, 1.25, 30, noise=2 * noise, seed=seed), seed=seed)
        for seed in range(4)
    ]
    assert "Degradation" not in told(*shallow, *deep)


def test_one_run_each_does_not_show_it() -> None:
    said = told(run(SHALLOW, falling(2.5, 0.2, 20)), run(DEEP, falling(2.5, 1.5, 20)))
    assert "egradation" not in said
    assert "In this run the deeper plain net, plain56-cifar, is behind at step 39" in said


def test_the_other_way_round_there_is_none() -> None:
    said = told(*several(SHALLOW, 1.5, 1.6, 1.45, 1.7), *several(DEEP, 0.2, 0.22, 0.25, 0.21))
    assert "No degradation: over 4 seeds each, the deeper plain net, plain56-cifar," in said


def test_it_is_of_nets_that_differ_in_depth_alone_and_are_trained_alike() -> None:
    shallow, deep = several(SHALLOW, *[0.2] * 4), several(DEEP, *[1.5] * 4)
    assert "Degradation" in told(*shallow, *deep)
    assert "egradation" not in told(*several("resnet20-cifar", *[0.2] * 4), *deep)
    rates = [replace(one, recipe={"lr": 0.1}) for one in shallow]
    assert "egradation" not in told(*rates, *(replace(one, recipe={"lr": 0.2}) for one in deep))


def test_it_is_not_said_of_two_nets_that_have_not_learnt() -> None:
    guess = {"accuracy": lambda step: 0.1}
    said = told(*several(SHALLOW, *[2.31] * 4, **guess), *several(DEEP, *[2.45] * 4, **guess))
    assert "egradation" not in said
    assert "behind" not in said
