"""Nets are compared over seeds or not at all: on runs of one net, and on made records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from resnet_viz.findings.claims.claim import Claim
from resnet_viz.findings.claims.comparison import compared, comparisons
from resnet_viz.findings.claims.learning import standings
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.nets import nets_in
from resnet_viz.findings.race_summary import claims, happened
from tests.findings.made import falling, run, several
from tests.findings.recorded import SEEDS

RESIDUAL, PLAIN = "resnet20-cifar", "plain20-cifar"
RANKED = ("ahead", "learns more", "sooner", "degradation", "no degradation")


def same_net(name: str, seeds: Sequence[int]) -> list[Contestant]:
    """Real runs of plain-20 under a name."""
    with np.load(SEEDS) as file:
        return [
            replace(
                run(
                    PLAIN,
                    lambda step, own=file["loss"][seed]: float(own[step]),
                    accuracy=lambda step, own=file["accuracy"][seed]: float(own[step]),
                    seed=seed,
                ),
                net=name,
                net_name=name,
            )
            for seed in seeds
        ]


def kinds(*nets: Sequence[Contestant]) -> set[str]:
    return {claim.kind for claim in claims([one for net in nets for one in net])}


def only(kind: str, *nets: Sequence[Contestant]) -> Claim:
    (claim,) = (c for c in claims([one for net in nets for one in net]) if c.kind == kind)
    return claim


def told(*nets: Sequence[Contestant]) -> str:
    return " ".join(said.text for said in happened([one for net in nets for one in net]))


def test_one_run_of_a_net_is_never_ranked_against_another_of_it() -> None:
    """The mean and spread of the last minibatches told a fifth of these 66 pairs apart."""
    with np.load(SEEDS) as file:
        ends = [(loss[-5:].mean(), loss[-5:].std()) for loss in file["loss"]]
    before = [abs(a[0] - b[0]) > a[1] + b[1] for a, b in combinations(ends, 2)]
    assert np.mean(before) > 0.2
    for a, b in combinations(range(12), 2):
        pair = same_net("a", [a]), same_net("b", [b])
        assert not kinds(*pair) & set(RANKED)
        assert "One seed says how this run went, not how the nets compare." in told(*pair)


@pytest.mark.parametrize("runs", [2, 3, 4, 5])
def test_runs_of_one_net_are_seldom_told_apart(runs: int) -> None:
    """By chance, at 5 % at most; disjoint ranges would tell 10 % apart of three against three."""
    rng = np.random.default_rng(runs)
    drawn = [rng.permutation(12)[: 2 * runs] for _ in range(60)]
    wrong = [
        {claim.kind for claim in comparisons(standings(nets_in(nets)))} & {"ahead", "learns more"}
        for seeds in drawn
        for nets in ([*same_net("a", seeds[:runs]), *same_net("b", seeds[runs:])],)
    ]
    # Of 60 tests at 5 %, eight or more come by chance in 1 % of the cases.
    assert sum(map(bool, wrong)) < 8


def test_from_four_seeds_on_the_test_is_exact_and_says_n_and_p() -> None:
    ahead = only("ahead", several(PLAIN, 0.3, 0.34, 0.31, 0.36), several(RESIDUAL, *[0.1] * 4))
    assert ahead.nets == (RESIDUAL, PLAIN)
    assert ahead.evidence.method == "permutation test"
    assert ahead.evidence.p == pytest.approx(2 / 70)
    assert ahead.evidence.runs == (4, 4)
    said = told(several(RESIDUAL, *[0.1] * 4), several(PLAIN, 0.3, 0.34, 0.31, 0.36))
    assert said.startswith(
        "Over 4 seeds each, resnet20-cifar ends with a lower training loss than plain20-cifar: "
    )
    assert "(p = 0.029, exact permutation test)" in said
    overlap = several(PLAIN, 0.3, 0.1, 0.31, 0.36), several(RESIDUAL, 0.1, 0.2, 0.33, 0.11)
    assert not kinds(*overlap) & set(RANKED)
    assert "Over 4 seeds each it is undecided which net ends lower" in told(*overlap)


def test_below_that_it_is_welchs_interval_and_said_to_be_one() -> None:
    pair = several(RESIDUAL, 0.1, 0.11, 0.12), several(PLAIN, 0.3, 0.35, 0.33)
    ahead = only("ahead", *pair)
    assert (ahead.evidence.method, ahead.evidence.p) == ("Welch interval", None)
    assert ahead.evidence.interval is not None
    assert ahead.evidence.interval[0] < 0.327 / 0.11 < ahead.evidence.interval[1]
    assert "Welch's 95 % interval of the ratio" in told(*pair)
    # Ranges that do not touch, and an interval that does: three seeds do not carry it.
    apart = several(RESIDUAL, 0.1, 0.2, 0.29), several(PLAIN, 0.3, 0.5, 0.9)
    assert not kinds(*apart) & set(RANKED)
    assert "undecided" in told(*apart)


def test_several_nets_are_corrected_for_their_pairs() -> None:
    names = (RESIDUAL, PLAIN, "resnet32-cifar")
    near = (0.1, 0.11, 0.12, 0.09, 0.1)
    ends = (near, (0.3, 0.35, 0.33, 0.29, 0.4), near[::-1])
    nets = [several(name, *own) for name, own in zip(names, ends, strict=True)]
    found = [c for c in claims([one for net in nets for one in net]) if c.kind == "ahead"]
    assert {claim.nets for claim in found} == {(RESIDUAL, PLAIN), ("resnet32-cifar", PLAIN)}
    for claim in found:
        assert claim.evidence.p == pytest.approx(3 * 2 / 252)
    assert "corrected for 3 pairs" in told(*nets)
    # With four seeds no exact test reaches 5 % of three pairs: intervals that hold together.
    four = [net[:4] for net in nets]
    found = [c for c in claims([one for net in four for one in net]) if c.kind == "ahead"]
    assert {claim.evidence.method for claim in found} == {"Welch interval"}
    assert "98.3 % interval" in told(*four)


def test_a_stricter_level_does_not_say_what_the_exact_test_of_the_pair_refuses() -> None:
    """One of four runs lies among the other net's: p is 4 in 70, and Welch's interval holds."""
    logs = np.array([[-0.7, -1.3, -0.6, 0.0], [-0.1, 2.0, 1.0, 1.5]]) / 2 - 2
    pair = [several(name, *np.exp(own)) for name, own in zip((RESIDUAL, PLAIN), logs, strict=True)]
    first, second = standings(nets_in([one for net in pair for one in net]))
    alone, among_two = (next(compared([(first, second)], among)) for among in (1, 2))
    assert (alone.kind, alone.evidence.p) == ("undecided", pytest.approx(4 / 70))
    interval = among_two.evidence.interval
    assert interval is not None
    assert interval[0] > 1
    assert among_two.kind == "undecided"


def test_who_learns_and_who_does_not_is_said_and_no_rank() -> None:
    never = several("plain56-cifar", 2.3, 2.35, 2.33, 2.4, accuracy=lambda step: 0.1)
    pair = several("resnet56-cifar", 0.1, 0.11, 0.12, 0.1), never
    assert only("learns more", *pair).evidence.p == pytest.approx(2 / 70)
    assert told(*pair).startswith(
        "Over 4 seeds each, resnet56-cifar learns in all 4 runs and plain56-cifar in none"
    )
    assert "ahead" not in kinds(*pair)
    away = [
        run("plain56-cifar", lambda step: 2.3 if step < 5 else np.inf, seed=seed) for seed in "abcd"
    ]
    assert not kinds(pair[0], away) & set(RANKED)
    assert "plain56-cifar diverged in all 4 runs, first at step 5" in told(pair[0], away)


@pytest.mark.parametrize(
    ("setting", "values", "words"),
    [
        ("lr", (0.1, 0.01), "learning rate 0.1 and 0.01"),
        ("dataset", ("digits", "cifar10"), "data digits and cifar10"),
        ("label_smoothing", (0.0, 0.1), "label smoothing 0 and 0.1"),
        ("steps", (40, 60), "steps 40 and 60"),
    ],
)
def test_nets_that_were_trained_differently_are_not_ranked(
    setting: str, values: tuple[object, object], words: str
) -> None:
    pair = several(RESIDUAL, *[0.1] * 4), several(PLAIN, 0.3, 0.34, 0.31, 0.36)
    assert kinds(*pair) & set(RANKED)
    differ = [
        [replace(one, recipe={setting: value}) for one in net]
        for net, value in zip(pair, values, strict=True)
    ]
    assert not kinds(*differ) & set(RANKED)
    assert f"The nets were trained differently ({words}), so they are not ranked." in told(*differ)
    single = [[net[0]] for net in differ]
    assert f"trained differently ({words})" in told(*single), "several races looked at together"
    alike = [[replace(one, recipe={setting: values[0]}) for one in net] for net in pair]
    assert kinds(*alike) & set(RANKED)


def test_equal_nets_are_level() -> None:
    pair = several(RESIDUAL, *[0.1] * 5), several(PLAIN, *[0.1] * 5)
    assert "level" in kinds(*pair)
    assert "are level: the ratio of their training losses is" in told(*pair)


def test_runs_of_other_lengths_are_told_and_not_ranked() -> None:
    pair = (
        [run(RESIDUAL, falling(2.5, 0.1, 20), steps=101)],
        [run(PLAIN, falling(2.5, 0.3, 10), steps=20)],
    )
    said = told(*pair)
    assert "The nets were trained differently (steps 101 and 20), so they are not ranked." in said
    assert "over steps 90 to 100" in said
    assert "over steps 15 to 19" in said


def test_many_pairs_are_told_in_few_sentences() -> None:
    names = (RESIDUAL, PLAIN, "resnet32-cifar", "resnet44-cifar")
    levels = (0.1, 0.5, 0.1, 0.1)
    nets = [several(name, *[end] * 5, after=20) for name, end in zip(names, levels, strict=True)]
    found = [c for c in claims([one for net in nets for one in net]) if "pairs" in c.values]
    pairs = [claim for claim in found if claim.kind in ("ahead", "level", "undecided")]
    assert len(pairs) == 6
    said = [text.text for text in happened([one for net in nets for one in net])]
    assert sum("lower training loss than" in text for text in said[1:]) == 3
    assert "(p at most 0.048, exact permutation test, corrected for 6 pairs)." in " ".join(said)
    (alike,) = (text for text in said[1:] if text.startswith("No difference is shown between"))
    assert alike.count(" and ") == 3
