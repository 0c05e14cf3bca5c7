"""Statistics: how sure a number is, and whether two groups of runs differ; numpy.

Everything is at 95 % (5 %) where nothing else is said. Minibatches that follow each other are
correlated: errors of means and slopes account for that by the residuals' first autocorrelation.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import comb, exp, lgamma, pi, sqrt, tan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.05
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)
MOST_ASSIGNMENTS = 200_000
"""Of runs to two nets; C(20, 10) is 184,756."""
_CLOSE = 1e-9

Numbers = NDArray[np.float64]


class Estimate(NamedTuple):
    """A number and its 95 % interval."""

    value: float
    low: float
    high: float


class Slope(NamedTuple):
    """The slope of a straight line per step over `points` steps, its standard error, and its
    degrees of freedom."""

    value: float
    error: float
    freedom: float
    points: int

    @property
    def reach(self) -> float:
        """Half of the 95 % interval."""
        return t_quantile(self.freedom) * self.error

    @property
    def falls(self) -> bool:
        """Whether the slope is below 0, at 2.5 % on that side."""
        return self.value + self.reach < 0

    @property
    def most_fall(self) -> float:
        """The largest fall over its points that the interval allows; 0 for no fall."""
        return max(0.0, -(self.value - self.reach) * self.points)


def t_quantile(freedom: float, level: float = LEVEL) -> float:
    """The quantile of Student's t that is exceeded in size with probability `level`.

    With t = sqrt(freedom) tan(angle) its density is cos(angle)^(freedom - 1), which Gauss and
    Legendre integrate from the angle to a right one; the angle is found by bisection.
    """
    scale = exp(lgamma((freedom + 1) / 2) - lgamma(freedom / 2)) / sqrt(pi)
    low, high = 0.0, min(pi / 2, 40 / sqrt(freedom))
    for _ in range(60):
        angle = (low + high) / 2
        at = angle / 2 * (_NODES + 1)
        within = angle / 2 * float(_WEIGHTS @ np.cos(at) ** (freedom - 1))
        low, high = (angle, high) if 2 * scale * within < 1 - level else (low, angle)
    return sqrt(freedom) * tan(low)


def binomial(share: float, count: float) -> Estimate:
    """Wilson's interval of a share of `count` images."""
    z2 = 1.959964**2
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    reach = sqrt(max(0.0, share * (1 - share) / count + z2 / (4 * count**2))) * sqrt(z2)
    reach /= 1 + z2 / count
    # Of shares of 0 and 1 the interval ends there; rounding must not leave it outside.
    return Estimate(share, min(share, middle - reach), max(share, middle + reach))


def mean(values: Numbers, among: Numbers) -> Estimate:
    """The mean of `values`, the newest of the series `among`, which gives their correlation."""
    count = len(values)
    alike = _correlation(among)
    error = float(values.std(ddof=1)) / sqrt(count) * _inflation(alike) if count > 1 else np.inf
    reach = t_quantile(_freedom(count - 1, alike)) * error if error else 0.0
    middle = float(values.mean())
    return Estimate(middle, middle - reach, middle + reach)


def slope(values: Numbers) -> Slope:
    """The slope of a straight line through `values`, of which there are at least five.

    Its error is that of what a parabola leaves: a course that bends is not noise.
    """
    count = len(values)
    steps = np.arange(count) - (count - 1) / 2
    alike, left = _correlation(values), _residuals(values)
    squares = float((steps**2).sum())
    error = sqrt(float((left**2).sum()) / (count - 3) / squares) * _inflation(alike)
    freedom = _freedom(count - 3, alike)
    return Slope(float((steps * values).sum()) / squares, error, freedom, count)


def _inflation(alike: float) -> float:
    """How much larger the error of a mean is of numbers that are so correlated."""
    return sqrt((1 + alike) / (1 - alike))


def _freedom(freedom: int, alike: float) -> float:
    """Degrees of freedom of a variance that is estimated from numbers that are so correlated."""
    return max(1.0, freedom * (1 - alike**2) / (1 + alike**2))


def _residuals(values: Numbers) -> Numbers:
    """What a parabola leaves of a course; nothing of one that is a parabola but for rounding."""
    steps = np.linspace(-1, 1, len(values))
    left = values - np.polyval(np.polyfit(steps, values, 2), steps)
    return np.where(np.abs(left) > _CLOSE * np.abs(values).max(initial=0), left, 0.0)


def _correlation(values: Numbers) -> float:
    """The first autocorrelation of what a parabola leaves, 0 to 0.95, corrected for its bias."""
    if len(values) < 8:
        return 0.0
    left = _residuals(values)
    total = float((left**2).sum())
    if not total:
        return 0.0
    lag_one = float((left[1:] * left[:-1]).sum()) / total
    return float(np.clip(lag_one + (1 + 4 * max(lag_one, 0.0)) / len(values), 0.0, 0.95))


def permutation_p(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The two-sided exact p value of a difference of means, over all assignments to the two
    groups."""
    numbers = np.array([*ours, *theirs], np.float64)
    count, first = len(numbers), len(ours)
    if comb(count, first) > MOST_ASSIGNMENTS:
        raise ValueError(f"{count} runs have too many assignments to two nets for an exact test")
    chosen = np.array(list(combinations(range(count), first)))
    sums = numbers[chosen].sum(axis=1)
    gaps = np.abs(sums / first - (numbers.sum() - sums) / (count - first))
    observed = abs(float(np.mean(ours)) - float(np.mean(theirs)))
    return float((gaps >= observed - _CLOSE * max(1.0, observed)).mean())


def least_p(ours: int, theirs: int) -> float:
    """The smallest p value that so many runs of two nets can reach in a two-sided exact test."""
    return (2 if ours == theirs else 1) / comb(ours + theirs, ours)


def welch(ours: Sequence[float], theirs: Sequence[float], level: float = LEVEL) -> Estimate:
    """Welch's interval of the ratio of the means of `theirs` and `ours`, of at least two runs
    each."""
    gap = float(np.mean(theirs)) - float(np.mean(ours))
    parts = [(float(np.var(x, ddof=1)) / len(x), len(x)) for x in (ours, theirs)]
    error2 = sum(part for part, _ in parts)
    if error2 == 0:
        return Estimate(gap, gap, gap)
    freedom = error2**2 / sum(part**2 / (count - 1) for part, count in parts)
    reach = t_quantile(freedom, level) * sqrt(error2)
    return Estimate(gap, gap - reach, gap + reach)


def holm(levels: Sequence[float]) -> list[float]:
    """P values of several tests, corrected (Holm) so that together they err no more often."""
    order = sorted(range(len(levels)), key=lambda place: levels[place])
    corrected, least = [1.0] * len(levels), 0.0
    for rank, place in enumerate(order):
        least = max(least, min(1.0, levels[place] * (len(levels) - rank)))
        corrected[place] = least
    return corrected
