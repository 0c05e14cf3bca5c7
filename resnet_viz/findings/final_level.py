"""How nets stand at the end of a race: the last tenth of the steps that all of them have done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resnet_viz.findings.contestant import Contestant

LEAST_STEPS = 5
"""One minibatch differs from the next: a mean of fewer says nothing."""

Numbers = NDArray[np.float64]


class Level(NamedTuple):
    """The mean over some minibatches, and their spread: the standard deviation."""

    mean: float
    spread: float

    def overlaps(self, other: Level) -> bool:
        """Whether the intervals mean ± spread have a point in common."""
        return abs(self.mean - other.mean) <= self.spread + other.spread


@dataclass(frozen=True)
class Finish:
    """A net over the window: `loss` is None where a loss there is not finite.

    `broken` is the first step of all whose loss is not finite; None for none.
    """

    net: Contestant
    loss: Level | None
    accuracy: Level
    broken: int | None


def common_steps(contestants: Sequence[Contestant]) -> int:
    """How many steps all of `contestants` have done."""
    return min((len(c.history) for c in contestants), default=0)


def window(steps: int) -> slice:
    """The last tenth of `steps` rows, but at least five (or all, where there are fewer)."""
    return slice(max(0, steps - max(LEAST_STEPS, -(-steps // 10))), steps)


def window_name(steps: int) -> str:
    """What the window is called: of few steps it is more than a tenth."""
    is_tenth = steps >= 10 * LEAST_STEPS
    return "the last tenth of the steps" if is_tenth else f"the last {LEAST_STEPS} steps"


def finish(contestant: Contestant, steps: int) -> Finish:
    """How `contestant` stands after the first `steps` rows of its history."""
    history, rows = contestant.history, window(steps)
    broken = np.flatnonzero(~np.isfinite(history.loss[:steps]))
    is_whole = bool(np.isfinite(history.loss[rows]).all())
    return Finish(
        contestant,
        _level(history.loss[rows]) if is_whole else None,
        _level(history.accuracy[rows]),
        int(history.steps[broken[0]]) if broken.size else None,
    )


def _level(numbers: Numbers) -> Level:
    return Level(float(numbers.mean()), float(numbers.std()))


def leaders(levels: Sequence[Level | None], *, least: bool) -> tuple[int, ...]:
    """Which of `levels` are the best: the best mean, and all whose spread overlaps with it.

    None is worse than any level; () where all are None.
    """
    known = [(level, index) for index, level in enumerate(levels) if level is not None]
    if not known:
        return ()
    best = (min if least else max)(known, key=lambda pair: pair[0].mean)[0]
    return tuple(index for level, index in known if level.overlaps(best))
