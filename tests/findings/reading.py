"""A reading of records that shares no code with the findings: numpy and scipy, run by run.

`CHECKS` says of each kind of claim what must be so in the records for it to be said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from resnet_viz.arch.plan import plan
from resnet_viz.findings.claims.claim import Claim
from resnet_viz.findings.contestant import Contestant

Numbers = NDArray[np.float64]
Check = Callable[[Claim, "Race"], None]


@dataclass(frozen=True)
class One:
    """A run over its first `rows` records."""

    of: Contestant
    rows: int

    @property
    def loss(self) -> Numbers:
        return np.asarray(self.of.history.loss[: self.rows], np.float64)

    @property
    def steps(self) -> NDArray[np.int64]:
        return self.of.history.steps[: self.rows]

    @property
    def chance(self) -> float:
        return log(self.of.classes) if self.of.classes else 0.0

    @property
    def late(self) -> Numbers:
        """The losses of the second half."""
        return self.loss[self.rows // 2 :]

    def taken(self, name: str) -> tuple[NDArray[np.int64], Numbers]:
        """The steps at which a quantity was taken, and its rows."""
        found = self.of.history.series(name)
        inside = found.steps <= self.steps[-1]
        return found.steps[inside], found.values[inside].astype(np.float64)

    @property
    def final(self) -> Mapping[str, float] | None:
        """The end as it was measured, if this run came to it."""
        steps, values = self.taken("final")
        if not len(steps) or steps[-1] != self.steps[-1]:
            return None
        names = self.of.along("final").names
        return dict(zip(names, values[-1].tolist(), strict=True))

    @property
    def end_loss(self) -> float:
        """The loss at the end: measured, or the mean over the last tenth, at least five."""
        if self.final is not None:
            return self.final["train_loss"]
        return float(self.loss[-max(5, -(-self.rows // 10)) :].mean())

    @property
    def end_accuracy(self) -> float:
        if self.final is not None:
            return self.final["train_accuracy"]
        accuracy = self.of.history.accuracy[: self.rows]
        return float(accuracy[-max(5, -(-self.rows // 10)) :].mean())

    def beats_chance(self) -> tuple[bool, bool]:
        """Whether loss and accuracy are better than a guess's at all."""
        assert self.of.classes
        return self.end_loss < self.chance, self.end_accuracy > 1 / self.of.classes

    def surely_beats_chance(self) -> tuple[bool, bool] | None:
        """The same beyond doubt, by tests that the findings do not use; None if not measured."""
        if self.final is None or not self.of.classes:
            return None
        found, share = self.final, 1 / self.of.classes
        count = int(found["train_images"])
        right = round(found["train_accuracy"] * count)
        p = stats.binomtest(right, count, share, alternative="greater").pvalue
        z = (self.chance - found["train_loss"]) / max(found["train_loss_se"], 1e-12)
        return bool(z > 2.2), bool(p < 0.01)


@dataclass(frozen=True)
class Race:
    """The runs of a race by the names of nets and of runs."""

    runs: Mapping[str, Sequence[One]]
    every: Mapping[str, Contestant]

    @classmethod
    def of(cls, contestants: Sequence[Contestant]) -> Race:
        begun = [one for one in contestants if len(one.history)]
        most = max((len(one.history) for one in begun), default=0)
        long = [len(one.history) for one in begun if len(one.history) >= 0.8 * most]
        nets: dict[str, list[Contestant]] = {}
        for one in begun:
            nets.setdefault(one.net_name, []).append(one)
        runs = {}
        for name, own in nets.items():
            far = [one for one in own if len(one.history) >= min(long)] or own
            runs[name] = [One(one, min(*long, len(one.history))) for one in far]
        return cls(runs, {one.name: one for one in contestants})

    def __getitem__(self, name: str) -> Sequence[One]:
        return self.runs[name]


def _close(value: float, expected: float) -> None:
    assert np.isclose(value, expected, rtol=2e-3, atol=1e-7, equal_nan=True), (value, expected)


def _ends(claim: Claim, race: Race) -> None:
    """The numbers of a net's outcome."""
    runs = race[claim.nets[0]]
    assert claim.evidence.runs == (len(runs),)
    losses = [one.end_loss for one in runs]
    if np.isfinite(losses).all() and "loss" in claim.values:
        _close(claim.values["loss"], float(np.median(losses)))
        if len(runs) > 1:
            _close(claim.values["loss_low"], min(losses))
            _close(claim.values["loss_high"], max(losses))
        else:
            assert claim.values["loss_low"] <= losses[0] <= claim.values["loss_high"]
    if "accuracy" in claim.values:
        _close(claim.values["accuracy"], float(np.median([one.end_accuracy for one in runs])))
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


def _logs(runs: Sequence[One]) -> list[float]:
    return [log(max(one.end_loss, 1e-12)) for one in runs]


def _p(ours: Sequence[float], theirs: Sequence[float], method: str) -> float:
    """scipy's level of the difference of means, two-sided."""
    if method == "permutation test":

        def gap(a: Numbers, b: Numbers) -> float:
            return abs(float(np.mean(a)) - float(np.mean(b)))

        found = stats.permutation_test(
            (ours, theirs), gap, n_resamples=np.inf, alternative="greater", vectorized=False
        )
        return float(found.pvalue)
    if np.ptp(ours) == np.ptp(theirs) == 0:
        return 0.0 if ours[0] != theirs[0] else 1.0
    return float(stats.ttest_ind(ours, theirs, equal_var=False).pvalue)


def _trained_alike(claim: Claim, race: Race) -> tuple[Sequence[One], Sequence[One]]:
    ours, theirs = (race[name] for name in claim.nets)
    recipes = [one.of.recipe for one in (*ours, *theirs)]
    assert all(recipe == recipes[0] for recipe in recipes), "trained differently"
    return ours, theirs


def _pair(claim: Claim, race: Race) -> tuple[Sequence[One], Sequence[One]]:
    ours, theirs = _trained_alike(claim, race)
    assert min(len(ours), len(theirs)) > 1, "one run says nothing of others"
    assert claim.evidence.runs == (len(ours), len(theirs))
    return ours, theirs


def _ahead(claim: Claim, race: Race) -> None:
    ours, theirs = _pair(claim, race)
    for one in (*ours, *theirs):
        assert one.beats_chance() == (True, True), "not both have learnt"
    a, b = _logs(ours), _logs(theirs)
    assert np.mean(a) < np.mean(b)
    assert claim.evidence.method in ("permutation test", "Welch interval")
    assert (
        (claim.evidence.method == "permutation test")
        or min(len(a), len(b)) < 4
        or (claim.values["pairs"] > 1)
    )
    assert _p(a, b, claim.evidence.method) <= 0.05 + 1e-9
    _close(claim.values["ratio"], float(np.exp(np.mean(b) - np.mean(a))))


def _level(claim: Claim, race: Race) -> None:
    ours, theirs = _pair(claim, race)
    ratio = float(np.exp(np.mean(_logs(theirs)) - np.mean(_logs(ours))))
    assert 1 / 1.25 < ratio < 1.25


def _undecided(claim: Claim, race: Race) -> None:
    ours, theirs = _pair(claim, race)
    p = _p(_logs(ours), _logs(theirs), claim.evidence.method)
    assert p * claim.values["pairs"] > 0.05 - 1e-6


def _learns_more(claim: Claim, race: Race) -> None:
    ours, theirs = _pair(claim, race)
    better = [sum(one.beats_chance() == (True, True) for one in runs) for runs in (ours, theirs)]
    assert better[0] >= claim.values["learnt"] > claim.values["other"]
    assert np.mean(_logs(ours)) <= np.mean(_logs(theirs)) or claim.values["learnt"] == len(ours)


def _learning_undecided(claim: Claim, race: Race) -> None:
    ours, theirs = _pair(claim, race)
    assert claim.values["learnt"] < len(ours) or claim.values["other"] < len(theirs)


def _trained_differently(claim: Claim, race: Race) -> None:
    runs = [race[name][0] for name in claim.nets]
    is_other = any(run.of.recipe != runs[0].of.recipe for run in runs)
    assert is_other or len({run.rows for run in runs}) > 1


def _no_step(claim: Claim, race: Race) -> None:
    assert not len(race.every[claim.nets[0]].history)
    assert race.every[claim.nets[0]].is_over


def _ended_early(claim: Claim, race: Race) -> None:
    own = race.every[claim.nets[0]]
    assert len(own.history) == claim.values["steps"]
    assert len(own.history) < max(len(one.history) for one in race.every.values())
    assert own.is_over == (claim.kind == "ended early")


def _dead(claim: Claim, race: Race) -> None:
    found = []
    for one in race[claim.nets[0]]:
        steps, norms = one.taken("grad_norm")
        norms = norms[:, one.of.main]
        since = norms[steps >= claim.values["step"]]
        gone = (since == 0).all(axis=0) & (norms != 0).any(axis=0)
        found.append(int(gone.sum()))
        assert claim.values["among"] == norms.shape[1]
    assert max(found) >= claim.values["layers"] >= max(1, 0.5 * claim.values["layers"])


def _not_finite(claim: Claim, race: Race) -> None:
    broken = [int((~np.isfinite(one.loss)).sum()) for one in race[claim.nets[0]]]
    assert 0 < claim.values["count"] <= sum(broken)


def _peak(claim: Claim, race: Race) -> None:
    """At the step there is such a loss, and it is more than twice the first."""
    at = [one.loss[one.steps == claim.steps[0]] for one in race[claim.nets[0]]]
    assert any(np.isclose(loss, claim.values["peak"], rtol=1e-5).any() for loss in at)
    assert claim.values["peak"] > 2 * claim.values["first"]


def _depth(runs: Sequence[One]) -> int:
    config = runs[0].of.config
    assert config is not None
    return plan(config).depth


def _worse(claim: Claim, race: Race) -> tuple[Sequence[One], float]:
    deeper, other = _trained_alike(claim, race)
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
    deeper, other = _trained_alike(claim, race)
    assert np.mean(_logs(deeper)) < np.mean(_logs(other))
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
    for name, runs in zip(("steps", "other_steps"), _trained_alike(claim, race), strict=True):
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
    assert _p(*logs, claim.evidence.method) <= 0.05 + 1e-9
    assert np.mean(logs[0]) < np.mean(logs[1])


def _gradient(claim: Claim, race: Race) -> None:
    """The ratio between the first and the last block's input, and the fit behind the word."""
    ratios, fits = [], []
    for one in race[claim.nets[0]]:
        _, norms = one.taken("grad_input_norm")
        first, last = norms[0, 0], norms[0, -1]
        ratios.append(first / last if last and np.isfinite([first, last]).all() else np.nan)
        usable = np.isfinite(norms[0]).all() and (norms[0] > 0).all()
        if usable and len(norms[0]) > 2:
            blocks = np.arange(len(norms[0]), 0, -1)
            with np.errstate(invalid="ignore"):  # of equal ones there is no correlation
                fits.append(np.corrcoef(blocks, np.log(norms[0]))[0, 1] ** 2)
    word = claim.kind.removeprefix("gradient ")
    if word in ("is 0", "is not finite"):
        assert not np.isfinite(ratios).all() or 0 in ratios
        return
    _close(claim.values["ratio_low"], min(ratios))
    _close(claim.values["ratio_high"], max(ratios))
    if "rate_low" in claim.values and not 0.5 < min(ratios) <= max(ratios) < 2:
        assert min(fits) > 0.94, "blocks are two layers each but for rounding"
    many = sum(
        {
            "explodes": ratio >= 10,
            "vanishes": ratio <= 0.1,
            "grows": 2 < ratio < 1000,
            "shrinks": 0.001 < ratio < 0.5,
            "keeps its size": 0.5 <= ratio <= 2,
        }[word]
        for ratio in ratios
    )
    assert many >= claim.values["agree"]


def _weights(claim: Claim, race: Race) -> None:
    starts = []
    for one in race[claim.nets[0]]:
        _, norms = one.taken("grad_norm")
        first, last = norms[0, one.of.main[0]], norms[0, one.of.main[-1]]
        is_known = np.isfinite([first, last]).all() and first > 0 and last > 0
        starts.append(first / last if is_known else np.nan)
    _close(claim.values["start_low"], float(np.min(starts)))
    _close(claim.values["start_high"], float(np.max(starts)))


def _weights_between(claim: Claim, race: Race) -> None:
    assert set(claim.nets) <= set(race.runs)


def _features(claim: Claim, race: Race) -> None:
    firsts, lasts = [], []
    for one in race[claim.nets[0]]:
        _, ranks = one.taken("effective_rank")
        firsts.append(float(np.median(ranks[0])))
        lasts.append(float(np.median(ranks[-1])))
    _close(claim.values["first_low"], float(np.min(firsts)))
    _close(claim.values["last_high"], float(np.max(lasts)))
    if claim.kind in ("features collapse", "features collapsed"):
        collapsed = [
            one
            for one, last in zip(race[claim.nets[0]], lasts, strict=True)
            if last <= 3 and not one.end_accuracy > 0.3
        ]
        assert len(collapsed) >= claim.values["agree"]
    if claim.kind == "features differ":
        assert (
            sum(last > 3 for last in lasts) >= claim.values["agree"] or not np.isfinite(lasts).all()
        )


def _layer_state(claim: Claim, race: Race) -> None:
    """At the end a run's recorded states have so many layers with that code."""
    found = []
    for one in race[claim.nets[0]]:
        _, states = one.taken("layer_state")
        code = STATES[claim.details["state"]]
        found.append(int((states[-1] == code).sum()) if len(states) else 0)
    assert claim.values["layers"] in found
    assert sum(count > 0 for count in found) == claim.values["runs"]


STATES = {
    "unused": 1,
    "frozen": 2,
    "cleared": 3,
    "not_stepped": 4,
    "not_hooked": 5,
    "not_finite": 6,
}


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
    "ahead": _ahead,
    "level": _level,
    "undecided": _undecided,
    "learns more": _learns_more,
    "learning undecided": _learning_undecided,
    "trained differently": _trained_differently,
    "no step": _no_step,
    "ended early": _ended_early,
    "still training": _ended_early,
    "dead": _dead,
    "not finite": _not_finite,
    "peak": _peak,
    "degradation": _degradation,
    "no degradation": _no_degradation,
    "deeper behind": _deeper_behind,
    "reached": _reached,
    "sooner": _sooner,
    **{
        f"gradient {word}": _gradient
        for word in (
            "explodes",
            "grows",
            "keeps its size",
            "shrinks",
            "vanishes",
            "is 0",
            "is not finite",
        )
    },
    "layer state": _layer_state,
    "weight gradients": _weights,
    "weight gradients between": _weights_between,
    **dict.fromkeys(
        (
            "features collapse",
            "features collapsed",
            "features come back",
            "features differ",
            "few directions",
            "features not finite",
        ),
        _features,
    ),
    "still falls": _still_falls,
    "stands still": _stands_still,
    "frozen": _frozen,
}
