"""Claim: one thing that the records of a race show, before it is put into words.

Every sentence, card and table about a race is made from claims, on the pages, on the command line
and in the report. A claim says which quantity of which nets it is about, when, how large and how
sure, so that anyone can check it against the records without reading prose.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import numpy as np

Plot = Literal["curves", "gradients", "through_time"]
"""The picture on the Race page that shows what a claim is about."""

Method = Literal[
    "one run",  # what happened in it; nothing is said about other runs
    "permutation test",  # exact, over the assignments of runs to nets
    "Welch interval",  # of the logarithm of a loss
    "binomial interval",  # of an accuracy
    "mean",  # of minibatches, with a standard error that accounts for their correlation
    "slope",  # of a loss over steps, with its standard error
    "fit",  # of a factor per layer, with R squared
    "count",  # of steps or layers, nothing to be unsure about
]


@dataclass(frozen=True)
class Evidence:
    """Evidence for a claim: how sure it is.

    `runs` is how many runs of each net it rests on, in the claim's order of nets. `p` is the
    two-sided level of a test, corrected where several pairs of nets are tested, `interval` the
    95 % interval of the claim's first value, and `r_squared` how much of the logarithm's variance
    a fit explains; None where there is none.
    """

    method: Method
    runs: tuple[int, ...] = (1,)
    p: float | None = None
    interval: tuple[float, float] | None = None
    r_squared: float | None = None


@dataclass(frozen=True)
class Claim:
    """One thing that the records of a race show.

    `kind` names it ("ended", "ahead", "diverged", ...: a key of `sentences.WORDS`), `nets` are
    the names of the nets it is about, the subject first. `quantity` is what was measured,
    `steps` the first and the last step that it is of, `values` how large, by name, and `details`
    what it says besides that is no number, such as settings that differ.
    """

    kind: str
    nets: tuple[str, ...]
    quantity: str
    steps: tuple[int, int]
    values: Mapping[str, float] = field(default_factory=dict)
    evidence: Evidence = Evidence("count")
    plot: Plot = "curves"
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The net that it is about first."""
        return self.nets[0]

    def __post_init__(self) -> None:
        """Keep the values from being changed by whoever holds the claim."""
        object.__setattr__(self, "values", MappingProxyType(dict(self.values)))
        object.__setattr__(self, "details", MappingProxyType(dict(self.details)))


Words = Callable[[Claim], str]
"""How a claim is said."""


def ends(name: str, numbers: Sequence[float]) -> dict[str, float]:
    """The smallest and the largest of at least one number, as values of a claim; NaN if one is."""
    return {f"{name}_low": float(np.min(numbers)), f"{name}_high": float(np.max(numbers))}
