"""Learning outcome of a run: learnt, not learnt, diverged, dead, still falling. Each has a stated
rule.

* diverged at step N: there the loss is not finite, or more than twice the larger of its first value
  and of a guess's, and it never comes back to that one; a loss that is on its way back (a fall is
  found since, and it is no more than a hundred times as large) has not diverged.
* dead from step N: from there to the end, the gradient of at least half of the layers that had one
  before is exactly 0.
* learnt: the loss at the end is below a guess's, and the accuracy above a guess's, by more than
  their 95 % intervals. Where neither is, the run has not learnt; where only one is, it is unclear.
* learnt little: it has learnt, and its accuracy goes less than 15 % of the way from a guess's to 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from resnet_viz.findings.contestant import GRADIENT, Contestant
from resnet_viz.findings.final_level import LEAST_STEPS, End, end_of
from resnet_viz.findings.nets import Net
from resnet_viz.findings.statistics import Numbers, Slope, slope
from resnet_viz.quantities.layer_states import LayerState, state_at

State = Literal["too early", "diverged", "learnt", "not learnt", "unclear", "unknown"]
"""What became of a run; "unknown" where nobody knows what a guess's loss would be."""

AWAY, FAR_AWAY = 2.0, 100.0
LITTLE = 0.15
"""Of the way from a guess's accuracy to 1: from here on a net has learnt more than a little."""
DEAD_SHARE = 0.5


def is_little(accuracy: float, guess: float) -> bool:
    """Whether an accuracy is little better than guessing (or worse)."""
    return accuracy - guess < LITTLE * (1 - guess)


@dataclass(frozen=True)
class Dead:
    """Dead layers: from `step` on, the gradient of `layers` of the `among` layers of the main path
    is 0."""

    step: int
    layers: int
    among: int


@dataclass(frozen=True)
class Course:
    """The course of a run over its first `steps` rows, of which there is at least one."""

    run: Contestant
    steps: int

    @property
    def loss(self) -> Numbers:
        """The training losses."""
        return self.run.history.loss[: self.steps]

    @property
    def last(self) -> int:
        """The last of its steps."""
        return int(self.run.history.steps[self.steps - 1])

    @cached_property
    def end(self) -> End:
        """Loss and accuracy at the end."""
        return end_of(self.run, self.steps)

    @cached_property
    def state(self) -> State:
        """The outcome in a word."""
        if self.diverged is not None:
            return "diverged"
        if self.steps < LEAST_STEPS:
            return "too early"
        if self.run.classes is None or self.run.classes < 2:
            return "unknown"
        better = self._better_than_a_guess
        if not better or len(set(better)) > 1:
            return "unclear"
        return "learnt" if better[0] else "not learnt"

    @property
    def _better_than_a_guess(self) -> Sequence[bool]:
        """Whether the loss is, and the accuracy where it is known; [] of a loss not finite."""
        loss, accuracy = self.end.loss, self.end.accuracy
        classes, chance = self.run.classes, self.run.chance
        if loss is None or classes is None or chance is None:
            return []
        by_loss = loss.high < chance
        return [by_loss] if accuracy is None else [by_loss, accuracy.low > 1 / classes]

    @cached_property
    def diverged(self) -> int | None:
        """The step at which it diverged; None if it did not."""
        steps, loss = self.run.history.steps, self.loss
        finite = np.flatnonzero(np.isfinite(loss))
        if not len(finite) or finite[-1] < self.steps - 1:
            return int(steps[finite[-1] + 1 if len(finite) else 0])
        reference = max(loss[0] if np.isfinite(loss[0]) else 0.0, self.run.chance or 0.0)
        if reference <= 0:
            return None
        back = np.flatnonzero(loss <= reference)
        since = int(back[-1]) + 1 if len(back) else 0
        away = np.flatnonzero(~(loss[since:] <= AWAY * reference))
        if not len(away):
            return None
        first = since + int(away[0])
        if self.steps - first < LEAST_STEPS:
            return None
        after = loss[max(first + 1, self.steps // 2) :]
        after = after[np.isfinite(after)]
        is_back = len(after) >= LEAST_STEPS and slope(after).falls
        if is_back and np.median(loss[-LEAST_STEPS:]) <= FAR_AWAY * reference:
            return None
        return int(steps[first])

    @cached_property
    def dead(self) -> Dead | None:
        """The point from which most gradients are exactly 0; None if they are not, or always
        were."""
        series, columns = self.run.history.series(GRADIENT), self.run.main
        rows = series.steps <= self.last
        states = state_at(self.run.history, self.last)
        if rows.sum() < 2 or not len(columns):
            return None
        if states is not None and (states == LayerState.CLEARED).any():
            return None  # what was set to 0 says nothing of the net
        is_zero = series.values[rows][:, columns] == 0
        had_one = ~is_zero.all(axis=0)
        if not had_one.any():
            return None
        is_zero = is_zero[:, had_one]
        # Of each layer the row from which on it is 0 to the end.
        zero_rows = np.cumprod(is_zero[::-1], axis=0).sum(axis=0)
        since = np.sort(len(is_zero) - zero_rows)
        # The row from which on half of them are.
        row = int(since[int(np.ceil(DEAD_SHARE * len(since))) - 1])
        if row > len(is_zero) - 2:
            return None
        layers = int((len(is_zero) - zero_rows <= row).sum())
        return Dead(int(series.steps[rows][row]), layers, len(columns))

    @cached_property
    def late_slope(self) -> Slope | None:
        """The slope of the loss over the second half of the steps; None for fewer than ten, or if
        not finite."""
        late = self.loss[self.steps // 2 :]
        if len(late) < 2 * LEAST_STEPS or not np.isfinite(late).all():
            return None
        return slope(late)

    @property
    def late_steps(self) -> tuple[int, int]:
        """The steps of the second half."""
        return int(self.run.history.steps[self.steps // 2]), self.last

    @property
    def still_falls(self) -> bool:
        """Whether the loss measurably falls over the second half of the steps."""
        return self.late_slope is not None and self.late_slope.falls


@dataclass(frozen=True)
class Standing:
    """The standing of a net in a race: the course of each of its runs, of which there is at least
    one."""

    net: Net
    courses: tuple[Course, ...]

    @property
    def name(self) -> str:
        """The name of the net."""
        return self.net.name

    @property
    def runs(self) -> int:
        """The number of its runs."""
        return len(self.courses)

    @property
    def looked_at(self) -> Net:
        """The net with these runs alone."""
        return replace(self.net, seeds=tuple(course.run for course in self.courses))

    def count(self, state: State) -> int:
        """The number of runs with this outcome."""
        return sum(course.state == state for course in self.courses)

    def all_are(self, *states: State) -> bool:
        """Whether every run has one of these outcomes."""
        return all(course.state in states for course in self.courses)

    @property
    def losses(self) -> Sequence[float]:
        """The training loss at the end of each run; inf if it is not finite."""
        ends = [course.end.loss for course in self.courses]
        return [np.inf if loss is None else loss.value for loss in ends]


FAR = 0.8


def standings(nets: Sequence[Net]) -> list[Standing]:
    """The standing of each net over the steps that its runs have done; each run has at least one.

    Runs that came nearly as far as the furthest (four fifths) are looked at over the steps that all
    of those have done, as a race is stopped with its runs some steps apart. One that ended long
    before is told over its own steps where its net has no other, and else left out.
    """
    lengths = [len(seed.history) for net in nets for seed in net.seeds]
    common = min(length for length in lengths if length >= FAR * max(lengths))

    def courses(net: Net) -> Iterator[Course]:
        far = [seed for seed in net.seeds if len(seed.history) >= common]
        return (Course(seed, min(common, len(seed.history))) for seed in far or net.seeds)

    return [Standing(net, tuple(courses(net))) for net in nets]
