"""Pairs of nets that may be compared, and scipy's tests of their means."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

import numpy as np
from scipy import stats

from resnet_viz.findings.claims.claim import Claim
from tests.findings.reading.runs import Numbers, One, Race


def close(value: float, expected: float) -> None:
    assert np.isclose(value, expected, rtol=2e-3, atol=1e-7, equal_nan=True), (value, expected)


def end_logs(runs: Sequence[One]) -> list[float]:
    return [log(max(one.end_loss, 1e-12)) for one in runs]


def level_of_means(ours: Sequence[float], theirs: Sequence[float], method: str) -> float:
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


def trained_alike(claim: Claim, race: Race) -> tuple[Sequence[One], Sequence[One]]:
    ours, theirs = (race[name] for name in claim.nets)
    recipes = [one.of.recipe for one in (*ours, *theirs)]
    assert all(recipe == recipes[0] for recipe in recipes), "trained differently"
    return ours, theirs


def pair_of(claim: Claim, race: Race) -> tuple[Sequence[One], Sequence[One]]:
    ours, theirs = trained_alike(claim, race)
    assert min(len(ours), len(theirs)) > 1, "one run says nothing of others"
    assert claim.evidence.runs == (len(ours), len(theirs))
    return ours, theirs
