"""Judgement of a reader's prediction: held against what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import NamedTuple

from resnet_viz.lessons.facts import UNDECIDED, Facts, in_words
from resnet_viz.lessons.slots import AnyPrediction, Choices, Drawn
from resnet_viz.text import Words

Guess = str | Sequence[float]
"""The name of a choice, or the heights of a drawn curve."""
UNCLEAR = "unclear"
"""Of a net that does better than a guess by its loss or its accuracy alone."""
_FACTORS = {True: 2.0, False: 1.25}
"""A curve whose ends differ by no more than this factor is level, on a logarithmic axis or not."""
_LEVEL = 0.05
"""Of an axis with values below 0: the same."""


class Judgement(NamedTuple):
    """Whether a prediction was right (None: cannot be told), and that in a sentence."""

    is_right: bool | None
    sentence: str


def is_guess(slot: AnyPrediction, facts_x: int, value: object) -> bool:
    """Whether a browser's value can be a prediction: a choice, or so many finite heights."""
    if isinstance(slot, Choices):
        return isinstance(value, str) and value in slot.choices
    return (
        isinstance(value, list)
        and len(value) == facts_x
        and all(isinstance(one, int | float) and not isinstance(one, bool) for one in value)
        and all(slot.low <= one <= slot.high for one in value)
    )


def judge(slot: AnyPrediction, guess: Guess, facts: Facts, words: Words) -> Judgement:
    """A prediction held against the facts."""
    if isinstance(slot, Choices):
        return _of_choice(slot, str(guess), facts, words)
    return _of_curve(slot, [float(value) for value in guess], facts, words)


def _of_choice(slot: Choices, guess: str, facts: Facts, words: Words) -> Judgement:
    result = facts.outcomes[slot.outcome]
    said = words("You predicted: {guess}.").format(guess=_bare(slot.choices[guess]))
    if result == UNDECIDED:
        return Judgement(None, " ".join([said, words("No clear difference was measured.")]))
    if result == UNCLEAR:
        return Judgement(None, " ".join([said, words("This measurement cannot tell.")]))
    if result == guess:
        return Judgement(True, " ".join([said, words("That is what was measured.")]))
    if result in slot.choices:
        measured = words("Measured: {result}.").format(result=_bare(slot.choices[result]))
        return Judgement(False, f"{said} {measured}")
    return Judgement(False, " ".join([said, words("Something else was measured.")]))


def _bare(sentence: str) -> str:
    return sentence.rstrip(".")


def _of_curve(slot: Drawn, guess: Sequence[float], facts: Facts, words: Words) -> Judgement:
    measured = facts.curves[slot.curve].y
    if not all(map(isfinite, measured)):
        return Judgement(None, words("This measurement cannot tell."))
    ours, theirs = _way(slot, measured), _way(slot, guess)
    ways = {
        1: words("rises from {first} to {last}"),
        0: words("stays level, from {first} to {last}"),
        -1: words("falls from {first} to {last}"),
    }
    texts = [
        ways[way].format(first=in_words(values[0], 2), last=in_words(values[-1], 2))
        for way, values in ((theirs, guess), (ours, measured))
    ]
    sentence = words("Your curve {guess}. The measured one {measured}.")
    said = sentence.format(guess=texts[0], measured=texts[1])
    way = words("The direction is right.") if ours == theirs else words("The direction is not.")
    return Judgement(ours == theirs, f"{said} {way}")


def _way(slot: Drawn, values: Sequence[float]) -> int:
    """1 where it rises, -1 where it falls, 0 where its ends are level."""
    first, last = values[0], values[-1]
    low, high = sorted((first, last))
    if slot.low < 0:
        is_level = high - low <= _LEVEL * (slot.high - slot.low)
    else:
        is_level = high <= low * _FACTORS[slot.log]
    return 0 if is_level else 1 if last > first else -1
