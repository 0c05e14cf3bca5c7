"""Intervals and tests against scipy's, and how often they are wrong about known records."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from resnet_viz.findings.statistics import (
    binomial,
    holm,
    least_p,
    mean,
    permutation_p,
    slope,
    t_quantile,
    welch,
)


@pytest.mark.parametrize(("right", "images"), [(0, 64), (3, 64), (32, 64), (64, 64), (930, 1000)])
def test_an_accuracy_has_wilsons_interval(right: int, images: int) -> None:
    theirs = stats.binomtest(right, images).proportion_ci(method="wilson")
    ours = binomial(right / images, images)
    assert ours == pytest.approx((right / images, theirs.low, theirs.high), abs=1e-6)


def test_the_permutation_test_is_exact() -> None:
    ours, theirs = [0.1, 0.3, 0.2, 0.5], [0.4, 0.6, 0.8, 0.45]

    def gap(a: np.ndarray, b: np.ndarray, axis: int) -> np.ndarray:
        return np.asarray(np.mean(a, axis=axis) - np.mean(b, axis=axis))

    found = stats.permutation_test((ours, theirs), gap, n_resamples=np.inf, vectorized=True)
    assert permutation_p(ours, theirs) == pytest.approx(found.pvalue)
    apart = [1, 2, 3, 4], [5, 6, 7, 8]
    assert permutation_p(*apart) == pytest.approx(2 / 70) == least_p(4, 4)
    assert least_p(3, 3) == 0.1
    assert permutation_p([1.0] * 4, [1.0] * 4) == 1.0


def test_of_counts_the_permutation_test_is_fishers() -> None:
    for learnt, other in ((5, 0), (5, 1), (4, 2), (5, 5)):
        ours, theirs = ([0.0] * n + [1.0] * (5 - n) for n in (learnt, other))
        fisher = stats.fisher_exact([[learnt, 5 - learnt], [other, 5 - other]]).pvalue
        assert permutation_p(ours, theirs) == pytest.approx(fisher)


def test_welchs_interval() -> None:
    ours, theirs = [0.1, 0.3, 0.2], [0.9, 1.4]
    theirs_own = stats.ttest_ind(theirs, ours, equal_var=False).confidence_interval()
    found = welch(ours, theirs)
    assert (found.low, found.high) == pytest.approx((theirs_own.low, theirs_own.high))
    assert welch([1.0, 1.0], [2.0, 2.0]) == (1.0, 1.0, 1.0)


def test_holms_correction() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_a_quantile_of_students_t() -> None:
    assert t_quantile(4) == pytest.approx(2.7764, abs=1e-4)
    for freedom in (1, 1.3, 2, 3.7, 10, 99.5, 1e3, 1e6):
        for level in (0.2, 0.05, 0.01, 1e-3):
            expected = stats.t.ppf(1 - level / 2, freedom)
            assert t_quantile(freedom, level) == pytest.approx(expected, rel=1e-7)


def correlated(steps: int, alike: float, rng: np.random.Generator) -> np.ndarray:
    """Noise each of which is `alike` correlated with the one before."""
    noise = rng.standard_normal(steps)
    for step in range(1, steps):
        noise[step] = alike * noise[step - 1] + np.sqrt(1 - alike**2) * noise[step]
    return noise


@pytest.mark.parametrize("alike", [0.0, 0.6])
def test_intervals_hold_of_correlated_minibatches(alike: float) -> None:
    """The mean over the last tenth; the naive standard error is wrong in a third of the cases."""
    rng = np.random.default_rng(0)
    courses = [correlated(200, alike, rng) for _ in range(300)]
    found = [mean(course[-20:], course[-100:]) for course in courses]
    missed = np.mean([not one.low <= 0 <= one.high for one in found])
    naive = np.mean([abs(c[-20:].mean()) > 1.96 * c[-20:].std() / np.sqrt(20) for c in courses])
    assert missed < 0.12
    assert alike == 0 or naive > 0.3


@pytest.mark.parametrize("alike", [0.0, 0.6])
def test_a_slope_finds_no_fall_in_noise_and_finds_one_that_is_there(alike: float) -> None:
    rng = np.random.default_rng(1)
    level = [slope(correlated(30, alike, rng)).falls for _ in range(300)]
    assert np.mean(level) < 0.09
    down = [
        slope(5 * 0.9 ** np.arange(30) + 0.1 * correlated(30, alike, rng)).falls for _ in range(100)
    ]
    assert np.mean(down) > 0.95, "a course that bends is not noise"
    assert not slope(np.full(20, 2.3)).falls
    assert slope(2.3 - 0.001 * np.arange(20)).falls


def test_two_groups_of_one_net_seldom_differ() -> None:
    """Welch's interval for two and three runs, at 5 %, of losses whose logarithms are normal."""
    rng = np.random.default_rng(2)
    for runs in (2, 3):
        found = [welch(rng.standard_normal(runs), rng.standard_normal(runs)) for _ in range(1000)]
        assert np.mean([one.low > 0 or one.high < 0 for one in found]) < 0.06


def test_all_groups_of_some_runs_are_tested_alike() -> None:
    """Of all ways to part eight runs of one net, no more than 5 % differ."""
    losses = np.random.default_rng(3).lognormal(size=8)
    parts = [
        (losses[list(chosen)], np.delete(losses, list(chosen)))
        for chosen in combinations(range(8), 4)
    ]
    assert np.mean([permutation_p(*part) <= 0.05 for part in parts]) <= 0.05
