"""Sentences: each claim of a race in words, by its kind. No text about a race is made elsewhere.

The words stand in tables, kind -> function of a claim, one table a subject; `WORDS` joins them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from resnet_viz.findings.claim import Claim, Plot
from resnet_viz.findings.gradient_words import GRADIENT_WORDS

Words = Callable[[Claim], str]


class Sentence(NamedTuple):
    """A claim in words, and the name of the plot that shows what it is about."""

    text: str
    plot: Plot


WORDS: Mapping[str, Words] = MappingProxyType({**GRADIENT_WORDS})
"""A claim's kind -> how it is said."""


def sentence(claim: Claim) -> str:
    """A claim in words."""
    return WORDS[claim.kind](claim)


def sentences(claims: Sequence[Claim]) -> list[Sentence]:
    """The claims in words, in their order."""
    return [Sentence(sentence(claim), claim.plot) for claim in claims]
