"""The three steps that tell why, and the outcome's card, against the records of the corpus."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest

from resnet_viz.figures.why_chart import why_chart
from resnet_viz.findings.claims.claim import Claim
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.outcome_card import outcome_card
from resnet_viz.findings.race_summary import claims
from resnet_viz.findings.signs import SIGNS
from resnet_viz.findings.why import why
from tests.findings.made import falling, run, several
from tests.findings.test_corpus import told_races

TOLD = list(told_races())
COLLAPSED = {"features collapse", "features collapsed"}


def one_seed() -> Iterator[tuple[list[Contestant], list[Claim]]]:
    """Races of the corpus with one run of each net."""
    for _, runs in TOLD:
        if len({one.net for one in runs}) == len(runs) and any(len(one.history) for one in runs):
            yield runs, claims(runs)


def test_the_lines_are_the_records() -> None:
    seen = 0
    for runs, said in one_seed():
        gradient, features, updates = why(runs, said)
        by_name = {one.name: one for one in runs}
        for line in gradient.lines:
            norms = by_name[line.name].history.series("grad_input_norm").values[0]
            usable = np.isfinite(norms) & (norms > 0)
            assert np.allclose(line.y[usable], norms[usable])
            assert np.isnan(line.y[~usable]).all()
            assert (np.diff(line.x) < 0).all(), "the input is at the left"
            seen += 1
        for line in features.lines:
            ranks = by_name[line.name].history.series("effective_rank")
            assert np.allclose(line.y, np.median(ranks.values, axis=1), equal_nan=True)
            assert list(line.x) == list(ranks.steps)
        for line in updates.lines:
            one = by_name[line.name]
            main = [i for i, layer in enumerate(one.layers) if layer.role == "main"]
            last = one.history.series("update_ratio").values[-1, main]
            if np.isfinite(last).all():
                assert line.y[-1] == pytest.approx(100 * np.median(last), rel=1e-5)
    assert seen > 10


def test_the_sentences_say_what_the_claims_do() -> None:
    for runs, said in one_seed():
        gradient, features, updates = why(runs, said)
        for claim in said:
            first = gradient.sentences[0]
            if claim.quantity == "grad_input_norm" and np.isfinite(claim.values["ratio_low"]):
                word = claim.kind.removeprefix("gradient ")
                part = next(p for p in re.split(r"the gradient |; it ", first) if claim.name in p)
                assert part.startswith(word), (part, claim)
            if claim.kind in COLLAPSED:
                assert claim.name in features.sentences[1], features
                assert "collapse" in features.sentences[1]
        for step in (gradient, features, updates):
            assert 1 <= len(step.sentences) <= 2
            why_chart(step).to_json()


def test_a_median_over_seeds_is_said_and_drawn_as_one() -> None:
    runs = several("resnet20-cifar", 0.5, 0.6, 0.7, header={})
    runs += several("plain20-cifar", 1.5, 1.6, 1.7, header={})
    _, _, updates = why(runs, claims(runs))
    assert [line.name for line in updates.lines] == ["resnet20-cifar", "plain20-cifar"]
    assert updates.lines[0].y == pytest.approx(0.1 * np.ones(40))
    assert updates.sentences[0].startswith("A step changes the median layer by 0.10 % at step 0")


def test_a_single_step_is_said_once() -> None:
    runs = [run("resnet20-cifar", falling(2.5, 2.4, 20), 1, header={})]
    _, _, updates = why(runs, claims(runs))
    assert updates.sentences[0] == (
        "A step changes the median layer by 0.10 % at step 0 in resnet20-cifar."
    )


def test_signs_and_claims_of_a_net_do_not_contradict_each_other() -> None:
    """On one page stand the summary's claims and the Diagnosis' verdicts on the same records."""
    compared = 0
    for runs, said in one_seed():
        started = [one for one in runs if len(one.history)]
        for net in started:
            own = {claim.quantity: claim.kind for claim in said if claim.nets == (net.name,)}
            word = {sign.name: sign.verdict(net).word for sign in SIGNS}
            if "grad_input_norm" in own:
                assert own["grad_input_norm"] == f"gradient {word['gradient_ratio']}"
                compared += 1
            if (kind := own.get("effective_rank")) is not None and kind != "features not finite":
                assert (kind in COLLAPSED) == (word["effective_rank"] == "collapsed"), (kind, word)
            if "frozen" in {claim.kind for claim in said if claim.nets == (net.name,)}:
                assert word["update_ratio"] != "large updates"
    assert compared > 10


def card(*runs: Contestant) -> tuple[str, str, str]:
    found = outcome_card(claims(runs))
    assert found.sentence
    return found.title, found.advice, found.remedy


def test_each_outcome_has_a_card_of_its_own() -> None:
    good, bad = falling(2.5, 0.2, 20), falling(2.5, 2.4, 20)
    away = lambda step: 2.3 * 1.6**step  # noqa: E731
    net, twin = "resnet20-cifar", "plain20-cifar"
    assert card(run(net, good), run(twin, bad))[0] == "How this run went"
    title, advice, remedy = card(run(net, away), run(twin, away))
    assert (title, remedy) == ("Both networks diverged", "smaller rate")
    assert "smaller learning rate" in advice
    assert card(run(net, good), run(twin, away))[0] == f"{twin} diverged"
    title, _, remedy = card(run(net, good, 3), run(twin, good, 3))
    assert (title, remedy) == ("Too early to say", "more steps")
    flat = falling(2.35, 2.35, 1)
    title, _, remedy = card(run(net, flat), run(twin, flat))
    assert (title, remedy) == ("Neither network has learnt", "more steps")


def test_seeds_decide_whether_a_net_does_better() -> None:
    ours = several("resnet20-cifar", 0.20, 0.21, 0.22, 0.23)
    theirs = several("plain20-cifar", 0.60, 0.61, 0.62, 0.63)
    assert card(*ours, *theirs)[0] == "resnet20-cifar does better"
    mixed = several("plain20-cifar", 0.15, 0.205, 0.225, 0.3)
    assert card(*ours, *mixed)[0] in ("Undecided", "Level")
