"""What became of a net, checked against its losses."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import stats

from resnet_viz.findings.claims.claim import Claim
from tests.findings.reading.means import close
from tests.findings.reading.runs import Check, Race


def _ends(claim: Claim, race: Race) -> None:
    """The numbers of a net's outcome."""
    runs = race[claim.nets[0]]
    assert claim.evidence.runs == (len(runs),)
    losses = [one.end_loss for one in runs]
    if np.isfinite(losses).all() and "loss" in claim.values:
        close(claim.values["loss"], float(np.median(losses)))
        if len(runs) > 1:
            close(claim.values["loss_low"], min(losses))
            close(claim.values["loss_high"], max(losses))
        else:
            assert claim.values["loss_low"] <= losses[0] <= claim.values["loss_high"]
    if "accuracy" in claim.values:
        close(claim.values["accuracy"], float(np.median([one.end_accuracy for one in runs])))
    assert claim.values["steps"] == runs[0].rows
    is_measured = claim.details["measured"] == "after the last update"
    assert is_measured == (runs[0].final is not None)


def _learnt(claim: Claim, race: Race) -> None:
    _ends(claim, race)
    for one in race[claim.nets[0]]:
        assert one.beats_chance() == (True, True)
        if one.final is not None:  # a one-sided test at 5 %: at least as sure as two-sided 5 %
            count = int(one.final["train_images"])
            right = round(one.final["train_accuracy"] * count)
            assert one.of.classes
            p = stats.binomtest(right, count, 1 / one.of.classes, alternative="greater").pvalue
            assert p < 0.05


def _not_learnt(claim: Claim, race: Race) -> None:
    _ends(claim, race)
    for one in race[claim.nets[0]]:
        sure = one.surely_beats_chance()
        assert sure is None or not any(sure), sure


def _unclear(claim: Claim, race: Race) -> None:
    _ends(claim, race)
    for one in race[claim.nets[0]]:
        assert one.surely_beats_chance() != (True, True)


def _diverged(claim: Claim, race: Race) -> None:
    firsts = []
    for one in race[claim.nets[0]]:
        loss = one.loss
        guess = max(loss[0] if np.isfinite(loss[0]) else 0.0, one.chance)
        is_away = ~np.isfinite(loss) | (loss > guess)
        # From the last step at which the loss was no higher than a guess's it stays away.
        since = len(loss) - int(np.argmin(is_away[::-1])) if not is_away.all() else 0
        assert since < len(loss), "it has come back"
        far = np.flatnonzero(~np.isfinite(loss[since:]) | (loss[since:] > 2 * guess))
        assert len(far)
        firsts.append(int(one.steps[since + far[0]]))
        if not np.isfinite(loss[-1]):
            finite = np.flatnonzero(np.isfinite(loss))
            firsts[-1] = int(one.steps[finite[-1] + 1]) if len(finite) else int(one.steps[0])
    assert claim.values["diverged_first"] == min(firsts)


def _mixed(claim: Claim, race: Race) -> None:
    states = ("learnt", "not_learnt", "unclear", "diverged", "too_early", "unknown")
    counted = [claim.values[state] for state in states if state in claim.values]
    assert len(counted) > 1
    assert sum(counted) == len(race[claim.nets[0]])


def _too_early(claim: Claim, race: Race) -> None:
    assert all(one.rows < 5 for one in race[claim.nets[0]])


def _ended(claim: Claim, race: Race) -> None:
    _ends(claim, race)
    assert all(one.of.classes is None for one in race[claim.nets[0]])


def _no_step(claim: Claim, race: Race) -> None:
    assert not len(race.every[claim.nets[0]].history)
    assert race.every[claim.nets[0]].is_over


def _ended_early(claim: Claim, race: Race) -> None:
    own = race.every[claim.nets[0]]
    assert len(own.history) == claim.values["steps"]
    assert len(own.history) < max(len(one.history) for one in race.every.values())
    assert own.is_over == (claim.kind == "ended early")


def _not_finite(claim: Claim, race: Race) -> None:
    broken = [int((~np.isfinite(one.loss)).sum()) for one in race[claim.nets[0]]]
    assert 0 < claim.values["count"] <= sum(broken)


def _peak(claim: Claim, race: Race) -> None:
    """At the step there is such a loss, and it is more than twice the first."""
    at = [one.loss[one.steps == claim.steps[0]] for one in race[claim.nets[0]]]
    assert any(np.isclose(loss, claim.values["peak"], rtol=1e-5).any() for loss in at)
    assert claim.values["peak"] > 2 * claim.values["first"]


def _still_falls(claim: Claim, race: Race) -> None:
    for one in race[claim.nets[0]]:
        line = stats.linregress(np.arange(len(one.late)), one.late)
        assert line.slope < 0
        assert line.pvalue < 0.05


def _stands_still(claim: Claim, race: Race) -> None:
    """Its line does not fall by a tenth of it over the second half."""
    for one in race[claim.nets[0]]:
        line = stats.linregress(np.arange(len(one.late)), one.late)
        assert line.slope * len(one.late) > -0.1 * one.late.mean()


def _frozen(claim: Claim, race: Race) -> None:
    _stands_still(claim, race)
    for one in race[claim.nets[0]]:
        steps, ratios = one.taken("update_ratio")
        late = ratios[steps >= one.steps[one.rows // 2]]
        assert np.median(late[np.isfinite(late)]) < 1e-4


CHECKS: Mapping[str, Check] = {
    "learnt": _learnt,
    "not learnt": _not_learnt,
    "unclear": _unclear,
    "diverged": _diverged,
    "mixed": _mixed,
    "too early": _too_early,
    "ended": _ended,
    "no step": _no_step,
    "ended early": _ended_early,
    "still training": _ended_early,
    "not finite": _not_finite,
    "peak": _peak,
    "still falls": _still_falls,
    "stands still": _stands_still,
    "frozen": _frozen,
}
