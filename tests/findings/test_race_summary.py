"""What is said of a race: the headline, its course, and that no claims contradict each other."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from resnet_viz.findings.claims.claim import Claim
from resnet_viz.findings.claims.convergence_speed import smooth
from resnet_viz.findings.claims.learning import Course
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.race_summary import claims, happened
from resnet_viz.findings.words.sentences import WORDS, sentence
from resnet_viz.quantities.records import History
from tests.findings.made import Loss, contestant, falling, run, several
from tests.findings.recorded import recorded

RESIDUAL, PLAIN = "resnet56-cifar", "plain56-cifar"


def told(*runs: Contestant, plot: str = "") -> str:
    return " ".join(text for text, of in happened(runs) if plot in ("", of))


def kinds(*runs: Contestant) -> set[str]:
    return {claim.kind for claim in claims(runs)}


def only(kind: str, *runs: Contestant) -> Claim:
    (claim,) = (claim for claim in claims(runs) if claim.kind == kind)
    return claim


def test_one_run_is_told_as_one_run() -> None:
    pair = [replace(one, is_over=True, batch_size=64) for one in recorded("default")]
    assert told(*pair).startswith(
        "In this run resnet56-cifar ended at 98 % accuracy; plain56-cifar at 15 %, little better "
        "than guessing (10 %). One seed says how this run went, not how the nets compare."
    )
    assert told(pair[0]).startswith("In this run resnet56-cifar ended at 98 % accuracy.")
    for word in ("ahead", "faster", "sooner", "better than plain", "no difference"):
        assert word not in told(*pair)


def test_a_run_under_way_is_not_told_as_one_that_ended() -> None:
    under_way = [
        replace(run(name, falling(2.5, 0.1, 9)), is_over=False) for name in (RESIDUAL, PLAIN)
    ]
    assert told(*under_way).startswith("After 40 steps resnet56-cifar is at 96 % accuracy,")


def test_nothing_before_every_net_has_a_step_and_no_verdict_after_one() -> None:
    assert happened([]) == []
    assert happened([run(PLAIN, falling(2, 1, 9), steps=0, is_over=False)]) == []
    assert told(run(PLAIN, falling(2, 1, 9), steps=2)).startswith(
        "After 2 steps it is too early to say how plain56-cifar does."
    )
    early = [run(name, falling(2, 1, 9), steps=2) for name in (RESIDUAL, PLAIN)]
    assert told(*early).startswith("After 2 steps it is too early to say how the nets do.")
    assert not kinds(*early) & {"reached", "sooner", "ahead"}


def test_a_run_that_ended_without_a_step_does_not_hide_the_others() -> None:
    quick, slow = run(RESIDUAL, falling(2, 0.1, 10)), run(PLAIN, falling(2, 1, 40))
    failed = run("resnet20-cifar", falling(2, 1, 9), steps=0)
    *others, last = happened([quick, failed, slow])
    assert others == happened([quick, slow])
    assert last.text == "resnet20-cifar ended without a step."
    assert happened([quick, replace(failed, is_over=False)]) == [], "it has yet to begin"


def test_a_peak_and_a_loss_that_was_not_finite_are_told() -> None:
    peak = run(PLAIN, lambda step: 13.2 if step == 4 else 3.0 - 0.05 * step, 60)
    assert "The loss of plain56-cifar rose from 3.00 to 13.2 at step 4." in told(peak)
    once = run(PLAIN, lambda step: np.inf if step == 7 else 2.0, 60)
    assert "The loss of plain56-cifar was not finite in 1 step, first at step 7." in told(once)
    of_three = [
        replace(one, name=f"s{n}", net=PLAIN, net_name=PLAIN)
        for n, one in enumerate([once, *several(PLAIN, 1.9, 2.0, steps=60)])
    ]
    assert "in 1 step, first at step 7 (in 1 of 3 runs)." in told(*of_three)


def test_how_soon_nets_come_to_a_loss_that_both_come_to() -> None:
    quick, slow = run(RESIDUAL, falling(2.5, 0.1, 10)), run(PLAIN, falling(2.5, 0.5, 36))
    found = only("reached", slow, quick)
    assert found.nets == (RESIDUAL, PLAIN)
    level = smooth(Course(slow, 40)).min()
    assert found.values["level"] == pytest.approx(level)
    for name, one in (("steps", quick), ("other_steps", slow)):
        means = np.convolve(one.history.loss, np.full(5, 0.2), "valid")
        after = int(np.argmax(means <= level * (1 + 1e-9))) + 5
        assert found.values[f"{name}_low"] == after
    assert "In this run resnet56-cifar reaches a training loss of" in told(slow, quick)
    assert "sooner" not in told(slow, quick)
    over = several(RESIDUAL, *[0.1] * 5, after=10), several(PLAIN, *[0.5] * 5, after=36)
    sooner = only("sooner", *over[0], *over[1])
    assert sooner.evidence.p == pytest.approx(2 / 252)
    alike = several(RESIDUAL, *[0.1] * 5, after=20), several(PLAIN, *[0.1] * 5, after=20)
    assert "sooner" not in kinds(*alike[0], *alike[1])


@pytest.mark.parametrize("end", [2.31, 2.2, 2.6])
def test_nobody_comes_sooner_to_a_loss_that_is_chance(end: float) -> None:
    pair = run(RESIDUAL, falling(3.5, 0.1, 20)), run(PLAIN, falling(3.0, end, 20))
    assert not kinds(*pair) & {"reached", "sooner"}
    below = run(RESIDUAL, falling(0.4, 0.1, 20)), run(PLAIN, falling(2.5, 0.5, 20))
    assert not kinds(*below) & {"reached", "sooner"}, "who begins below it was not sooner"


@pytest.mark.parametrize(
    ("updates", "kind"), [(1e-5, "frozen"), (1e-2, "stands still"), (np.nan, "stands still")]
)
def test_a_loss_that_stands_still_is_frozen_only_where_updates_are_small(
    updates: float, kind: str
) -> None:
    stuck = run(
        PLAIN,
        falling(2.32, 2.31, 3),
        accuracy=lambda step: 0.1,
        values=lambda step: {"update_ratio": [updates] * 56},
    )
    assert only(kind, stuck).plot == "through_time"
    assert "stands still at" in told(stuck)
    assert ("It is frozen" in told(stuck)) == (kind == "frozen")


def test_of_a_loss_that_falls_it_is_not_said_that_it_stands() -> None:
    """Falls of t = -5.5 and -7.8 over the second half were told as 'hardly learns'."""
    slow: Loss = lambda step: 2.6 - 0.004 * step + 0.02 * float(np.sin(7.1 * step))  # noqa: E731
    guessing = run(PLAIN, slow, 60, accuracy=lambda step: 0.1)
    assert "still falls" in kinds(guessing)
    assert not kinds(guessing) & {"frozen", "stands still"}
    noisy = run(PLAIN, falling(2.6, 2.5, 3, noise=0.3), accuracy=lambda step: 0.1)
    assert not kinds(noisy) & {"frozen", "stands still"}, "the noise would hide a fall"
    learnt = run(PLAIN, falling(2.3, 0.05, 10))
    assert not kinds(learnt) & {"frozen", "stands still", "still falls"}


def ranks(*found: float) -> object:
    """The median block's effective rank, evenly over forty steps."""
    every = 40 // len(found)
    return lambda step: (
        {} if step % every else {"effective_rank": [1.0, found[step // every], 64.0]}
    )


def test_few_directions_of_a_net_that_tells_images_apart_are_no_collapse() -> None:
    few = {"values": ranks(34, 2.9)}
    right = run(PLAIN, falling(2.5, 1.6, 20), accuracy=lambda step: 0.42, **few)
    assert "few directions" in kinds(right)
    assert "collapse" not in told(right)
    guess = run(PLAIN, falling(2.5, 2.35, 20), accuracy=lambda step: 0.1, **few)
    assert "The features of plain56-cifar collapse: " in told(guess)
    # It is the accuracy that counts, also where the loss is above a guess's.
    sure = run(PLAIN, falling(2.5, 3.0, 20), accuracy=lambda step: 0.42, **few)
    assert "collapse" not in told(sure)


def pair(ours: tuple[float, ...], theirs: tuple[float, ...]) -> list[Contestant]:
    """Two nets whose runs come to these losses."""
    return several(RESIDUAL, *ours) + several(PLAIN, *theirs)


@pytest.mark.parametrize(
    "runs",
    [
        pytest.param(lambda: recorded("default"), id="real"),
        pytest.param(lambda: recorded("warm-up"), id="warm-up"),
        pytest.param(lambda: recorded("no norm"), id="no norm"),
        pytest.param(lambda: several(RESIDUAL, *[0.1] * 5) + several(PLAIN, *[2.3] * 5), id="five"),
        pytest.param(
            lambda: several(RESIDUAL, 0.1, 2.3, 0.1) + several(PLAIN, 2.3, 0.2, 2), id="mix"
        ),
        pytest.param(
            lambda: [
                run(PLAIN, lambda step: [2.3, 1e9][step > 3]),
                run(RESIDUAL, lambda step: 2.3),
            ],
            id="away",
        ),
    ],
)
def test_claims_of_a_race_do_not_contradict_each_other(runs: object) -> None:
    found = claims(runs())  # type: ignore[operator]
    assert found
    told_of = [(claim.kind, claim.nets[0]) for claim in found]
    for a, b in combinations(sorted(CONTRARY), 2):
        for net in {claim.nets[0] for claim in found}:
            both = {a, b} if frozenset((a, b)) in EXCLUDED else set()
            assert not both or not both <= {kind for kind, of in told_of if of == net}
    for claim in found:
        if claim.kind in ("ahead", "sooner", "learns more"):
            assert (claim.kind, claim.nets[1]) not in [
                (one.kind, one.nets[0]) for one in found if one.nets == claim.nets[::-1]
            ]
        assert claim.kind in WORDS
        assert sentence(claim).endswith(".")
        assert "nan" not in sentence(claim)


EXCLUDED = {
    frozenset(pair)
    for pair in (
        ("learnt", "not learnt"),
        ("learnt", "diverged"),
        ("not learnt", "diverged"),
        ("still falls", "frozen"),
        ("still falls", "stands still"),
        ("learnt", "frozen"),
        ("learnt", "features collapse"),
        ("diverged", "stands still"),
        ("dead", "still falls"),
        ("degradation", "no degradation"),
        ("not learnt", "ahead"),
        ("diverged", "ahead"),
        ("diverged", "sooner"),
        ("not learnt", "reached"),
    )
}
CONTRARY = {kind for pair in EXCLUDED for kind in pair}


def test_each_claim_says_what_it_rests_on() -> None:
    found = claims([*several(RESIDUAL, *[0.1] * 4), *several(PLAIN, *[0.5] * 4)])
    for claim in found:
        assert claim.quantity
        assert claim.steps[0] <= claim.steps[1]
        assert claim.evidence.runs
        with pytest.raises(TypeError):
            claim.values["loss"] = 0.0  # type: ignore[index]


def test_a_history_that_leaves_steps_out_tells_the_same() -> None:
    """Of a long run every so many steps are kept of a norm, but of the loss all."""
    nets = [
        contestant(
            "plain20-cifar",
            3000,
            norm=lambda step, column: (
                1000.0 ** (1 - column / 19) if step < 100 else 1 + column / 19
            ),
            loss=lambda step: 2.0 - 0.0005 * step,
        )
    ]
    thinned = [replace(net, history=History(net.history.records(), most=64)) for net in nets]
    assert thinned[0].history.is_thinned("grad_norm")
    assert happened(thinned) == happened(nets)


def test_projections_are_not_the_first_or_last_layer() -> None:
    net = contestant("resnet50", 1, norm=lambda s, c: 1.0)
    assert not net.layers[net.main[0]].is_beside


@pytest.mark.parametrize("count", [2, 3, 6])
def test_the_sentences_are_not_long(count: int) -> None:
    names = ("resnet20-cifar", "plain20-cifar", RESIDUAL, PLAIN, "resnet110-cifar", "preact18")
    nets = [
        one for n, name in enumerate(names[:count]) for one in several(name, *[0.1 + n / 5] * 5)
    ]
    for text, _ in happened(nets):
        for part in text.split(". "):
            assert len(part.split()) <= 40, part
