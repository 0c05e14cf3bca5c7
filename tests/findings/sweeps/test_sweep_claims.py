"""Claims about a sweep: on the records of a real one, against scipy and against counting."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, islice

import numpy as np
import pytest
from scipy import stats

from resnet_viz.findings.claims.comparison import tests as corrected
from resnet_viz.findings.sweeps.courses import Histories
from resnet_viz.findings.sweeps.grid import grid_of
from resnet_viz.findings.sweeps.sweep_claims import AxisClaims, SweepClaims, sweep_claims
from resnet_viz.findings.sweeps.sweep_words import (
    HOLDS,
    ONE_SEED,
    headline,
    reused_words,
    sentences,
    title_of,
)
from resnet_viz.lab.sweeps import Cell, Sweep
from resnet_viz.quantities.records import History
from tests.findings.swept import Numbers, ends, spec, trained

DEPTHS = (8, 20, 56)


def claims(cells: list[Cell], histories: Histories) -> SweepClaims:
    return sweep_claims(grid_of(cells), histories)


def along(name: str, made: SweepClaims) -> AxisClaims:
    (one,) = (axis for axis in made.axes if axis.axis.name == name)
    return one


def exact_p(ours: Numbers, theirs: Numbers) -> float:
    """By counting all assignments, of logarithms."""
    every = np.log(np.concatenate([ours, theirs]))
    gaps = [
        abs(every[list(chosen)].mean() - np.delete(every, list(chosen)).mean())
        for chosen in combinations(range(len(every)), len(ours))
    ]
    observed = abs(np.log(ours).mean() - np.log(theirs).mean())
    return float(np.mean([gap >= observed - 1e-9 for gap in gaps]))


def test_residual_against_plain_at_each_depth() -> None:
    """Each exact level by counting, and all three corrected by scipy's own procedure."""
    found = along("plain", claims(*trained()))
    levels = [exact_p(ends(d, plain=False), ends(d, plain=True)) for d in DEPTHS]
    ours, theirs = np.log(ends(56, plain=False)), np.log(ends(56, plain=True))
    with_scipy = stats.permutation_test(
        (ours, theirs), lambda a, b, axis: a.mean(axis) - b.mean(axis), n_resamples=np.inf
    )
    assert with_scipy.pvalue == pytest.approx(levels[2])
    assert found.planned == 3
    assert [claim.kind for claim in found.pairs] == ["ahead"] * 3
    assert {claim.details["better"] for claim in found.pairs} == {"residual nets"}
    least = min(levels)
    for claim in found.pairs:
        assert claim.evidence.p == pytest.approx(3 * least)  # Holm's, as all three are the least
        assert claim.evidence.runs == (5, 5)


def test_depth_along_residual_and_plain_nets() -> None:
    found = along("depths", claims(*trained()))
    kinds = {claim.details["at"]: claim.kind for claim in found.depth}
    assert np.median(ends(56, plain=False)) < np.median(ends(8, plain=False))
    assert np.median(ends(56, plain=True)) > np.median(ends(8, plain=True))
    # A straight line through the second half of the plain nets' losses still falls.
    cells, histories = trained()
    deep = [c for c in cells if c.values["plain"] and c.values["depths"] == (9, 9, 9)]
    falls = [stats.linregress(range(30), histories[f"run {c.number}"].loss[30:]) for c in deep]
    assert all(fit.slope < 0 and fit.pvalue < 0.05 for fit in falls)
    assert kinds == {"residual nets": "no degradation", "plain nets": "deeper behind"}
    said = " ".join(sentences(found, 5))
    assert "still falls in" in said
    assert "this is degradation" not in said
    lowest = {claim.details["at"]: claim for claim in found.lowest}
    assert lowest["residual nets"].values["median"] == pytest.approx(
        min(float(np.median(ends(d, plain=False))) for d in DEPTHS)
    )


def test_degradation_needs_losses_that_no_longer_fall() -> None:
    def flat(cell: Cell, loss: Numbers) -> Numbers:
        is_deep = cell.values["plain"] and cell.values["depths"] == (9, 9, 9)
        noise = np.random.default_rng(cell.number).normal(0, 0.02, 60)
        return 2.1 + noise if is_deep else loss

    found = along("depths", claims(*trained(loss_of=flat)))
    kinds = {claim.details["at"]: claim.kind for claim in found.depth}
    assert kinds["plain nets"] == "degradation"
    assert "this is degradation" in " ".join(sentences(found, 5))


def test_nets_that_diverged_are_counted_and_not_ranked() -> None:
    def away(cell: Cell, loss: Numbers) -> Numbers:
        is_one = cell.values == {"depths": (3, 3, 3), "plain": True, "seed": 2}
        return np.where(np.arange(60) > 20, 50.0, loss) if is_one else loss

    made = claims(*trained(loss_of=away))
    assert made.ended.values["diverged"] == 1
    assert "1 diverged" in headline(made)
    found = along("plain", made)
    assert [claim.kind for claim in found.pairs] == ["ahead", "not ranked", "ahead"]
    # It was looked at all the same.
    assert found.pairs[0].evidence.p == pytest.approx(3 * 2 / 252)
    assert "cannot be ranked" in " ".join(sentences(found, 5))


def test_what_is_not_over_is_not_compared_and_counts_for_the_correction() -> None:
    made = claims(*trained(lambda cell: cell.values["depths"] != (9, 9, 9)))
    found = along("plain", made)
    assert (found.planned, found.waiting, len(found.pairs)) == (3, 1, 2)
    assert [claim.evidence.p for claim in found.pairs] == pytest.approx([3 * 2 / 252] * 2)
    assert headline(made).startswith("20 of 30 runs are over: 20 learnt.")
    one_missing = claims(*trained(lambda cell: cell.number != 29))
    assert along("plain", one_missing).waiting == 1


def test_below_four_seeds_by_welchs_interval() -> None:
    cells, histories = trained()
    few = [cell for cell in cells if int(str(cell.values["seed"])) < 3]
    (first, *_) = along("plain", claims(few, histories)).pairs
    ours, theirs = (np.log(ends(8, plain=plain)[:3]) for plain in (False, True))
    fit = stats.ttest_ind(theirs, ours, equal_var=False).confidence_interval(1 - 0.05 / 3)
    assert first.evidence.method == "Welch interval"
    assert first.evidence.p is None
    assert first.evidence.interval == pytest.approx((np.exp(fit.low), np.exp(fit.high)), rel=1e-4)


def test_axes_that_change_together_are_told_together_and_are_no_degradation() -> None:
    """A higher loss may be of the depth or of the rate: neither alone is said."""
    cells, histories = trained()
    rates = {(1, 1, 1): 0.1, (3, 3, 3): 0.01, (9, 9, 9): 0.001}
    zipped = [
        replace(cell, values={**cell.values, "lr": rates[cell.values["depths"]]})  # type: ignore[index]
        for cell in cells
    ]
    together, plain = claims(zipped, histories).axes
    assert title_of(together.axis) == "Along depth and learning rate"
    assert together.depth == ()
    assert together.planned == 2
    said = " ".join(sentences(together, 5))
    assert "depth 56 with learning rate 0.001" in said
    assert "degradation" not in said
    assert plain.axis.name == "plain"
    assert plain.pairs[0].details["at"] == "depth 8, learning rate 0.1"


def test_what_never_comes_to_its_end_is_not_waited_for() -> None:
    cells, histories = trained()
    lost = [
        replace(cell, status="refused", run_id=None, end={}) if cell.number == 29 else cell
        for cell in cells
    ]
    found = along("plain", claims(lost, histories))
    assert (found.planned, found.waiting, found.lost) == (3, 0, 1)
    said = " ".join(sentences(found, 5))
    assert "still need" not in said
    assert "1 planned comparison cannot be made" in said
    assert "1 is no valid" in headline(claims(lost, histories))


def test_too_few_steps_to_tell_is_not_called_a_net_that_has_not_learnt() -> None:
    cells, histories = trained()
    early = {
        run_id: History(islice(own.records(), 3)) if int(run_id[4:]) % 2 else own
        for run_id, own in histories.items()
    }
    said = " ".join(sentences(along("plain", claims(cells, early)), 5))
    assert "had too few steps to tell" in said
    assert "neither net has learnt" not in said


def test_one_seed_compares_nothing() -> None:
    cells, histories = trained()
    made = claims([cell for cell in cells if cell.values["seed"] == 0], histories)
    assert all(axis.pairs == axis.depth == () for axis in made.axes)
    assert all(sentences(axis, 1)[0] == ONE_SEED for axis in made.axes)


def test_before_anything_is_over() -> None:
    made = claims(*trained(lambda cell: False))
    assert headline(made) == "None of 30 runs is over yet."
    assert [axis.waiting for axis in made.axes] == [2, 3]


def test_a_level_that_is_said_early_can_only_fall() -> None:
    """Whichever pairs are complete first: those to come count as if they showed nothing."""
    rng = np.random.default_rng(0)
    planned = [(rng.normal(0, 1, 6), rng.normal(0.4 * i, 1, 6)) for i in range(8)]
    at_end = [one.p for one in corrected(planned, 8)]
    assert min(at_end) < 0.05 < max(at_end)
    is_lower = False
    for _ in range(50):
        first = rng.permutation(8)[: rng.integers(1, 8)]
        for i, one in zip(first, corrected([planned[i] for i in first], 8), strict=True):
            assert at_end[i] <= one.p
            is_lower |= at_end[i] < one.p
    assert is_lower


def test_while_runs_come_no_nets_are_called_level() -> None:
    cells, histories = trained(lambda cell: cell.values["depths"] != (9, 9, 9))
    found = along("plain", claims(cells, histories))
    kinds = dict(zip((8, 20), ("level", "undecided"), strict=True))
    alike = [replace(c, kind=k) for c, k in zip(found.pairs, kinds.values(), strict=True)]
    said = sentences(replace(found, pairs=tuple(alike)), 5)
    both = "plain nets and residual nets at depth 8 and 20"
    assert f"No difference is shown yet between {both}." in said
    assert HOLDS not in said
    assert HOLDS in sentences(found, 5)
    said = sentences(replace(found, pairs=tuple(alike), waiting=0), 5)
    assert "Level between plain nets and residual nets at depth 8." in said
    assert HOLDS not in said


def test_runs_that_may_have_been_looked_at_before_are_told() -> None:
    cells, _ = trained()
    sweep = Sweep("id", "Depth", spec(), "finished", 1.7e9, cells, 0.0)
    assert reused_words(sweep, 5) == ""
    said = reused_words(replace(sweep, reused=12), 5)
    assert said.startswith("12 runs were trained for another sweep or race.")
    assert reused_words(replace(sweep, reused=12), 1) == ""
