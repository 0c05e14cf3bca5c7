"""Verdicts in both directions: each word can be wrong, and its numbers are the records'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import ArrayLike

from resnet_viz.arch.config import ResNetConfig, plain_twin, revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.signs import SIGNS
from resnet_viz.findings.verdicts import (
    branch_variance,
    first_broken,
    gradient_ratio,
    shortcut_share,
    update_ratio,
)
from resnet_viz.measurements import measurements
from resnet_viz.measurements.base.verdict import Verdict
from resnet_viz.quantities import held_by
from resnet_viz.quantities.records import History, StepRecord

RESIDUAL = preset("resnet20-cifar")
BLOCKS = 9


def net(
    *steps: Mapping[str, ArrayLike],
    config: ResNetConfig = RESIDUAL,
    losses: Sequence[float] = (),
) -> Contestant:
    """A net whose records hold these quantities, step by step."""
    network = plan(config)
    records = [
        StepRecord(
            step,
            losses[step] if losses else 1.0,
            0.5,
            0.1 * step,
            {name: np.array(values, np.float32) for name, values in held.items()},
        )
        for step, held in enumerate(steps)
    ]
    return Contestant(
        "net",
        "#0072B2",
        network.weighted_layers,
        History(records),
        10,
        held_by(network, evaluated=False),
        tuple(block.name for block in network.blocks),
        config,
    )


@pytest.mark.parametrize(
    ("first", "last", "word", "said"),
    [
        (1200.0, 1.0, "explodes", "1,200 times as large"),
        (0.0009, 1.0, "vanishes", "0.00090 times as large"),
        (20.0, 1.0, "grows", "20.0 times as large"),
        (0.2, 1.0, "shrinks", "0.200 times as large"),
        (1.5, 1.0, "keeps its size", "1.50 times as large"),
        (np.inf, 1.0, "is not finite", "not finite at the first block's input, 1.00 at the last's"),
        (0.0, 0.0, "is 0", "0 at the first block's input"),
        (5.0, 0.0, "is 0", "5.00 at the first block's input, 0 at the last's"),
    ],
)
def test_the_gradient_at_the_first_step(first: float, last: float, word: str, said: str) -> None:
    norms = np.full(BLOCKS, 5.0)
    norms[0], norms[-1] = first, last
    verdict = gradient_ratio(net({"grad_input_norm": norms}, {"grad_input_norm": norms[::-1]}))
    assert verdict.word == word
    assert said in verdict.sentence


def test_the_growth_is_that_of_each_layer() -> None:
    """Two convolutions a block: 1.1 a layer are 1.21 a block, over eight of the nine blocks."""
    norms = 1.21 ** np.arange(BLOCKS - 1, -1, -1)
    verdict = gradient_ratio(net({"grad_input_norm": norms}))
    assert "1.10x per layer (fit over 16 layers)" in verdict.sentence
    assert verdict.value == pytest.approx(1.21**8, rel=1e-5)


@pytest.mark.parametrize(
    ("shortcut", "branch", "cosine", "word", "share"),
    [
        (3.0, 1.0, 0.0, "through the shortcuts", 0.9),
        (1.0, 2.0, 0.0, "through the branches", 0.2),
        (1.0, 1.0, -0.5, "through the shortcuts", 0.5),
        (2.0, 0.0, np.nan, "through the shortcuts", 1.0),
    ],
)
def test_the_shortcuts_share(
    shortcut: float, branch: float, cosine: float, word: str, share: float
) -> None:
    product = 0.0 if np.isnan(cosine) else cosine * shortcut * branch
    whole = np.sqrt(shortcut**2 + branch**2 + 2 * product)
    values = {
        "grad_shortcut_norm": shortcut,
        "grad_branch_norm": branch,
        "grad_cosine": cosine,
        "grad_input_norm": whole,
    }
    step = {name: np.full(BLOCKS, value) for name, value in values.items()}
    verdict = shortcut_share(net(step))
    assert verdict.word == word
    assert verdict.value == pytest.approx(share, rel=1e-5)
    assert f"carry {share:.0%} of the gradient" in verdict.sentence
    assert "mean over 9 blocks" in verdict.sentence


def test_a_plain_net_has_no_shortcuts_to_speak_of() -> None:
    plain = net({"grad_input_norm": np.ones(BLOCKS)}, config=plain_twin(RESIDUAL))
    assert shortcut_share(plain).word == branch_variance(plain).word == "no shortcuts"
    watched = replace(plain, config=None)  # such as torchvision's, which has some
    assert shortcut_share(watched).word == branch_variance(watched).word == "not measured"


@pytest.mark.parametrize(
    ("times", "word"),
    [(1.1, "adds about 1/k"), (0.1, "adds little"), (0.0, "adds nothing"), (5.0, "adds much")],
)
def test_the_branch_variance_is_of_the_first_step_and_k_begins_anew_in_each_stage(
    times: float, word: str
) -> None:
    k = np.array([1, 2, 3] * 3)
    padded = np.where(np.arange(9) < 3, times / k, 0.05)  # a sum that goes on: only stage 1 counts
    verdict = branch_variance(net({"branch_ratio": padded}, {"branch_ratio": 7 * k}))
    assert verdict.value == pytest.approx(times, rel=1e-5)
    projections = revise(RESIDUAL, shortcut="projection")
    verdict = branch_variance(net({"branch_ratio": times / k}, config=projections))
    assert verdict.word == word
    assert verdict.value == pytest.approx(times, rel=1e-5)


@pytest.mark.parametrize(
    ("shortcut", "depths", "counted", "which"),
    [
        ("zero_pad", (7, 6, 2), {(0, 5), (0, 6), (0, 7)}, "blocks 5 and later of stage 1"),
        ("zero_pad", (4, 6, 2), {(0, 1), (0, 2), (0, 3), (0, 4)}, "blocks of stage 1"),
        (
            "projection",
            (7, 2, 6),
            {(0, 5), (0, 6), (0, 7), (2, 5), (2, 6)},
            "blocks 5 and later of each stage",
        ),
        ("projection", (1, 2, 1), {(0, 1), (1, 1), (1, 2), (2, 1)}, "blocks of each stage"),
    ],
)
def test_the_branch_variance_is_of_late_blocks_in_sums_that_begin(
    shortcut: str, depths: tuple[int, ...], counted: set[tuple[int, int]], which: str
) -> None:
    """The k-th block of a stage, by hand; any other choice of blocks has another median."""
    places = [(stage, k + 1) for stage, depth in enumerate(depths) for k in range(depth)]
    times = np.random.default_rng(0).uniform(0.5, 2, len(places))
    ratios = times / [k for _, k in places]
    config = revise(RESIDUAL, shortcut=shortcut, depths=depths)
    verdict = branch_variance(net({"branch_ratio": ratios}, config=config))
    expected = np.median(
        [one for one, place in zip(times, places, strict=True) if place in counted]
    )
    assert verdict.value == pytest.approx(expected, rel=1e-5)
    assert verdict.sentence.endswith(f"(median over {which}).")


@pytest.mark.parametrize(
    ("ratio", "word"),
    [
        (1e-3, "usual updates"),
        (1e-5, "small updates"),
        (0.5, "large updates"),
        (np.nan, "not finite"),
    ],
)
def test_the_update_ratio_is_the_newest(ratio: float, word: str) -> None:
    layers = len(plan(RESIDUAL).weighted_layers)
    steps = [{"update_ratio": np.full(layers, value)} for value in (1e-9, ratio)]
    verdict = update_ratio(net(*steps))
    assert verdict.word == word
    assert "tep 1 " in verdict.sentence


def test_the_first_broken_value_is_found_wherever_it_is() -> None:
    layers = plan(RESIDUAL).weighted_layers
    fine = {"grad_norm": np.ones(len(layers)), "grad_cosine": np.full(BLOCKS, np.nan)}
    broken = dict(fine)
    broken["grad_norm"] = np.where(np.arange(len(layers)) == 3, np.inf, 1)
    assert first_broken(net(fine, fine)).word == "none"
    assert "2 steps" in first_broken(net(fine, fine)).sentence
    later = first_broken(net(fine, broken, fine, losses=[1, 1, np.nan]))
    assert (later.word, later.value) == ("at step 1", 1)
    assert layers[3].name in later.sentence
    sooner = first_broken(net(fine, broken, losses=[np.nan, 1]))
    assert (sooner.word, sooner.sentence) == ("at step 0", "At step 0 the loss is inf or NaN.")


def test_without_records_nothing_is_said() -> None:
    for sign in SIGNS:
        assert sign.verdict(net()).word in ("not measured", "none")


@pytest.mark.parametrize("sign", SIGNS, ids=lambda sign: sign.name)
def test_each_sign_says_what_it_is_and_costs(sign: object) -> None:
    assert isinstance(sign, type(SIGNS[0]))
    assert sign.title
    assert sign.formula
    assert sign.source
    assert sign.sentence.endswith(".")
    assert "%" in sign.cost(20) or sign.cost(20) == "costs nothing"


def test_a_cost_is_that_of_this_run() -> None:
    share = next(sign for sign in SIGNS if sign.name == "shortcut_share")
    assert share.cost(1) == "costs 3.8 % of each step"
    assert share.cost(20) == "costs 3.8 % of every 20th step, 0.19 % of the run"


def test_all_that_experts_look_at_is_there() -> None:
    names = {sign.name for sign in SIGNS} | set(measurements())
    wanted = {"gradient_ratio", "shattering", "shortcut_share", "branch_variance", "rank_cka"}
    assert wanted | {"update_ratio", "first_broken"} <= names
    assert isinstance(SIGNS[0].verdict(net()), Verdict)
