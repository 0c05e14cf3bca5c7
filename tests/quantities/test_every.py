"""How often weights are looked at: by their number and the work of a step; said in the header."""

from __future__ import annotations

import pytest

from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.quantities import held_by, quantity
from resnet_viz.quantities.every import FEW_WEIGHTS, Every, weights_every
from resnet_viz.quantities.quantity import Along
from resnet_viz.store import header

MANY = 10 * FEW_WEIGHTS


@pytest.mark.parametrize("weights", [1, FEW_WEIGHTS])
def test_few_weights_are_looked_at_in_each_step(weights: int) -> None:
    assert weights_every(weights, 0.0) == 1


@pytest.mark.parametrize(
    ("uses", "expected"), [(2000, 1), (1000, 2), (400, 4), (300, 5), (200, 10), (70, 20), (0, 20)]
)
def test_the_less_each_weight_is_used_the_less_often_it_is_looked_at(
    uses: int, expected: int
) -> None:
    """A look takes the time of 20 uses, and is to take 1.5 % of all."""
    assert weights_every(MANY, MANY * uses) == expected
    if 1 < expected < 20:
        assert 20 / uses / expected <= 0.015 < 20 / uses / (expected // 2)


def test_a_run_says_how_often_each_quantity_is_taken() -> None:
    spec = RunSpec(config=preset("resnet18"), image_size=64, measure_every=7, evaluate_every=30)
    network = plan(spec.adapted)
    assert spec.weights_every == weights_every(network.params, 64 * network.macs) > 1
    held = spec.quantities
    assert held["weight_norm"].every == held["update_ratio"].every == spec.weights_every
    assert (held["grad_norm"].every, held["grad_total_norm"].every) == (1, 1)
    assert (held["output_rms"].every, held["eval_loss"].every) == (7, 30)
    assert RunSpec(config=preset("resnet56-cifar")).weights_every == 1
    assert header.read(header.write(held), ()) == held


def test_a_header_without_it_is_of_each_step() -> None:
    held = held_by(plan(preset("resnet20-cifar")), evaluated=False)
    text = header.write(held)
    assert "every" not in text
    assert header.read(text, ()) == held


@pytest.mark.parametrize("steps", ["1e999", "null", "[]", '"x"'])
def test_a_damaged_header_is_none(steps: str) -> None:
    text = header.write({"weight_norm": Along("layer", ("one",), 4)})
    with pytest.raises(ValueError, match="header is none"):
        header.read(text.replace(":4", f":{steps}"), ())
    assert header.read(text.replace(":4", ":-3"), ())["weight_norm"].every == 1


def test_what_is_made_of_weights_and_gradients_goes_with_the_weights() -> None:
    every = Every(activations=20, weights=4, held_out=0)
    names = ("grad_norm", "weight_norm", "update_ratio", "output_rms", "eval_loss", "final")
    assert [every.of(quantity(name)) for name in names] == [1, 4, 4, 20, 1, 1]
