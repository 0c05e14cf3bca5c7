"""Row: a figure of a result, ours by seed beside what was reported, and the rule between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from resnet_viz.papers.statements import Judged

TOLERANCE = 1.25
RULE = (
    "A row is reproduced if the range of ours over the seeds and the reported range overlap, each "
    f"widened by a factor of {TOLERANCE:g} (or by the row's own absolute margin, where it is a "
    "share or a cosine), and the median of ours lies within a factor of 2 of the reported range."
)


@dataclass(frozen=True)
class Row:
    """A figure: of which net and setting, ours by seed, and the range that was reported.

    `margin` is absolute, for what may be 0 or negative; 0 takes the factors of `RULE`. `said` is
    what was reported where that is no number.
    """

    what: str
    ours: Sequence[float]
    reported: tuple[float, float]
    margin: float = 0.0
    said: str = ""

    @property
    def is_reproduced(self) -> bool:
        """By `RULE`; what is not finite counts as infinitely large."""
        ours = [value if np.isfinite(value) else inf for value in self.ours]
        low, high = self.reported
        least, most, middle = min(ours), max(ours), float(np.median(ours))
        if self.margin:
            edges = low - self.margin, high + self.margin
            return least <= edges[1] and most >= edges[0] and _within(middle, edges, self.margin)
        overlaps = least / TOLERANCE <= high * TOLERANCE and most * TOLERANCE >= low / TOLERANCE
        return overlaps and low / 2 <= middle <= high * 2

    @property
    def reported_words(self) -> str:
        """The reported range, or what was said in its place."""
        return self.said or span(self.reported)


def _within(middle: float, edges: tuple[float, float], margin: float) -> bool:
    return edges[0] - margin <= middle <= edges[1] + margin


@dataclass(frozen=True)
class Missing:
    """A row that cannot be measured here, and why."""

    what: str
    why: str


@dataclass(frozen=True)
class Stated:
    """A statement of a paper, judged by its own rule (resnet_viz/papers/statements.py)."""

    what: str
    judged: Judged

    @property
    def is_reproduced(self) -> bool:
        """Whether it agrees; what is undecided does not."""
        return self.judged.verdict == "agrees"


Measured = Row | Stated | Missing
Part = Callable[[Sequence[int], bool], Iterator[Measured]]
"""Takes the seeds, and whether to measure fewer nets."""


def span(numbers: Sequence[float]) -> str:
    """Such as "0.04 to 0.1", or one number where there is no more."""
    low, high = (f"{edge:.3g}" for edge in (min(numbers), max(numbers)))
    return low if low == high else f"{low} to {high}"
