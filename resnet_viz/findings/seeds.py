"""A contestant trained from several seeds as one: the median of its runs, and their range."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resnet_viz.findings.contestant import Contestant
from resnet_viz.quantities.layer_states import LAYER_STATE, states_across
from resnet_viz.quantities.records import History, StepRecord, Taken

Numbers = NDArray[Any]
Across = Callable[[Numbers], Numbers]
"""Values of several seeds [seeds, ...] -> one each [...]."""


def median_and_range(runs: Sequence[Contestant]) -> Contestant:
    """The runs of one net from several seeds, as the net of their medians, lows and highs.

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
    """Median, low and high [T, n] over several seeds at the steps [T] that they have in common."""

    steps: NDArray[np.int64]
    median: Numbers
    low: Numbers
    high: Numbers


def spread_of(contestant: Contestant, measure: Callable[[Contestant], Taken]) -> Spread:
    """What is made of each seed's records, over the seeds: a median of ratios is not the ratio of
    medians. Of one seed all three are its own."""
    taken = [measure(run) for run in contestant.runs or (contestant,)]
    known = _common([one for one in taken if len(one.steps)]) or taken[:1]
    steps = max((one.steps for one in known), key=len)
    values = [one.values for one in known]
    return Spread(steps, *(_joined(values, across) for across in (_median, _low, _high)))


def _median(values: Numbers) -> Numbers:
    with np.errstate(invalid="ignore"):  # of inf and -inf there is none
        return np.asarray(np.median(values, axis=0))


def _low(values: Numbers) -> Numbers:
    return np.asarray(values.min(axis=0))


def _high(values: Numbers) -> Numbers:
    return np.asarray(values.max(axis=0))


class _Across(History):
    """What a function makes of several histories, step by step; a quantity when it is asked for."""

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
        self._made: dict[str, Taken] = {}

    @property
    def quantities(self) -> tuple[str, ...]:
        """The quantities that any of them has."""
        return tuple(dict.fromkeys(name for h in self._histories for name in h.quantities))

    def is_thinned(self, name: str) -> bool:
        """Whether it is in any of them."""
        return any(history.is_thinned(name) for history in self._histories)

    def taken(self, name: str) -> Taken:
        """A quantity at the steps that all seeds have it at which have come so far."""
        if name == LAYER_STATE:
            return states_across(self._histories)
        if name not in self._made:
            taken = _common([t for h in self._histories if len((t := h.taken(name)).steps)])
            if not taken:
                return super().taken(name)
            longest = max((one.steps for one in taken), key=len)
            values = _joined([one.values for one in taken], self._across)
            self._made[name] = Taken(longest, values.astype(np.float32))
        return self._made[name]


def _common(taken: Sequence[Taken]) -> Sequence[Taken]:
    """The steps that all have which came so far: long histories are thinned, each in its way."""
    kept = []
    for one in taken:
        rows = np.ones(len(one.steps), np.bool_)
        for other in taken:
            rows &= np.isin(one.steps, other.steps) | (one.steps > other.steps[-1])
        kept.append(Taken(one.steps[rows], one.values[rows]))
    return kept


def _joined(columns: Sequence[Numbers], across: Across) -> Numbers:
    """Columns that begin alike and end where each seed has come to: one as long as the longest."""
    ordered = sorted(columns, key=len)
    parts = [ordered[0][:0]]
    for number, column in enumerate(ordered):
        begin = len(ordered[number - 1]) if number else 0
        if len(column) > begin:
            parts.append(across(np.stack([c[begin : len(column)] for c in ordered[number:]])))
    return np.concatenate(parts)
