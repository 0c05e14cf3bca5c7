"""Statements of papers, judged: by numbers made for it, and by scipy's exact rank test."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from resnet_viz.papers.statements import (
    ORDER_RULE,
    Below,
    Count,
    Judged,
    Within,
    overall,
    rules,
    tally,
)

BELOW = Below("a ends below b", "6.4 % against 8.7 %", "a", "b")


def test_an_order_is_judged_by_the_ranks_of_the_seeds() -> None:
    apart = {"a": [0.1, 0.2, 0.3, 0.15], "b": [1.0, 2.0, 1.5, 4.0]}
    assert BELOW.judge(apart).verdict == "agrees"
    assert BELOW.judge({"a": apart["b"], "b": apart["a"]}).verdict == "differs"
    assert BELOW.judge({"a": [1.0, 2, 3, 4], "b": [1.5, 2.5, 3.5, 0.5]}).verdict == "undecided"
    assert BELOW.judge({"a": [1.0]}).verdict == "not measured"
    few = BELOW.judge({"a": [0.1, 0.2, 0.3], "b": [1.0, 2.0, 3.0]})
    assert (few.verdict, few.ours) == (
        "undecided",
        "0.100 to 0.300 against 1.00 to 3.00 (3 and 3 seeds, too few to tell)",
    )


def test_what_diverged_ranks_highest_and_one_outlier_does_not_hide_an_order() -> None:
    """A mean would: one seed of 30 makes the spread larger than the gap."""
    diverged = BELOW.judge({"a": [0.1, 0.2, 0.3, 0.15], "b": [1.0, inf, float("nan"), 4.0]})
    assert diverged.verdict == "agrees"
    assert "1.00 to diverged" in diverged.ours
    outlier = BELOW.judge({"a": [0.1, 0.2, 0.3, 0.15], "b": [0.4, 0.5, 0.6, 1e6]})
    assert outlier.verdict == "agrees"


def test_what_nobody_would_see_is_undecided() -> None:
    """Response stds of 0.999 and 1.000 are apart by rank in every seed."""
    low, high = [0.999, 0.9991, 0.9992, 0.9993], [1.0, 1.0001, 1.0002, 1.0003]
    assert BELOW.judge({"a": low, "b": high}).verdict == "undecided"
    assert BELOW.judge({"a": low, "b": [1.05 * one for one in high]}).verdict == "agrees"


def test_p_is_that_of_an_exact_rank_test() -> None:
    generator = np.random.default_rng(0)
    for _ in range(20):
        a, b = generator.normal(size=5), generator.normal(1.0, size=5)
        said = BELOW.judge({"a": a.tolist(), "b": b.tolist()})
        p = mannwhitneyu(a, b, method="exact").pvalue
        assert float(said.ours.rpartition("p = ")[2].rstrip(")")) == pytest.approx(p, rel=0.05)
        is_apart = abs(np.median(a) - np.median(b)) >= 0.02 * max(
            map(abs, (np.median(a), np.median(b)))
        )
        assert (said.verdict == "undecided") == (p > 0.05 or not is_apart)


@pytest.mark.parametrize(
    ("ours", "verdict"), [(1.834e9, "agrees"), (1.766e9, "agrees"), (1.85e9, "differs")]
)
def test_a_count_agrees_within_two_percent(ours: float, verdict: str) -> None:
    judged = Count("multiply-adds", 1.8, "net", "G", 1e9).judge({"net": [ours]})
    assert (judged.published, judged.verdict) == ("1.8 G", verdict)


def test_a_number_lies_in_a_range_by_its_median() -> None:
    within = Within("growth per layer", "1.211", "plain", 1.19, 1.23)
    assert within.judge({"plain": [1.2, 1.21, 9.0]}).verdict == "agrees"
    assert within.judge({"plain": [1.0, 1.1, 1.21]}).verdict == "differs"
    assert within.judge({"plain": [inf, inf, 1.21]}).verdict == "differs"
    assert within.judge({}).verdict == "not measured"


def test_verdicts_and_rules_in_words() -> None:
    def rows(*verdicts: str) -> list[Judged]:
        return [Judged("", "", "", verdict) for verdict in verdicts]  # type: ignore[arg-type]

    assert overall(rows("agrees", "agrees")) == "all agree"
    assert overall(rows("undecided")) == "undecided"
    assert overall(rows("agrees", "differs", "undecided")) == "1 of 3 agree, 1 not, 1 undecided"
    assert overall(rows("not measured", "not measured")) == "not measured yet"
    assert tally(rows("agrees", "agrees", "undecided", "differs")) == (
        "Of 4 statements, 2 agree, 1 does not and 1 is undecided."
    )
    assert rules([BELOW, BELOW]) == (ORDER_RULE,)
