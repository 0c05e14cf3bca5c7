"""Comparison over seeds: whether one net does better than another, at 5 % for all pairs together.

Two nets are compared where both were trained alike, from at least two seeds each, none of their
runs diverged and at least one of them has learnt. Where every run of one of them has, it is by the
logarithm of the training loss at the end; else by how many runs have learnt. A net is called ahead
only where every run of both has learnt; else it is said which learns and which does not.

The test is the exact permutation test. Where it cannot reach 5 %, corrected for the number of
pairs, whatever the records are (fewer than four seeds), losses are compared by Welch's interval of
their logarithm instead, which takes them for normal; counts are not compared then. It never says
what the exact test of the pair alone refuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import exp, log

import numpy as np

from resnet_viz.findings.claims.claim import Claim, Evidence, Method, ends
from resnet_viz.findings.claims.learning import Standing
from resnet_viz.findings.claims.recipes import alike, differing
from resnet_viz.findings.statistics import LEVEL, holm, least_p, permutation_p, welch

LEVEL_WITHIN = 1.25
"""Nets whose losses' ratio lies within this factor, its whole interval, are level."""
_TINY = 1e-12


@dataclass(frozen=True)
class Compared:
    """The numbers of two nets' runs, and how they are compared; lower is better."""

    ours: Sequence[float]
    theirs: Sequence[float]
    method: Method
    p: float = 1.0
    alone: float = 0.0
    """The exact level of this pair, not corrected; 0 where it has too few runs for one."""

    @property
    def runs(self) -> tuple[int, int]:
        """The number of runs of each net."""
        return len(self.ours), len(self.theirs)


def tests(pairs: Sequence[tuple[Sequence[float], Sequence[float]]], among: int) -> list[Compared]:
    """The pairs' numbers with the method that suits, and the levels of exact tests, corrected for
    all pairs, or for `among` where more are to come."""
    among = max(among, len(pairs))
    exact = [least_p(len(a), len(b)) * among <= LEVEL for a, b in pairs]
    levels = [
        permutation_p(*pair) if is_exact else 0.0
        for pair, is_exact in zip(pairs, exact, strict=True)
    ]
    to_come = [1.0] * (among - len(pairs))
    corrected = holm([*levels, *to_come]) if all(exact) else [min(1.0, p * among) for p in levels]
    return [
        Compared(*pair, "permutation test", p)
        if is_exact
        else Compared(*pair, "Welch interval", alone=_alone(*pair))
        for pair, is_exact, p in zip(pairs, exact, corrected, strict=False)
    ]


def _alone(ours: Sequence[float], theirs: Sequence[float]) -> float:
    can_tell = least_p(len(ours), len(theirs)) <= LEVEL
    return permutation_p(ours, theirs) if can_tell else 0.0


def comparisons(nets: Sequence[Standing]) -> Iterator[Claim]:
    """Claims about each pair of nets of a race."""
    candidates = [pair for pair in combinations(nets, 2) if may_be_compared(*pair)]
    yield from compared(candidates)
    if claim := _not_ranked(nets, len(candidates)):
        yield claim


def may_be_compared(*pair: Standing) -> bool:
    """Whether two nets were trained alike, from several seeds, none diverged and one has learnt."""
    return (
        all(net.runs > 1 for net in pair)
        and alike(pair[0].net, pair[1].net)
        and all(net.all_are("learnt", "not learnt", "unclear") for net in pair)
        and any(net.count("learnt") for net in pair)
    )


def compared(pairs: Sequence[tuple[Standing, Standing]], among: int = 0) -> Iterator[Claim]:
    """A claim about each of these pairs, corrected for all, or for `among` if more are to come."""
    among = max(among, len(pairs))
    for pair, test in zip(pairs, tests([_numbers(*pair) for pair in pairs], among), strict=True):
        yield _claim(pair, test, among)


def _numbers(*pair: Standing) -> tuple[Sequence[float], Sequence[float]]:
    """Logarithms of losses; of nets of which some runs have learnt, 0 for each that has, else 1."""
    if any(net.all_are("learnt") for net in pair):
        ours, theirs = ([log(max(loss, _TINY)) for loss in net.losses] for net in pair)
    else:
        ours, theirs = ([float(c.state != "learnt") for c in net.courses] for net in pair)
    return ours, theirs


def _claim(pair: tuple[Standing, Standing], test: Compared, pairs: int) -> Claim:
    first, second, ours, theirs = *pair, test.ours, test.theirs
    if np.mean(ours) > np.mean(theirs):
        first, second, ours, theirs = second, first, theirs, ours
    is_exact = test.method == "permutation test"
    values = {"pairs": float(pairs)}
    values |= {"learnt": float(first.count("learnt")), "other": float(second.count("learnt"))}
    values |= {**ends("loss", first.losses), **ends("other_loss", second.losses)}
    names, runs, steps = (first.name, second.name), (first.runs, second.runs), steps_of(pair)
    if not any(net.all_are("learnt") for net in pair):
        kind = "learns more" if is_exact and test.p <= LEVEL else "learning undecided"
        evidence = Evidence("permutation test" if is_exact else "count", runs, _p(test))
        return Claim(kind, names, "loss", steps, values, evidence)
    interval = welch(ours, theirs, LEVEL / pairs)
    within = (exp(interval.low), exp(interval.high))
    is_apart = test.p <= LEVEL if is_exact else interval.low > 0 and test.alone <= LEVEL
    if not all(net.all_are("learnt") for net in pair):
        is_apart = is_apart and first.all_are("learnt")
        kind = "learns more" if is_apart else "learning undecided"
    else:
        is_level = within[1] < LEVEL_WITHIN and within[0] > 1 / LEVEL_WITHIN
        kind = "ahead" if is_apart else "level" if is_level else "undecided"
    values["ratio"] = exp(interval.value)
    evidence = Evidence(test.method, runs, _p(test), within)
    return Claim(kind, names, "loss", steps, values, evidence)


def _p(test: Compared) -> float | None:
    return test.p if test.method == "permutation test" else None


def steps_of(nets: Sequence[Standing]) -> tuple[int, int]:
    """The first and the last step at which the runs of these nets end."""
    spans = [course.end.steps for net in nets for course in net.courses]
    return min(first for first, _ in spans), max(last for _, last in spans)


def _not_ranked(nets: Sequence[Standing], compared: int) -> Claim | None:
    """Nets that were trained differently; None where all were trained alike."""
    settings = differing(net.net for net in nets)
    lengths = list(dict.fromkeys(net.courses[0].steps for net in nets))
    if not settings and len(lengths) > 1:
        settings = f"steps {', '.join(map(str, lengths[:-1]))} and {lengths[-1]}"
    if not settings:
        return None
    names, steps = tuple(net.name for net in nets), (0, steps_of(nets)[1])
    values, details = {"compared": float(compared)}, {"settings": settings}
    evidence = Evidence("count", tuple(net.runs for net in nets))
    return Claim("trained differently", names, "recipe", steps, values, evidence, details=details)
