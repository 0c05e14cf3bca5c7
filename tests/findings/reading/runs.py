"""Runs and races as plain arrays: ends, chance, and what was taken at which step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from resnet_viz.findings.claims.claim import Claim
from resnet_viz.findings.contestant import Contestant

Numbers = NDArray[np.float64]
Check = Callable[[Claim, "Race"], None]


@dataclass(frozen=True)
class One:
    """A run over its first `rows` records."""

    of: Contestant
    rows: int

    @property
    def loss(self) -> Numbers:
        return np.asarray(self.of.history.loss[: self.rows], np.float64)

    @property
    def steps(self) -> NDArray[np.int64]:
        return self.of.history.steps[: self.rows]

    @property
    def chance(self) -> float:
        return log(self.of.classes) if self.of.classes else 0.0

    @property
    def late(self) -> Numbers:
        """The losses of the second half."""
        return self.loss[self.rows // 2 :]

    def taken(self, name: str) -> tuple[NDArray[np.int64], Numbers]:
        """The steps at which a quantity was taken, and its rows."""
        found = self.of.history.series(name)
        inside = found.steps <= self.steps[-1]
        return found.steps[inside], found.values[inside].astype(np.float64)

    @property
    def final(self) -> Mapping[str, float] | None:
        """The end as it was measured, if this run came to it."""
        steps, values = self.taken("final")
        if not len(steps) or steps[-1] != self.steps[-1]:
            return None
        names = self.of.along("final").names
        return dict(zip(names, values[-1].tolist(), strict=True))

    @property
    def end_loss(self) -> float:
        """The loss at the end: measured, or the mean over the last tenth, at least five."""
        if self.final is not None:
            return self.final["train_loss"]
        return float(self.loss[-max(5, -(-self.rows // 10)) :].mean())

    @property
    def end_accuracy(self) -> float:
        if self.final is not None:
            return self.final["train_accuracy"]
        accuracy = self.of.history.accuracy[: self.rows]
        return float(accuracy[-max(5, -(-self.rows // 10)) :].mean())

    def beats_chance(self) -> tuple[bool, bool]:
        """Whether loss and accuracy are better than a guess's at all."""
        assert self.of.classes
        return self.end_loss < self.chance, self.end_accuracy > 1 / self.of.classes

    def surely_beats_chance(self) -> tuple[bool, bool] | None:
        """The same beyond doubt, by tests that the findings do not use; None if not measured."""
        if self.final is None or not self.of.classes:
            return None
        found, share = self.final, 1 / self.of.classes
        count = int(found["train_images"])
        right = round(found["train_accuracy"] * count)
        p = stats.binomtest(right, count, share, alternative="greater").pvalue
        z = (self.chance - found["train_loss"]) / max(found["train_loss_se"], 1e-12)
        return bool(z > 2.2), bool(p < 0.01)


@dataclass(frozen=True)
class Race:
    """The runs of a race by the names of nets and of runs."""

    runs: Mapping[str, Sequence[One]]
    every: Mapping[str, Contestant]

    @classmethod
    def of(cls, contestants: Sequence[Contestant]) -> Race:
        begun = [one for one in contestants if len(one.history)]
        most = max((len(one.history) for one in begun), default=0)
        long = [len(one.history) for one in begun if len(one.history) >= 0.8 * most]
        nets: dict[str, list[Contestant]] = {}
        for one in begun:
            nets.setdefault(one.net_name, []).append(one)
        runs = {}
        for name, own in nets.items():
            far = [one for one in own if len(one.history) >= min(long)] or own
            runs[name] = [One(one, min(*long, len(one.history))) for one in far]
        return cls(runs, {one.name: one for one in contestants})

    def __getitem__(self, name: str) -> Sequence[One]:
        return self.runs[name]
