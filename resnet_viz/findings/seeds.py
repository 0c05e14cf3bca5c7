"""Seeds: a net trained from several seeds as one, by the median of its runs and their range."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resnet_viz.findings.contestant import Contestant
from resnet_viz.quantities.layer_states import LAYER_STATE, states_across
from resnet_viz.quantities.records import History, Series, StepRecord

Numbers = NDArray[Any]
Across = Callable[[Numbers], Numbers]
"""Values of several seeds [seeds, ...] -> one each [...]."""


def median_and_range(runs: Sequence[Contestant]) -> Contestant:
    """The runs of one net from several seeds, as one net of their medians, lows and highs.

    At each step they are over the seeds that have come to it; where one of those has a value that
    is not finite, so is what is made of them (a low or high NaN where one is NaN).
    """
    first, histories = runs[0], [run.history for run in runs]
    if len(runs) == 1:
        return first
    return replace(
        first,
        history=_Across(histories, _median),
        seeds=len(runs),
        low=_Across(histories, _low),
        high=_Across(histories, _high),
        runs=tuple(runs),
    )


class Spread(NamedTuple):
    """Median, low and high [T, n] over several seeds, at the steps [T] that they have in common."""

    steps: NDArray[np.int64]
    median: Numbers
    low: Numbers
    high: Numbers


def spread_of(contestant: Contestant, measure: Callable[[Contestant], Series]) -> Spread:
    """The spread over seeds of a measure of each seed's records: a median of ratios is not the
    ratio of medians. For one seed all three are its own values."""
    of_seeds = [measure(run) for run in contestant.runs or (contestant,)]
    common = _common([series for series in of_seeds if len(series.steps)]) or of_seeds[:1]
    steps = max((series.steps for series in common), key=len)
    values = [series.values for series in common]
    return Spread(steps, *(_joined(values, across) for across in (_median, _low, _high)))


def _median(values: Numbers) -> Numbers:
    with np.errstate(invalid="ignore"):  # of inf and -inf there is none
        return np.asarray(np.median(values, axis=0))


def _low(values: Numbers) -> Numbers:
    return np.asarray(values.min(axis=0))


def _high(values: Numbers) -> Numbers:
    return np.asarray(values.max(axis=0))


class _Across(History):
    """A history computed across several histories, step by step; each quantity when it is asked
    for."""

    def __init__(self, histories: Sequence[History], across: Across) -> None:
        scalars = [
            np.stack([h.steps, h.loss, h.accuracy, h.seconds], axis=1, dtype=np.float64)
            for h in histories
        ]
        joined = _joined(scalars, across)
        super().__init__(
            StepRecord(int(step), loss, accuracy, seconds)
            for step, loss, accuracy, seconds in joined.tolist()
        )
        self._histories, self._across = histories, across
        self._joined: dict[str, Series] = {}

    @property
    def quantities(self) -> tuple[str, ...]:
        """The quantities that any of them has."""
        return tuple(dict.fromkeys(name for h in self._histories for name in h.quantities))

    def is_thinned(self, name: str) -> bool:
        """Whether it is thinned in any of them."""
        return any(history.is_thinned(name) for history in self._histories)

    def series(self, name: str) -> Series:
        """A quantity at the steps that all seeds which have come so far share."""
        if name == LAYER_STATE:
            return states_across(self._histories)
        if name not in self._joined:
            of_seeds = [history.series(name) for history in self._histories]
            common = _common([series for series in of_seeds if len(series.steps)])
            if not common:
                return super().series(name)
            longest = max((series.steps for series in common), key=len)
            values = _joined([series.values for series in common], self._across)
            self._joined[name] = Series(longest, values.astype(np.float32))
        return self._joined[name]


def _common(of_seeds: Sequence[Series]) -> Sequence[Series]:
    """The steps that all have which came so far: long histories are thinned, each in its way."""
    common = []
    for series in of_seeds:
        rows = np.ones(len(series.steps), np.bool_)
        for other in of_seeds:
            rows &= np.isin(series.steps, other.steps) | (series.steps > other.steps[-1])
        common.append(Series(series.steps[rows], series.values[rows]))
    return common


def _joined(columns: Sequence[Numbers], across: Across) -> Numbers:
    """Columns that begin alike and end where each seed has come to: one as long as the longest."""
    ordered = sorted(columns, key=len)
    parts = [ordered[0][:0]]
    for number, column in enumerate(ordered):
        begin = len(ordered[number - 1]) if number else 0
        if len(column) > begin:
            parts.append(across(np.stack([c[begin : len(column)] for c in ordered[number:]])))
    return np.concatenate(parts)
