"""Facts of a lesson's measurement, and how far it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan
from typing import NamedTuple

import plotly.graph_objects as go

from resnet_viz.lessons.slots import ClaimSlot
from resnet_viz.text import number

UNDECIDED = "undecided"
NOT_MEASURED = "?"
"""Stands in a sentence for a number that was not measured."""


class Curve(NamedTuple):
    """A measured curve: y against x, both equally long; NaN where nothing was measured."""

    x: Sequence[float]
    y: Sequence[float]


@dataclass(frozen=True)
class Facts:
    """What a measurement found: results by outcome, numbers as text, and curves.

    Its names are those that its slot declares.
    """

    outcomes: Mapping[str, str]
    numbers: Mapping[str, str]
    curves: Mapping[str, Curve] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """A measurement as it stands: `share` of it is done, `facts` are there once it is over.

    `problem` is a sentence about what went wrong. `figures` draw what there is, by name.
    """

    share: float
    is_over: bool
    facts: Facts | None = None
    problem: str = ""
    figures: Mapping[str, Callable[[], go.Figure]] = field(default_factory=dict)


def say(claim: ClaimSlot, facts: Facts) -> str:
    """A claim's sentence about these facts."""
    result = "" if claim.outcome is None else facts.outcomes[claim.outcome]
    return claim.sentences()[result].format_map(facts.numbers)


def in_words(value: float, digits: int = 3) -> str:
    """A number for a sentence, with so many digits that count."""
    if isnan(value):
        return NOT_MEASURED
    if digits < 7 and 1e3 <= abs(value) < 1e7:
        return f"{float(f'{value:.{digits}g}'):,.0f}"
    return number(value, digits)


def percent(share: float) -> str:
    """A share for a sentence: "96%"."""
    return NOT_MEASURED if isnan(share) else f"{share:.0%}"


def most(values: Mapping[str, tuple[float, float]]) -> str:
    """The name whose interval (low, high) lies above all others; `UNDECIDED` where none does."""
    for name, (low, _) in values.items():
        if all(low > high for other, (_, high) in values.items() if other != name):
            return name
    return UNDECIDED
