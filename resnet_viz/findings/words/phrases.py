"""Phrases that sentences share: percentages, ranges, certainty."""

from __future__ import annotations

from math import isfinite

from resnet_viz.findings.claims.claim import Claim
from resnet_viz.text import Words, number


def percent(share: float) -> str:
    """A percentage: "98 %"; near 0 and 100 with one digit more, so that neither is claimed
    wrongly."""
    if not isfinite(share):
        return "not finite"
    is_edge = 0 < share < 0.005 or 0.995 <= share < 1
    return f"{100 * share:.1f} %" if is_edge else f"{100 * share:.0f} %"


def percents(low: float, high: float) -> str:
    """A range of percentages: "97 to 99 %"."""
    ends = percent(low), percent(high)
    return ends[0] if ends[0] == ends[1] else f"{ends[0].removesuffix(' %')} to {ends[1]}"


def between(low: float, high: float, say: Words = str) -> str:
    """A range: "0.04 to 0.10", or one number if both read the same."""
    for digits in (2, 3, 4) if max(abs(low), abs(high)) < 1 else (3, 4):
        ends = number(low, digits), number(high, digits)
        if ends[0] != ends[1]:
            return say("{low} to {high}").format(low=ends[0], high=ends[1])
    return number(low, 3)


def one_or_both(low: str, high: str) -> str:
    """A range of numbers in words: "3 to 5", or one of them if both read the same."""
    return low if low == high else f"{low} to {high}"


def span(claim: Claim, name: str, say: Words = str) -> str:
    """The range from `name`_low to `name`_high of a claim's values."""
    return between(claim.values[f"{name}_low"], claim.values[f"{name}_high"], say)


def over_seeds(runs: tuple[int, ...], say: Words = str) -> str:
    """The seeds: "5 seeds each", "5 and 4 seeds"."""
    if len(set(runs)) == 1:
        return (
            say("1 seed each") if runs[0] == 1 else say("{seeds} seeds each").format(seeds=runs[0])
        )
    if len(runs) == 2:
        return say("{ours} and {theirs} seeds").format(ours=runs[0], theirs=runs[1])
    return f"{' and '.join(map(str, runs))} seeds"


def in_runs(claim: Claim, name: str = "runs") -> str:
    """The runs concerned, by a value of a claim: " (in 2 of 5 runs)"; "" for one run, or all."""
    count, (runs,) = claim.values[name], claim.evidence.runs
    return "" if count == runs else f" (in {count:.0f} of {runs} runs)"


def how_sure(claim: Claim, say: Words = str) -> str:
    """The test behind a comparison: "p = 0.008, exact permutation test"."""
    evidence, pairs = claim.evidence, int(claim.values.get("pairs", 1))
    if evidence.p is not None:
        text = say("p = {p}, exact permutation test")
        if pairs > 1:
            text = say("p = {p}, exact permutation test, corrected for {pairs} pairs")
        return text.format(p=number(evidence.p, 2), pairs=pairs)
    if evidence.method == "Welch interval" and evidence.interval is not None:
        level = percent_of_level(pairs)
        low, high = (number(end, 2) for end in evidence.interval)
        text = say("Welch's {level} interval of the ratio: {low} to {high}")
        return text.format(level=level, low=low, high=high)
    if evidence.method == "Welch interval":
        return say("by Welch's {level} interval").format(level=percent_of_level(pairs))
    return say("too few seeds for a test")


def percent_of_level(pairs: int) -> str:
    """The level of each of several intervals that hold together at 95 %."""
    return f"{100 * (1 - 0.05 / pairs):.3g} %"
