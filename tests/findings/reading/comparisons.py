"""Nets beside each other, checked with scipy's tests and loops over steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log

import numpy as np
from scipy import stats

from resnet_viz.arch.plan import plan
from resnet_viz.findings.claims.claim import Claim
from tests.findings.reading.means import close, end_logs, level_of_means, pair_of, trained_alike
from tests.findings.reading.runs import Check, One, Race


def _ahead(claim: Claim, race: Race) -> None:
    ours, theirs = pair_of(claim, race)
    for one in (*ours, *theirs):
        assert one.beats_chance() == (True, True), "not both have learnt"
    a, b = end_logs(ours), end_logs(theirs)
    assert np.mean(a) < np.mean(b)
    assert claim.evidence.method in ("permutation test", "Welch interval")
    assert (
        (claim.evidence.method == "permutation test")
        or min(len(a), len(b)) < 4
        or (claim.values["pairs"] > 1)
    )
    assert level_of_means(a, b, claim.evidence.method) <= 0.05 + 1e-9
    close(claim.values["ratio"], float(np.exp(np.mean(b) - np.mean(a))))


def _level(claim: Claim, race: Race) -> None:
    ours, theirs = pair_of(claim, race)
    ratio = float(np.exp(np.mean(end_logs(theirs)) - np.mean(end_logs(ours))))
    assert 1 / 1.25 < ratio < 1.25


def _undecided(claim: Claim, race: Race) -> None:
    ours, theirs = pair_of(claim, race)
    p = level_of_means(end_logs(ours), end_logs(theirs), claim.evidence.method)
    assert p * claim.values["pairs"] > 0.05 - 1e-6


def _learns_more(claim: Claim, race: Race) -> None:
    ours, theirs = pair_of(claim, race)
    better = [sum(one.beats_chance() == (True, True) for one in runs) for runs in (ours, theirs)]
    assert better[0] >= claim.values["learnt"] > claim.values["other"]
    assert np.mean(end_logs(ours)) <= np.mean(end_logs(theirs)) or claim.values["learnt"] == len(
        ours
    )


def _learning_undecided(claim: Claim, race: Race) -> None:
    ours, theirs = pair_of(claim, race)
    assert claim.values["learnt"] < len(ours) or claim.values["other"] < len(theirs)


def _trained_differently(claim: Claim, race: Race) -> None:
    runs = [race[name][0] for name in claim.nets]
    is_other = any(run.of.recipe != runs[0].of.recipe for run in runs)
    assert is_other or len({run.rows for run in runs}) > 1


def _depth(runs: Sequence[One]) -> int:
    config = runs[0].of.config
    assert config is not None
    return plan(config).depth


def _worse(claim: Claim, race: Race) -> tuple[Sequence[One], float]:
    deeper, other = trained_alike(claim, race)
    assert _depth(deeper) > _depth(other)
    gap = min(one.end_loss for one in deeper) - max(one.end_loss for one in other)
    return deeper, gap


def _degradation(claim: Claim, race: Race) -> None:
    deeper, gap = _worse(claim, race)
    assert gap > 0
    assert min(claim.evidence.runs) > 1
    for one in deeper:
        line = stats.linregress(np.arange(len(one.late)), one.late)
        assert line.slope * len(one.late) > -gap, "it may still close the gap"


def _no_degradation(claim: Claim, race: Race) -> None:
    deeper, other = trained_alike(claim, race)
    assert np.mean(end_logs(deeper)) < np.mean(end_logs(other))
    assert min(claim.evidence.runs) > 1


def _deeper_behind(claim: Claim, race: Race) -> None:
    assert _worse(claim, race)[1] > 0


def _first_at(one: One, level: float) -> int:
    for end in range(5, one.rows + 1):
        if one.loss[end - 5 : end].mean() <= level * (1 + 1e-6):
            return end
    raise AssertionError("never")


def _reached(claim: Claim, race: Race) -> None:
    """The steps, counted in a loop; and the level is no guess's."""
    for name, runs in zip(("steps", "other_steps"), trained_alike(claim, race), strict=True):
        steps = [_first_at(one, claim.values["level"]) for one in runs]
        assert claim.values[f"{name}_low"] == min(steps)
        assert claim.values[f"{name}_high"] == max(steps)
        assert all(claim.values["level"] < one.loss[0] for one in runs)
        assert all(claim.values["level"] < one.chance for one in runs if one.chance)


def _sooner(claim: Claim, race: Race) -> None:
    _reached(claim, race)
    logs = [
        [log(_first_at(one, claim.values["level"])) for one in race[name]] for name in claim.nets
    ]
    assert level_of_means(*logs, claim.evidence.method) <= 0.05 + 1e-9
    assert np.mean(logs[0]) < np.mean(logs[1])


CHECKS: Mapping[str, Check] = {
    "ahead": _ahead,
    "level": _level,
    "undecided": _undecided,
    "learns more": _learns_more,
    "learning undecided": _learning_undecided,
    "trained differently": _trained_differently,
    "degradation": _degradation,
    "no degradation": _no_degradation,
    "deeper behind": _deeper_behind,
    "reached": _reached,
    "sooner": _sooner,
}
