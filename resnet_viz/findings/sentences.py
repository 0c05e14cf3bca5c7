"""Sentences: the claims of a race in words, by their kind. No text about a race is made elsewhere.

The words stand in tables, kind -> function of a claim, one table a subject; `WORDS` joins them.
The first sentence of a race is its headline, made of the outcomes of all nets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from resnet_viz.findings.claim import Claim, Plot
from resnet_viz.findings.comparison_words import COMPARISON_WORDS
from resnet_viz.findings.gradient_words import GRADIENT_WORDS
from resnet_viz.findings.headline import OUTCOMES, headline
from resnet_viz.findings.race_words import RACE_WORDS

Words = Callable[[Claim], str]


class Sentence(NamedTuple):
    """A claim in words, and the name of the plot that shows what it is about."""

    text: str
    plot: Plot


WORDS: Mapping[str, Words] = MappingProxyType({**RACE_WORDS, **COMPARISON_WORDS, **GRADIENT_WORDS})
"""A claim's kind -> how it is said."""


def sentence(claim: Claim) -> str:
    """A claim in words."""
    return WORDS[claim.kind](claim)


def sentences(claims: Sequence[Claim]) -> list[Sentence]:
    """The headline of a race, then its claims in words, in their order, but for what it says."""
    outcomes = [claim for claim in claims if claim.kind in OUTCOMES]
    if not outcomes:
        return [Sentence(sentence(claim), claim.plot) for claim in claims]
    first = headline(claims, sentence)
    said = [Sentence(sentence(claim), claim.plot) for claim in claims]
    # What the headline says word for word is not said again.
    return [Sentence(first, "curves"), *(one for one in said if one.text not in first)]
