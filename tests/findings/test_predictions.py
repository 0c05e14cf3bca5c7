"""Predictions: their formulas by hand, where they hold, and where none is made."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from resnet_viz.arch.config import ResNetConfig, revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.figures.layer_profile import profile
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.theory import mean_field
from resnet_viz.findings.theory.predictions import about_prediction, prediction
from resnet_viz.quantities.quantity import Along
from resnet_viz.quantities.records import History
from resnet_viz.training.at_initialisation import batch_of, look_at
from tests.findings.made import contestant


def net(name: str, batch: int = 64, **fields: object) -> Contestant:
    config = revise(preset(name), **fields)
    blocks = tuple(block.name for block in plan(config).blocks)
    along = {
        "grad_norm": Along("layer", tuple(one.name for one in plan(config).weighted_layers)),
        "grad_input_norm": Along("block", blocks),
        "branch_ratio": Along("block", blocks if config.shortcut != "none" else ()),
    }
    made = contestant(name, 3, norm=lambda step, column: 2.0 + step)
    layers = plan(config).weighted_layers
    records = [
        replace(record, values={**record.values, "grad_input_norm": np.full(len(blocks), 2.0)})
        for record in made.history.records()
    ]
    return replace(
        made,
        header=along,
        blocks=blocks,
        config=config,
        layers=layers,
        batch_size=batch,
        history=History(records),
    )


SMALL = {"in_channels": 1, "image_size": 8}


def measured(config: ResNetConfig, name: str, what: str, seeds: int = 3) -> np.ndarray:
    """The mean over seeds of what a new net shows on the digits."""
    found = []
    for seed in range(seeds):
        images, labels = batch_of(config, "digits", 64, seed)
        found.append(dict(look_at(config, images, labels, (name,), seed=seed))[name][what])
    return np.mean(found, axis=0)


def test_branch_ratio_counts_anew_at_each_projection() -> None:
    found = prediction(net("preact110-cifar", **SMALL), "branch_ratio", 0)
    assert found is not None
    assert found.positions.tolist() == list(range(1, 55))
    tap = ((3 * 8 - 2) / (3 * 8)) ** 2  # of nine taps at the borders of 8x8 maps
    stem = 2 / 16 * tap  # one channel in, sixteen out
    by_hand = [tap / (stem + k * tap) for k in range(18)]
    np.testing.assert_allclose(found.values[:18], by_hand)
    # 4x4 and 2x2 maps; a projection from half as many channels leaves a variance of a half.
    for stage, tap in ((1, (10 / 12) ** 2), (2, (4 / 6) ** 2)):
        own = [tap / (0.5 + k * tap) for k in range(18)]
        np.testing.assert_allclose(found.values[18 * stage : 18 * (stage + 1)], own)
    assert "2002.10444" in about_prediction(net("preact110-cifar", **SMALL), "branch_ratio")


def test_a_zero_padded_shortcut_halves_the_sum_and_does_not_begin_it_anew() -> None:
    """At depth 110 the first blocks of stages 2 and 3 add 0.10 and 0.05, and not 1."""
    found = prediction(net("preact110-cifar", shortcut="zero_pad", **SMALL), "branch_ratio", 0)
    assert found is not None
    np.testing.assert_allclose(found.values[[18, 36]], (0.10, 0.05), rtol=0.15)


@pytest.mark.parametrize("shortcut", ["zero_pad", "projection"])
@pytest.mark.parametrize("init", ["kaiming_fan_out", "kaiming_fan_in"])
@pytest.mark.parametrize("block", ["basic", "one_layer"])
def test_the_line_lies_where_new_nets_are_measured(shortcut: str, init: str, block: str) -> None:
    fields = {"shortcut": shortcut, "init": init, "block": block, "depths": (12, 12, 12), **SMALL}
    made = net("preact110-cifar", **fields)
    found = prediction(made, "branch_ratio", 0)
    assert found is not None
    assert made.config is not None
    ratios = measured(made.config, "variance", "ratio") / found.values
    assert 0.75 < ratios.min() < ratios.max() < 1.3, ratios


@pytest.mark.parametrize("fields", [{"downsample_at": "last"}, {"widths": (32, 32, 32)}], ids=str)
def test_the_line_of_projections_that_do_not_widen_lies_there_too(fields: dict[str, Any]) -> None:
    made = net("preact110-cifar", depths=(6, 6, 6), **fields, **SMALL)
    found = prediction(made, "branch_ratio", 0)
    assert found is not None
    assert made.config is not None
    ratios = measured(made.config, "variance", "ratio") / found.values
    assert 0.75 < ratios.min() < ratios.max() < 1.3, ratios


def test_mean_field_grows_by_the_published_factor_from_the_last_convolution() -> None:
    found = prediction(net("plain20-cifar", **SMALL), "grad_norm", 0)
    assert found is not None
    assert found.values[-1] == pytest.approx(2.0)
    np.testing.assert_allclose(found.values[:-1] / found.values[1:], 1.21117, rtol=1e-4)
    assert found.positions.tolist() == list(range(1, 20)), "all but the classifier"
    by_block = prediction(net("plain20-cifar", **SMALL), "grad_input_norm", 0)
    assert by_block is not None
    np.testing.assert_allclose(by_block.values[:-1] / by_block.values[1:], 1.21117**2, rtol=1e-4)
    of_one_layer = net("plain20-cifar", block="one_layer", depths=(6, 6, 6), **SMALL)
    by_block = prediction(of_one_layer, "grad_input_norm", 0)
    assert by_block is not None
    np.testing.assert_allclose(by_block.values[:-1] / by_block.values[1:], 1.21117, rtol=1e-4)


NO_LINE: dict[str, dict[str, object]] = {
    "squeeze-and-excitation": {"attention": "se"},
    "dropout": {"dropout": 0.3},
    "bottlenecks": {"block": "bottleneck"},
    "no final activation": {"final_activation": False},
    "small batches": {"batch": 4},
    "another activation": {"activation": "gelu"},
    "group norm": {"norm": "group"},
    "shortcuts": {"shortcut": "zero_pad"},
    "efficient channel attention": {"attention": "eca"},
    "blur pools": {"antialias": "blurpool"},
}


@pytest.mark.parametrize("fields", NO_LINE.values(), ids=NO_LINE)
@pytest.mark.parametrize("quantity", ["grad_norm", "grad_input_norm"])
def test_the_mean_field_line_stands_beside_no_other_net(
    fields: dict[str, object], quantity: str
) -> None:
    other = net("plain20-cifar", **{**SMALL, **fields})  # type: ignore[arg-type]
    assert prediction(other, quantity, 0) is None
    assert not about_prediction(other, quantity)
    alike = net("plain20-cifar", **SMALL, conv_bias=True)
    assert prediction(alike, quantity, 0) is not None, "biases begin at 0"


NO_BRANCH_LINE: dict[str, dict[str, object]] = {
    "original order": {"activation_order": "original"},
    "squeeze-and-excitation": {"attention": "se"},
    "dropout": {"dropout": 0.3},
    "stochastic depth": {"stochastic_depth": 0.2},
    "gates": {"shortcut_transform": "exclusive_gate"},
    "projections everywhere": {"shortcut": "projection_all"},
    "group norm": {"norm": "group"},
    "efficient channel attention": {"attention": "eca"},
    "average pools": {"antialias": "avgpool"},
    "3x3 projections": {"projection_kernel": "3x3"},
}


@pytest.mark.parametrize("fields", NO_BRANCH_LINE.values(), ids=NO_BRANCH_LINE)
def test_the_branches_line_stands_beside_no_other_net(fields: dict[str, object]) -> None:
    other = net("preact110-cifar", **{**SMALL, **fields})  # type: ignore[arg-type]
    assert prediction(other, "branch_ratio", 0) is None
    assert not about_prediction(other, "branch_ratio")


@pytest.mark.parametrize("batch", [4, 64])
def test_the_mean_field_factor_is_of_large_batches(batch: int) -> None:
    """What the line leaves out is really otherwise: 1.6 per layer in batches of 4."""
    config = revise(
        preset("plain20-cifar"), depths=(12,), widths=(64,), in_channels=1, image_size=1
    )
    images, labels = batch_of(revise(config, in_channels=64), "gaussian", batch, 0)
    config = revise(config, in_channels=64)
    inputs = dict(look_at(config, images, labels, ("gradients",)))["gradients"]["inputs"]
    growth = (inputs[0] / inputs[-1]) ** (1 / 22)
    expected = mean_field.layer_factor(config, 1, batch)
    assert (expected is None) == (batch == 4)
    assert (abs(growth / mean_field.BATCH_NORM - 1) < 0.03) == (batch == 64)


@pytest.mark.parametrize(
    ("name", "quantity", "step"),
    [
        ("plain20-cifar", "grad_norm", 1),  # trained
        ("preact110-cifar", "branch_ratio", 1),
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
