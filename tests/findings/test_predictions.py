"""Predictions: their formulas by hand, where they hold, and where none is made."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.lab.quantities.quantity import Along
from resnet_viz.lab.records import History
from resnet_viz.plots.race import Contestant, about_prediction, prediction, profile
from tests.findings.made import contestant


def net(name: str) -> Contestant:
    config = preset(name)
    blocks = tuple(block.name for block in plan(config).blocks)
    along = {
        "grad_norm": Along("layer", tuple(one.name for one in plan(config).weighted_layers)),
        "branch_ratio": Along("block", blocks if config.shortcut != "none" else ()),
    }
    made = contestant(name, 3, norm=lambda step, column: 2.0 + step)
    return replace(made, header=along, blocks=blocks, config=config)


def test_branch_ratio_counts_anew_at_each_stage() -> None:
    found = prediction(net("preact110-cifar"), "branch_ratio", 7)
    assert found is not None
    stage = [1 / k for k in range(1, 19)]
    np.testing.assert_allclose(found.values, stage * 3)
    assert found.positions.tolist() == list(range(1, 55))
    assert "2002.10444" in about_prediction(net("preact110-cifar"), "branch_ratio")


def test_mean_field_grows_by_the_published_factor_from_the_last_convolution() -> None:
    found = prediction(net("plain20-cifar"), "grad_norm", 0)
    assert found is not None
    assert found.values[-1] == pytest.approx(2.0)
    np.testing.assert_allclose(found.values[:-1] / found.values[1:], 1.21117, rtol=1e-4)
    assert found.positions.tolist() == list(range(1, 20)), "all but the classifier"


@pytest.mark.parametrize(
    ("name", "quantity", "step"),
    [
        ("plain20-cifar", "grad_norm", 1),  # trained
        ("resnet20-cifar", "grad_norm", 0),  # has shortcuts
        ("notebook34", "grad_norm", 0),  # no norm
        ("plain20-cifar", "branch_ratio", 0),
        ("resnet20-cifar", "weight_norm", 0),
    ],
)
def test_elsewhere_nothing_is_predicted(name: str, quantity: str, step: int) -> None:
    assert prediction(net(name), quantity, step) is None


@pytest.mark.parametrize(
    "name", ["plain20-cifar", "resnet20-cifar", "notebook34", "preact110-cifar"]
)
@pytest.mark.parametrize("quantity", ["grad_norm", "branch_ratio", "weight_norm"])
def test_a_line_is_spoken_of_where_one_is_drawn(name: str, quantity: str) -> None:
    is_drawn = prediction(net(name), quantity, 0) is not None
    assert bool(about_prediction(net(name), quantity)) == is_drawn
    unmeasured = replace(net(name), history=History())
    assert about_prediction(unmeasured, quantity) == about_prediction(net(name), quantity)


def test_the_profile_draws_it_thin_with_its_source() -> None:
    figure = profile([net("plain20-cifar")], 0)
    (line,) = [t for t in figure.data if t.name and "Yang 2019" in t.name]
    found = prediction(net("plain20-cifar"), "grad_norm", 0)
    assert found is not None
    np.testing.assert_allclose(line.y, found.values, 1e-6)
    assert line.line.width < 2
