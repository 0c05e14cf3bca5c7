"""What a reader's class has predicted, live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import streamlit as st

from resnet_viz.lessons.judgement import Guess, is_guess
from resnet_viz.lessons.lesson import PREDICTIONS, Placed
from resnet_viz.lessons.slots import AnyPrediction, Choices
from resnet_viz.store.database import StoreError
from resnet_viz.text import Words
from resnet_viz.ui.components.lessons.class_view import class_view
from resnet_viz.ui.pages.lessons import prediction_slot
from resnet_viz.ui.pages.lessons.reading import Reading
from resnet_viz.ui.widgets.markdown import small

_SECONDS = 1.5
"""Between two looks at a class: thirty readers look twenty times a second."""


def class_slot(reading: Reading, placed: Placed, at: str) -> None:
    """Draw what the class has predicted: for readers once they have, for the teacher at once.

    `at` tells it from others of the same prediction.
    """
    slot, lesson, words, room = placed.slot, reading.lesson, reading.words, reading.classroom
    assert isinstance(slot, PREDICTIONS)
    mine = prediction_slot.guesses().get(prediction_slot.key_of(lesson, placed))
    if room is None or (mine is None and not room.is_teacher):
        return
    seen = reading.seen[slot.of]
    facts = seen.facts if seen else None
    # Counts are there at once: they are not told before anybody has predicted.
    is_due = mine is not None or slot.of in reading.place.measured
    result = prediction_slot.measured(slot, facts) if facts and is_due else None
    x = len(lesson.depths(slot))

    @st.fragment(run_every=_SECONDS)
    def look() -> None:
        try:
            found = reading.lab.votes(room.code, prediction_slot.class_name(lesson, placed))
        except (StoreError, ValueError):
            st.markdown(small(words("This class is over.")))
            return
        votes = [guess for guess in found if is_guess(slot, x, guess)]
        if not votes:
            st.markdown(small(words("Predictions of the class appear here as they are given.")))
            return
        class_view(
            f"class_{prediction_slot.key_of(lesson, placed)}_{at}",
            prediction_slot.about(lesson, slot, words),
            **_drawn(slot, votes),
            mine=mine,
            measured=result,
            words=_view_words(words, len(votes)),
        )

    look()


def _drawn(slot: AnyPrediction, votes: Sequence[Guess]) -> Mapping[str, Any]:
    """How many chose what, or all curves with their median."""
    if isinstance(slot, Choices):
        return {"counts": [votes.count(choice) for choice in slot.choices]}
    curves = [[float(f"{float(y):.3g}") for y in vote] for vote in votes]
    return {"curves": curves, "median": [median(at) for at in zip(*curves, strict=True)]}


def _view_words(words: Words, votes: int) -> Mapping[str, str]:
    return {
        "said": words("Predictions of your class: {votes}").format(votes=votes),
        "yours": words("your prediction"),
        "measured": words("measured"),
        "each": words("each prediction"),
        "median": words("their median"),
    }
