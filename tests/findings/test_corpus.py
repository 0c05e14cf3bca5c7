"""Every claim about 300 races, against a reading of their records that shares no code with it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import torch

from resnet_viz.findings.claims.claim import Claim
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.race_summary import claims
from resnet_viz.findings.words.sentences import WORDS, sentences
from resnet_viz.quantities.records import History
from tests.findings import corpus
from tests.findings.corpus import contestants, kept, run_of
from tests.findings.reading import CHECKS
from tests.findings.reading.runs import Race

NIGHTLY = bool(os.environ.get("RESNET_VIZ_NIGHTLY"))
EVERY = 1 if NIGHTLY else 10
"""Of the races in an ordinary run of the tests: every tenth."""

OUTCOMES = {"learnt", "not learnt", "unclear", "diverged", "mixed", "too early", "ended"}
RANKING = {"ahead", "level", "undecided", "learns more", "learning undecided"}
COURSES = {"still falls", "stands still", "frozen"}
WINS = {"ahead", "learns more"}


def told_races() -> Iterator[tuple[int, list[Contestant]]]:
    for number, (race, runs) in enumerate(kept()):
        if number % EVERY == 0:
            yield number, contestants(race, runs)


def contradictions(said: Sequence[Claim]) -> Iterator[str]:
    """Pairs of claims of which one denies the other."""
    for net in {name for claim in said for name in claim.nets}:
        yield from _of_one_net(net, [claim.kind for claim in said if claim.nets == (net,)])
    yield from _of_rankings(said)
    yield from _of_courses(said)
    collapsed = {claim.nets for claim in said if claim.kind.startswith("features collapse")}
    for claim in said:
        is_good = claim.kind == "learnt" and claim.values.get("accuracy", 0.0) > 0.4
        if is_good and claim.nets in collapsed:
            yield f"{claim.nets[0]} has learnt with collapsed features"


def _of_one_net(net: str, own: Sequence[str]) -> Iterator[str]:
    gradient = {kind for kind in own if kind.startswith("gradient ")}
    features = {kind for kind in own if kind.startswith("feat") or kind == "few directions"}
    for group in (OUTCOMES, COURSES, gradient, features):
        if len(found := [kind for kind in own if kind in group]) > 1:
            yield f"{net}: {found}"
    if "learnt" in own and COURSES & set(own):
        yield f"{net} has learnt, and it is said how its loss stands still or falls"


def _of_rankings(said: Sequence[Claim]) -> Iterator[str]:
    outcome = {claim.nets[0]: claim.kind for claim in said if claim.kind in OUTCOMES}
    pairs = [claim for claim in said if claim.kind in RANKING]
    for one, other in combinations(pairs, 2):
        if set(one.nets) == set(other.nets):
            yield f"{one.kind} and {other.kind} of {one.nets}"
    for claim in pairs:
        if "diverged" in {outcome[net] for net in claim.nets}:
            yield f"{claim.kind}, and one has diverged"
        if claim.kind == "ahead" and {outcome[net] for net in claim.nets} != {"learnt"}:
            yield f"ahead, and not both have learnt: {claim.nets}"


def _of_courses(said: Sequence[Claim]) -> Iterator[str]:
    wins = {claim.nets for claim in said if claim.kind in WINS}
    falling = {claim.nets[0] for claim in said if claim.kind == "still falls"}
    for claim in said:
        if claim.kind in ("degradation", "deeper behind") and claim.nets in wins:
            yield f"{claim.nets[0]} is behind and ahead"
        if claim.kind == "degradation" and claim.nets[0] in falling:
            yield f"degradation, and the loss of {claim.nets[0]} still falls"
        if claim.kind == "no degradation" and claim.nets[::-1] in wins:
            yield f"no degradation, and {claim.nets[0]} is behind"


def test_the_corpus_is_what_it_is_said_to_be() -> None:
    races = kept()
    assert len(races) == corpus.RACES
    assert all(len(runs) == len(race.specs) for race, runs in races)
    kinds = Counter(
        claim.kind for race, runs in races[::3] for claim in claims(contestants(race, runs))
    )
    wanted = {"learnt", "not learnt", "diverged", "too early", "trained differently", "still falls"}
    assert wanted <= set(kinds), kinds
    assert len(kinds) > 20, kinds


def test_every_kind_of_claim_has_a_check() -> None:
    assert set(CHECKS) == set(WORDS)


def test_every_claim_holds_in_the_records() -> None:
    wrong = []
    for number, runs in told_races():
        race = Race.of(runs)
        for claim in claims(runs):
            try:
                CHECKS[claim.kind](claim, race)
            except AssertionError as error:
                wrong.append(f"race {number}: {claim.kind} of {claim.nets}: {error}")
    assert not wrong, "\n".join(wrong)


def test_no_two_claims_contradict_each_other() -> None:
    wrong = [
        f"race {number}: {text}"
        for number, runs in told_races()
        for text in contradictions(claims(runs))
    ]
    assert not wrong, "\n".join(wrong)


def test_of_one_run_each_no_net_is_called_better() -> None:
    for number, runs in told_races():
        said = claims(runs)
        if max((max(claim.evidence.runs) for claim in said), default=0) > 1:
            continue
        text = " ".join(sentence.text for sentence in sentences(said))
        for word in ("ahead of", "lower training loss than", "Degradation:", "sooner than", "nan"):
            assert word not in text, f"race {number}: {text}"
        kinds = {claim.kind for claim in said}
        is_plain = kinds & OUTCOMES == {"learnt"} and "trained differently" not in kinds
        if is_plain and len(Race.of(runs).runs) > 1:
            assert "One seed says how this run went" in text, f"race {number}: {text}"


def test_the_check_can_fail() -> None:
    """Records that are changed behind the claims' back are noticed."""
    failed: Counter[str] = Counter()
    for _, runs in told_races():
        said = claims(runs)
        spoilt = [
            replace(
                run,
                history=History(
                    [
                        replace(r, loss=r.loss * 3, accuracy=0.0, values=_spoilt(r.values))
                        for r in run.history.records()
                    ]
                ),
            )
            for run in runs
        ]
        race = Race.of(spoilt)
        for claim in said:
            try:
                CHECKS[claim.kind](claim, race)
            except AssertionError:
                failed[claim.kind] += 1
    assert failed["learnt"]
    assert failed["weight gradients"]
    assert sum(failed.values()) > 20, failed


def _spoilt(values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: array[::-1] * 3 for name, array in values.items()}


@pytest.mark.skipif(not NIGHTLY, reason="trains twenty races; set RESNET_VIZ_NIGHTLY=1")
@pytest.mark.slow
def test_twenty_races_trained_anew_begin_alike_and_hold() -> None:
    for number in range(0, corpus.RACES, corpus.RACES // 20):
        race, before = kept()[number]
        runs = [run_of(race, place) for place in range(len(race.specs))]
        for own, old in zip(runs, before, strict=True):
            assert len(own.records) == len(old.records)
            if own.records:  # later a deep net's course differs between machines
                assert own.records[0].loss == pytest.approx(old.records[0].loss, rel=1e-3)
        told = contestants(race, runs)
        said, read = claims(told), Race.of(told)
        for claim in said:
            CHECKS[claim.kind](claim, read)
        assert not list(contradictions(said))
    torch.set_flush_denormal(False)
