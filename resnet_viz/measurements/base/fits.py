"""Fits of straight lines to logarithms: growth by a factor per layer, or by a power of the
depth."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


class Fit(NamedTuple):
    """y = scale * rate^x, or y = scale * x^rate.

    `explained` is R squared of log y: 1 for a perfect fit, near 0 for none.
    """

    is_power: bool
    scale: float
    rate: float
    explained: float

    def at(self, x: Numbers) -> Numbers:
        """The value of the curve at `x`."""
        return self.scale * (x**self.rate if self.is_power else self.rate**x)


def exponential(x: Numbers, y: Numbers) -> Fit | None:
    """The fit y = scale * rate^x by least squares of log y; None for fewer than three finite y >
    0."""
    line = _line(x, y, power=False)
    return None if line is None else Fit(False, np.exp(line[0]), np.exp(line[1]), line[2])


def power(x: Numbers, y: Numbers) -> Fit | None:
    """The fit y = scale * x^rate by least squares of log y on log x; None for fewer than three
    points."""
    line = _line(x, y, power=True)
    return None if line is None else Fit(True, np.exp(line[0]), line[1], line[2])


def better(x: Numbers, y: Numbers) -> Fit | None:
    """The fit that explains more."""
    both = [fit for fit in (exponential(x, y), power(x, y)) if fit is not None]
    return max(both, key=lambda fit: fit.explained, default=None)


def _line(x: Numbers, y: Numbers, *, power: bool) -> tuple[float, float, float] | None:
    """Intercept, slope and R squared of log y on x, or on log x."""
    usable = np.isfinite(y) & (y > 0) & ((x > 0) | (not power))
    if usable.sum() < 3:
        return None
    across, up = np.log(x[usable]) if power else x[usable], np.log(y[usable])
    if np.ptp(across) == 0:
        return None
    slope, start = np.polyfit(across, up, 1)
    spread = ((up - up.mean()) ** 2).sum()
    missed = ((up - start - slope * across) ** 2).sum()
    return float(start), float(slope), float(1 - missed / spread) if spread else 1.0
