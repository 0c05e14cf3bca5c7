"""What is said of nets that run away and then stand still, with gradients of exactly 0."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resnet_viz.arch.presets import preset
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.race_summary import happened
from resnet_viz.findings.verdicts import first_broken, shortcut_share
from resnet_viz.quantities.quantity import Along
from resnet_viz.quantities.records import History
from tests.findings.made import contestant

STEPS = 30


def net(config: str, losses: list[float]) -> Contestant:
    """From step 3 on its gradients are 0."""

    def norm(step: int, column: int) -> float:
        return 1.0 + column if step < 3 else 0.0

    made = contestant(config, STEPS, loss=losses.__getitem__, norm=norm)
    return replace(made, config=preset(config), classes=10)


def told(*nets: Contestant) -> str:
    return " ".join(finding.text for finding in happened(nets))


AWAY = [2.6, 1e3, 1e19, *(1e6 - 1e4 * step for step in range(STEPS - 3))]
FALLS = [2.3 - 0.05 * step for step in range(STEPS)]


def test_nets_that_ran_away_are_neither_ranked_nor_said_to_be_slow() -> None:
    both = told(net("resnet20-cifar", AWAY), net("plain20-cifar", AWAY))
    assert both.startswith("Both nets diverged at step 1.")
    one = told(net("resnet20-cifar", FALLS), net("plain20-cifar", AWAY))
    assert "plain20-cifar diverged at step 1" in one
    assert "is dead from step 3 on: the gradient of 20 layers is exactly 0." in one
    for word in ("sooner", "reaches", "ahead", "lower training loss", "stands still"):
        assert word not in both + one


def test_a_gradient_of_zero_is_not_called_one_that_is_not_finite() -> None:
    said = told(net("resnet20-cifar", AWAY))
    assert (
        "not comparable with the last layer's over steps 25 to 29 (one is 0 or not finite)" in said
    )
    assert "it is not finite" not in said
    assert first_broken(net("resnet20-cifar", AWAY)).word == "none"


@pytest.mark.parametrize(("norm", "word"), [(0.0, "is 0"), (np.inf, "not finite")])
def test_a_share_of_nothing_says_what_it_is_of(norm: float, word: str) -> None:
    names = ("grad_input_norm", "grad_shortcut_norm", "grad_branch_norm", "grad_cosine")
    made = net("resnet20-cifar", FALLS)
    records = [
        replace(record, values={name: np.full(2, norm, np.float32) for name in names})
        for record in made.history.records()
    ]
    header = {name: Along("block", ("stages.0.0", "stages.0.1")) for name in names}
    verdict = shortcut_share(replace(made, history=History(records), header=header))
    assert verdict.word == word
