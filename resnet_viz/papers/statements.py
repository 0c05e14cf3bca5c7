"""Statements of a paper held against our numbers, each by a rule that is computed; no plotly.

What is measured has a list of numbers by the name of each group, one number per seed; what is
counted has one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite
from statistics import median
from typing import Literal

import numpy as np

from resnet_viz.findings.statistics import LEVEL, least_p, permutation_p
from resnet_viz.text import and_words, count, number

Verdict = Literal["agrees", "differs", "undecided", "not measured"]
Numbers = Mapping[str, Sequence[float]]
"""Ours by group, one for each seed; what is not finite has diverged and counts as the largest."""
COUNT_TOLERANCE = 0.02
ORDER_RULE = (
    "An order agrees, or differs, if the exact permutation test of the seeds' ranks gives p of at "
    f"most {LEVEL:g}; otherwise it is undecided. Each row is tested by itself."
)
COUNT_RULE = (
    f"A count agrees if it is within {COUNT_TOLERANCE:.0%} of the published one, which is rounded."
)
RANGE_RULE = "A number agrees if the median of the seeds lies in the range that is given."


@dataclass(frozen=True)
class Judged:
    """A statement beside what we have: `published` and `ours` in words, and the verdict."""

    words: str
    published: str
    ours: str
    verdict: Verdict


@dataclass(frozen=True)
class Below:
    """The paper's order of two groups: the numbers of `lower` are below those of `higher`.

    `published` are the paper's numbers, or how it says so.
    """

    words: str
    published: str
    lower: str
    higher: str

    def judge(self, ours: Numbers) -> Judged:
        """The verdict by `ORDER_RULE`."""
        low, high = ours.get(self.lower, ()), ours.get(self.higher, ())
        if not low or not high:
            return Judged(self.words, self.published, "", "not measured")
        said = f"{span(low)} against {span(high)}"
        if least_p(len(low), len(high)) > LEVEL:
            seeds = f"{said} ({len(low)} and {len(high)} seeds, too few to tell)"
            return Judged(self.words, self.published, seeds, "undecided")
        ranks = _ranks([*low, *high])
        p = permutation_p(ranks[: len(low)], ranks[len(low) :])
        verdict: Verdict = "undecided"
        if p <= LEVEL:
            is_lower = np.mean(ranks[: len(low)]) < np.mean(ranks[len(low) :])
            verdict = "agrees" if is_lower else "differs"
        return Judged(self.words, self.published, f"{said} (p = {number(p, 2)})", verdict)


@dataclass(frozen=True)
class Count:
    """A published count, and the name of ours; both are shown in `unit`, such as 1e9 for "G"."""

    words: str
    published: float
    of: str
    unit: str = ""
    scale: float = 1.0

    def judge(self, ours: Numbers) -> Judged:
        """The verdict by `COUNT_RULE`."""
        stated = f"{self.published:g} {self.unit}".rstrip()
        if not ours.get(self.of):
            return Judged(self.words, stated, "", "not measured")
        found = ours[self.of][0] / self.scale
        is_close = abs(found - self.published) <= COUNT_TOLERANCE * abs(self.published)
        said = _in_unit(found, self.unit)
        return Judged(self.words, stated, said, "agrees" if is_close else "differs")


@dataclass(frozen=True)
class Within:
    """A number that the paper states or derives, and the range that agrees with it."""

    words: str
    published: str
    of: str
    low: float
    high: float = inf

    def judge(self, ours: Numbers) -> Judged:
        """The verdict by `RANGE_RULE`."""
        values = ours.get(self.of, ())
        if not values:
            return Judged(self.words, self.published, "", "not measured")
        middle = median(value if isfinite(value) else inf for value in values)
        verdict: Verdict = "agrees" if self.low <= middle <= self.high else "differs"
        edge = f"at least {self.low:g}" if self.high == inf else f"{self.low:g} to {self.high:g}"
        return Judged(self.words, f"{self.published} (agrees: {edge})", span(values), verdict)


Statement = Below | Count | Within
_RULES: Mapping[type[Statement], str] = {
    Below: ORDER_RULE,
    Count: COUNT_RULE,
    Within: RANGE_RULE,
}


def rules(statements: Sequence[Statement]) -> Sequence[str]:
    """The rules that these statements are judged by, each once."""
    return tuple(dict.fromkeys(_RULES[type(one)] for one in statements))


def overall(judged: Sequence[Judged]) -> str:
    """The verdicts in a phrase: "3 of 4 agree, 1 undecided", "not measured yet"."""
    counts = dict.fromkeys(("agrees", "differs", "undecided", "not measured"), 0)
    for one in judged:
        counts[one.verdict] += 1
    if not judged:
        return "nothing to compare"
    if counts["not measured"] == len(judged):
        return "not measured yet"
    if counts["agrees"] == len(judged):
        return "agrees" if len(judged) == 1 else f"all {len(judged)} agree"
    said = [f"{counts['agrees']} of {len(judged)} agree"]
    for verdict, words in (
        ("differs", "not"),
        ("undecided", "undecided"),
        ("not measured", "not measured yet"),
    ):
        if counts[verdict]:
            said.append(f"{counts[verdict]} {words}")
    return ", ".join(said)


def tally(judged: Sequence[Judged]) -> str:
    """The verdicts of many statements in a sentence."""
    counts: Counter[str] = Counter(one.verdict for one in judged)
    parts = [
        f"{counts[verdict]} {words}"
        for verdict, words in (
            ("agrees", "agree"),
            ("differs", "do not"),
            ("undecided", "are undecided"),
            ("not measured", "are not measured yet"),
        )
        if counts[verdict]
    ]
    return f"Of {count(len(judged), 'statement')}, {and_words(parts)}."


def span(values: Sequence[float]) -> str:
    """The least and the largest of some numbers: "0.04 to 0.10"; or one, where there is no more."""
    words = list(dict.fromkeys(_one(value) for value in (min(values), max(map(_size, values)))))
    return " to ".join(words)


def _size(value: float) -> float:
    return value if isfinite(value) else inf


def _one(value: float) -> str:
    return number(value, 3) if isfinite(value) else "diverged"


def _in_unit(value: float, unit: str) -> str:
    whole = f"{value:,.0f}" if value == round(value) else number(value, 3)
    return f"{whole} {unit}".rstrip()


def _ranks(values: Sequence[float]) -> list[float]:
    """The ranks from 1; equal numbers share the mean of theirs."""
    sizes = np.array([_size(value) for value in values])
    return [float((sizes < one).sum() + (1 + (sizes == one).sum()) / 2) for one in sizes]
