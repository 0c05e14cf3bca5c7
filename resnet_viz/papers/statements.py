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
LEAST_GAP = 0.02
ORDER_RULE = (
    "An order agrees, or differs, if the exact permutation test of the seeds' ranks gives p of at "
    f"most {LEVEL:g} and the medians are at least {LEAST_GAP:.0%} apart; otherwise it is "
    "undecided. Each row is tested by itself."
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
        if p <= LEVEL and _are_apart(low, high):
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
        edge = f"at least {self.low:g}" if self.high == inf else f"{self.low:g} to {self.high:g}"
        stated = f"{self.published} (agrees: {edge})"
        if not values:
            return Judged(self.words, stated, "", "not measured")
        middle = median(value if isfinite(value) else inf for value in values)
        verdict: Verdict = "agrees" if self.low <= middle <= self.high else "differs"
        return Judged(self.words, stated, span(values), verdict)


Statement = Below | Count | Within
_RULES: Mapping[type[Statement], str] = {
    Below: ORDER_RULE,
    Count: COUNT_RULE,
    Within: RANGE_RULE,
}


_ALONE: Mapping[Verdict, str] = {
    "agrees": "agrees",
    "differs": "does not agree",
    "undecided": "undecided",
    "not measured": "not measured yet",
}
_ALIKE: Mapping[Verdict, str] = {**_ALONE, "agrees": "all agree", "differs": "none agrees"}


def rules(statements: Sequence[Statement]) -> Sequence[str]:
    """The rules that these statements are judged by, each once."""
    return tuple(dict.fromkeys(_RULES[type(one)] for one in statements))


def overall(judged: Sequence[Judged]) -> str:
    """The verdicts in a phrase: "3 of 4 agree, 1 undecided", "not measured yet"."""
    counts: Counter[str] = Counter(one.verdict for one in judged)
    if len(counts) == 1:
        return _ALIKE[judged[0].verdict] if len(judged) > 1 else _ALONE[judged[0].verdict]
    said = [
        f"{counts[verdict]} {words}"
        for verdict, words in (
            ("differs", "not"),
            ("undecided", "undecided"),
            ("not measured", "not measured yet"),
        )
        if counts[verdict]
    ]
    return ", ".join([f"{counts['agrees']} of {len(judged)} agree", *said])


def tally(judged: Sequence[Judged]) -> str:
    """The verdicts of many statements in a sentence."""
    counts: Counter[str] = Counter(one.verdict for one in judged)
    parts = [
        f"{counts[verdict]} {one if counts[verdict] == 1 else many}"
        for verdict, one, many in (
            ("agrees", "agrees", "agree"),
            ("differs", "does not", "do not"),
            ("undecided", "is undecided", "are undecided"),
            ("not measured", "is not measured yet", "are not measured yet"),
        )
        if counts[verdict]
    ]
    return f"Of {count(len(judged), 'statement')}, {and_words(parts)}."


def span(values: Sequence[float]) -> str:
    """The least and the largest of some numbers: "0.04 to 0.10"; or one, where there is no more."""
    words = list(dict.fromkeys(_one(value) for value in (min(values), max(map(_size, values)))))
    return " to ".join(words)


def _are_apart(ours: Sequence[float], theirs: Sequence[float]) -> bool:
    """Whether the medians differ by more than what nobody would see in a figure."""
    one, other = (median(map(_size, values)) for values in (ours, theirs))
    return one != other and not abs(one - other) < LEAST_GAP * max(abs(one), abs(other))


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
