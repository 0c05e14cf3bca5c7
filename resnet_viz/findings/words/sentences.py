"""Sentences for the claims of a race, by their kind. No text about a race is made elsewhere.

The words stand in tables, kind -> function of a claim, one table a subject; `WORDS` joins them.
The first sentence of a race is its headline, made of the outcomes of all nets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from resnet_viz.findings.claims.claim import Claim, Plot, Words
from resnet_viz.findings.words.comparison_words import COMPARISON_WORDS, MOST_PAIRS, grouped
from resnet_viz.findings.words.course_words import COURSE_WORDS
from resnet_viz.findings.words.gradient_words import GRADIENT_WORDS
from resnet_viz.findings.words.headline import OUTCOMES, headline
from resnet_viz.findings.words.outcome_words import OUTCOME_WORDS


class Sentence(NamedTuple):
    """A claim in words, and the name of the plot that shows it."""

    text: str
    plot: Plot


WORDS: Mapping[str, Words] = {**OUTCOME_WORDS, **COURSE_WORDS, **COMPARISON_WORDS, **GRADIENT_WORDS}
"""A claim's kind -> how it is said."""


def sentence(claim: Claim) -> str:
    """A claim in words."""
    return WORDS[claim.kind](claim)


def sentences(claims: Sequence[Claim]) -> list[Sentence]:
    """The headline of a race, then the other claims in words, in order."""
    outcomes = [claim for claim in claims if claim.kind in OUTCOMES]
    if not outcomes:
        return [Sentence(sentence(claim), claim.plot) for claim in claims]
    first = headline(claims, sentence)
    pairs = [claim for claim in claims if claim.kind in COMPARISON_WORDS]
    together = grouped(pairs) if len(pairs) > MOST_PAIRS else []
    others = [
        Sentence(text, claim.plot)
        for claim in claims
        for text in _texts(claim, pairs[:1], together)
    ]
    # What the headline says word for word is not said again.
    return [Sentence(first, "curves"), *(other for other in others if other.text not in first)]


def _texts(claim: Claim, first: Sequence[Claim], together: Sequence[str]) -> Sequence[str]:
    """A claim's own words; of many pairs of nets what is said of all, in the place of the first."""
    if not together or claim.kind not in COMPARISON_WORDS:
        return (sentence(claim),)
    return together if claim is first[0] else ()
