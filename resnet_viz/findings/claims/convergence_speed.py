"""Convergence speed: which net reaches a common loss in fewer steps, in one run or over seeds.

The loss is one that all runs of both nets come to (the higher of their lowest means over five
minibatches), and it is said only of nets that have learnt, where it lies below a guess's by a
tenth at least, and below where each run begins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log

import numpy as np

from resnet_viz.findings.claims.claim import Claim, Evidence, ends
from resnet_viz.findings.claims.comparison import tests
from resnet_viz.findings.claims.learning import Course, Standing
from resnet_viz.findings.claims.recipes import alike
from resnet_viz.findings.final_level import LEAST_STEPS
from resnet_viz.findings.statistics import LEVEL, Numbers, welch

BELOW_CHANCE = 0.9


@dataclass(frozen=True)
class _Pair:
    """Two nets, a loss that both reach, and the steps that each run needs; the quicker net comes
    first."""

    level: float
    names: tuple[str, str]
    ours: Sequence[float]
    theirs: Sequence[float]

    @property
    def runs(self) -> tuple[int, int]:
        """The number of runs of each net."""
        return len(self.ours), len(self.theirs)

    @property
    def logarithms(self) -> tuple[Sequence[float], Sequence[float]]:
        """Logarithms of the steps."""
        return [log(steps) for steps in self.ours], [log(steps) for steps in self.theirs]


def convergence_speed(nets: Sequence[Standing]) -> Iterator[Claim]:
    """Claims about the first net and each other that was trained in the same way."""
    pairs = [pair for other in nets[1:] if (pair := _pair(nets[0], other))]
    several = [pair for pair in pairs if min(pair.runs) > 1]
    tested = tests([pair.logarithms for pair in several], len(several))
    made = dict(zip(map(id, several), tested, strict=True))
    for pair in pairs:
        values = {"level": pair.level, "pairs": float(max(1, len(several)))}
        values |= {**ends("steps", pair.ours), **ends("other_steps", pair.theirs)}
        kind, evidence = "reached", Evidence("one run", pair.runs)
        if (test := made.get(id(pair))) is not None:
            gap = welch(*pair.logarithms, LEVEL / len(several))
            is_exact = test.method == "permutation test"
            is_apart = test.p <= LEVEL if is_exact else gap.low > 0
            kind = "sooner" if is_apart else "reached"
            evidence = Evidence(test.method, pair.runs, test.p if is_exact else None)
        last = int(max(*pair.ours, *pair.theirs)) - 1
        yield Claim(kind, pair.names, "loss", (0, last), values, evidence)


def _pair(net: Standing, other: Standing) -> _Pair | None:
    level = common_level(net, other) if alike(net.net, other.net) else None
    if level is None:
        return None
    ours, theirs = ([reached(course, level) for course in n.courses] for n in (net, other))
    if sum(map(log, ours)) / len(ours) <= sum(map(log, theirs)) / len(theirs):
        return _Pair(level, (net.name, other.name), ours, theirs)
    return _Pair(level, (other.name, net.name), theirs, ours)


def common_level(*pair: Standing) -> float | None:
    """A loss that every run of both nets reaches, and starts above; None if there is none."""
    if not all(net.all_are("learnt") for net in pair):
        return None
    courses = [course for net in pair for course in net.courses]
    level = max(float(smooth(course).min()) for course in courses)
    chances = [course.run.chance for course in courses if course.run.chance is not None]
    most = min((BELOW_CHANCE * chance for chance in chances), default=np.inf)
    begins = min(float(course.loss[0]) for course in courses)
    return level if level < min(most, begins) else None


def smooth(course: Course) -> Numbers:
    """The mean loss over five minibatches [steps - 4]; inf if one of them is not finite."""
    loss = course.loss
    with np.errstate(invalid="ignore"):
        whole = np.where(np.isfinite(loss), loss, np.inf)
        means = np.convolve(whole, np.full(LEAST_STEPS, 1 / LEAST_STEPS), "valid")
    return np.where(np.isfinite(means), means, np.inf)


def reached(course: Course, level: float) -> float:
    """The number of steps after which the mean over five minibatches first was at most `level`."""
    below = np.flatnonzero(smooth(course) <= level * (1 + 1e-9))
    return float(below[0] + LEAST_STEPS)
