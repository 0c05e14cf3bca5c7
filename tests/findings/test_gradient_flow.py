"""What is said about gradients, against records whose growth is known and against real nets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch

from resnet_viz.arch.config import ResNetConfig, revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.findings.claims.claim import Claim
from resnet_viz.findings.claims.gradient_claims import gradient_claims
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.gradient_flow import INPUTS, flow_at
from resnet_viz.findings.nets import nets_in
from resnet_viz.findings.theory.layers_left import layers_left
from resnet_viz.findings.words.gradient_words import GRADIENT_WORDS
from resnet_viz.measurements.base.verdict import ratio_words
from resnet_viz.quantities.quantity import Along
from resnet_viz.quantities.records import History, StepRecord
from resnet_viz.training.at_initialisation import batch_of, look_at

NET = preset("plain56-cifar")


def net(
    inputs: Sequence[Sequence[float]],
    *,
    config: ResNetConfig = NET,
    weights: float = 1.0,
    name: str = "a net",
    every: int = 10,
) -> Contestant:
    """A run whose blocks' inputs had these gradients at every tenth step; `weights` is the first
    layer's gradient over the last's."""
    layers = plan(config).weighted_layers
    blocks = tuple(block.name for block in plan(config).blocks)
    norms = np.geomspace(weights, 1, len(layers)).astype(np.float32)
    records = []
    for step in range(every * len(inputs)):
        values = {"grad_norm": norms}
        if step % every == 0:
            values[INPUTS] = np.array(inputs[step // every], np.float32)
        records.append(StepRecord(step, 2.0, 0.1, 0.1 * step, values))
    header = {
        "grad_norm": Along("layer", tuple(layer.name for layer in layers)),
        INPUTS: Along("block", blocks),
    }
    return Contestant(name, "#000", layers, History(records), 10, header, blocks, config)


def left(config: ResNetConfig = NET) -> np.ndarray:
    layers = plan(config).weighted_layers
    return layers_left(layers, [block.name for block in plan(config).blocks])


def claims(*runs: Contestant) -> dict[str, Claim]:
    steps = min(len(run.history) for run in runs)
    return {claim.kind: claim for claim in gradient_claims(nets_in(runs), steps)}


def said(*runs: Contestant) -> str:
    return " ".join(GRADIENT_WORDS[claim.kind](claim) for claim in claims(*runs).values())


def test_layers_left_of_our_nets_are_their_positions() -> None:
    bottleneck = preset("resnet50")
    # By hand: a stem and three layers a block; fc is the last of 50.
    assert left(bottleneck).tolist() == list(range(49, 1, -3))
    assert left().tolist() == list(range(55, 1, -2))


def test_layers_between_any_two_blocks_are_counted() -> None:
    layers = plan(preset("resnet18")).weighted_layers
    first, last = layers_left(layers, ["stages.0.0", "stages.3.1"])
    assert first - last == 14, "two layers in each of seven blocks; projections are beside"
    assert np.isnan(layers_left(layers, ["elsewhere"])).all()


@pytest.mark.parametrize(
    ("rate", "word"),
    [
        (1.16, "explodes"),
        (1.06, "explodes"),
        (1.01, "keeps its size"),
        (0.99, "keeps its size"),
        (1.03, "grows"),
        (0.97, "shrinks"),
        (0.9, "vanishes"),
    ],
)
def test_the_word_goes_with_the_rate(rate: float, word: str) -> None:
    claim = claims(net([rate ** left()]))[f"gradient {word}"]
    low, high = claim.values["rate_low"], claim.values["rate_high"]
    assert low == high == pytest.approx(rate, rel=1e-5)
    assert claim.evidence.r_squared == pytest.approx(1, abs=1e-6)
    assert claim.values["layers"] == 52


def test_a_shallow_net_that_multiplies_as_much_per_layer_is_not_measured_by_a_hundred() -> None:
    shallow = revise(NET, depths=(3, 3, 3))
    assert "gradient explodes" in claims(net([1.16 ** left(shallow)], config=shallow))


def test_healthy_weight_gradients_do_not_hide_what_the_inputs_gradient_does() -> None:
    """Without a norm both factors of a weight gradient shrink: their product said nothing."""
    vanishing = net([0.73 ** left()], weights=0.3)  # 8e-8 at the first block
    text = said(vanishing)
    assert "vanishes on its way back to the input" in text
    assert "0.73x per layer" in text
    assert "The weight gradient of a net's first layer is 0.300 times the last layer's" in text
    assert "neither" not in text
    assert "vanish" not in said(net([1.0 + 0 * left()], weights=1e-6)), "of weights no such word"


def test_no_factor_is_given_where_none_fits() -> None:
    """53 times by a power of the depth: 1.025^106 would be 13.7."""
    grown = net([(left() / left()[-1]) ** 1.4])
    claim = claims(grown)["gradient grows"]
    assert not [name for name in claim.values if name.startswith("rate")]
    text = said(grown)
    assert "no single factor per layer fits (R² 0." in text
    assert "x per layer" not in text


def test_each_stage_may_have_a_factor_of_its_own() -> None:
    per_block = 2 * np.log(np.repeat([0.95, 0.85, 0.65], 9))
    text = said(net([np.exp(np.cumsum(per_block[::-1])[::-1])]))
    assert "vanishes" in text
    assert "0.95x, 0.85x, 0.65x per layer in stages 1 to 3" in text


def test_what_becomes_of_it_is_said_of_the_newest_step_that_was_measured() -> None:
    course = net([1.16 ** left(), 0 * left() + 1, 0.9 ** left()])
    claim = claims(course)["gradient explodes"]
    assert claim.steps == (0, 20)
    assert claim.values["late_low"] == pytest.approx(0.9**52, rel=1e-4)
    assert "At step 20 it is 0.00417 times." in said(course)
    broken = net([1.16 ** left(), np.inf * left()])
    assert "At step 10 one of the two is 0 or not finite." in said(broken)


@pytest.mark.parametrize(("value", "word"), [(0.0, "is 0"), (np.inf, "is not finite")])
def test_where_nothing_can_be_formed_the_state_is_said(value: float, word: str) -> None:
    spoilt = 1.16 ** left()
    spoilt[0] = value
    text = said(net([spoilt]))
    assert f"The gradient of a net {word} at the first or the last block's input" in text
    assert "explodes" not in text


def test_seeds_give_ranges_and_say_how_many_agree() -> None:
    runs = [
        replace(net([rate ** left()]), net="one", net_name="a net") for rate in (1.1, 1.12, 1.01)
    ]
    claim = claims(*runs)["gradient explodes"]
    assert claim.evidence.runs == (3,)
    assert claim.values["ratio_low"] == pytest.approx(1.01**52, rel=1e-4)
    text = said(*runs)
    assert "explodes on its way back to the input (in 2 of 3 seeds)" in text
    assert "1.01x to 1.12x per layer" in text


def test_nets_are_compared_layer_by_layer() -> None:
    one, other = net([left()]), net([left()], name="another")
    tenfold = History(
        [
            replace(record, values={**record.values, "grad_norm": record.grad_norm * 10})
            for record in other.history.records()
        ]
    )
    text = said(one, replace(other, history=tenfold))
    assert "(median over 56 layers): at step 0 10.0 times larger" in text
    assert "about the same (1.00 times)" in said(one, other)


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (2940.0, "2,900"),
        (26.5, "26.5"),
        (1.0, "1.00"),
        (0.00417, "0.00417"),
        (4.123e4, "41,000"),
        (4.6e6, "5e6"),
        (7.7e13, "about 10^14"),
        (5e-25, "about 10^-24"),
        (np.nan, "not finite"),
    ],
)
def test_a_ratio_has_the_digits_that_float32_carries(ratio: float, words: str) -> None:
    assert ratio_words(ratio) == words


@pytest.mark.parametrize("depth", [20, 56])
def test_the_digits_are_those_of_float64(depth: int) -> None:
    config = revise(NET, depths=((depth - 2) // 6,) * 3, in_channels=1, image_size=8)
    images, labels = batch_of(config, "digits", 64, 0)
    measured = dict(look_at(config, images, labels, ("gradients",)))["gradients"]["ratio"]
    exact = _ratio_in_float64(config, images, labels)
    told = float(ratio_words(float(measured)).replace(",", ""))
    assert told == pytest.approx(exact, rel=0.04 if exact > 1000 else 0.01)


def _ratio_in_float64(config: ResNetConfig, images: torch.Tensor, labels: torch.Tensor) -> float:
    from resnet_viz.nets.network import build_resnet

    module = build_resnet(config, seed=0).double().train()
    inputs: list[torch.Tensor] = []
    for stage in module.stages:
        for block in stage.children():  # type: ignore[operator,union-attr]
            block.register_forward_pre_hook(lambda _, args: inputs.append(args[0]))
    loss = torch.nn.functional.cross_entropy(module(images.double()), labels)
    norms = [one.norm().item() for one in torch.autograd.grad(loss, inputs)]
    return norms[0] / norms[-1]


@pytest.mark.parametrize(
    ("name", "fields", "word", "is_steady"),
    [
        ("plain56-cifar", {}, "explodes", True),
        ("resnet56-cifar", {}, "grows", False),
        ("plain56-cifar", {"norm": "none", "init": "pytorch"}, "vanishes", True),
        ("resnet56-cifar", {"zero_init_residual": True}, "keeps its size", None),
    ],
)
def test_of_real_nets(
    name: str, fields: dict[str, object], word: str, is_steady: bool | None
) -> None:
    config = revise(preset(name), in_channels=1, image_size=8, **fields)
    images, labels = batch_of(config, "digits", 64, 0)
    inputs = dict(look_at(config, images, labels, ("gradients",)))["gradients"]["inputs"]
    flow = flow_at(net([inputs], config=config), 0)
    assert flow is not None
    assert flow.word == word
    assert is_steady is None or (flow.rate is not None) == is_steady
