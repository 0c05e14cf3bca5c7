"""Predictions of a lesson: asked before the measurement, and held against it after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import streamlit as st

from resnet_viz.lessons.facts import Facts
from resnet_viz.lessons.judgement import is_guess, judge
from resnet_viz.lessons.lesson import PREDICTIONS, Lesson, Placed
from resnet_viz.lessons.slots import AnyPrediction, Choices, Drawn
from resnet_viz.text import Words
from resnet_viz.ui.components.lessons.prediction import kept_predictions, prediction
from resnet_viz.ui.pages.lessons.classroom import count
from resnet_viz.ui.pages.lessons.reading import Reading
from resnet_viz.ui.widgets.markdown import plain

_GUESSES = "lessons_guesses"
_ICONS: Mapping[bool | None, str] = {
    True: ":material/check_circle:",
    False: ":material/cancel:",
    None: ":material/help:",
}


def prediction_slot(reading: Reading, placed: Placed) -> None:
    """Draw a prediction; once its measurement has begun, it can be changed no more."""
    slot, lesson, words = placed.slot, reading.lesson, reading.words
    assert isinstance(slot, PREDICTIONS)
    seen = reading.seen[slot.of]
    key = key_of(lesson, placed)
    facts = seen.facts if seen else None
    guess = guesses().get(key)
    # Counts are there at once: they are shown after a prediction.
    is_known = facts is not None and guess is not None
    is_begun = seen is not None and slot.of in reading.place.measured
    room = reading.classroom
    in_class = room is not None and not room.is_teacher
    given = prediction(
        key,
        about(lesson, slot, words),
        guess=guess,
        is_frozen=is_begun or is_known,
        measured=measured(slot, facts) if is_known and facts else None,
        words=_button_words(words, in_class=in_class),
        in_class=in_class,
    )
    new, fits = given.guess, is_guess(slot, len(lesson.depths(slot)), given.guess)
    if new is not None and new != guess and fits:
        guesses()[key] = new
        st.rerun()
    if guess is not None:
        count(reading.lab, room, class_name(lesson, placed), given.reader, guess)


def _button_words(words: Words, *, in_class: bool = False) -> Mapping[str, str]:
    kept = words("Your prediction is kept in this browser.")
    if in_class:
        kept = words("Your prediction is kept in this browser and counted in your class, unnamed.")
    return {
        "yours": words("your prediction"),
        "measured": words("measured"),
        "keep": words("This is my prediction"),
        "change": words("Change my prediction"),
        "kept": kept,
        "drag": words("Drag the points up or down, or use the arrow keys."),
    }


def guesses() -> dict[str, Any]:
    """The predictions of this session, by their keys."""
    kept: dict[str, Any] = st.session_state.setdefault(_GUESSES, {})
    return kept


def take_up_kept(lesson: Lesson, shown: Sequence[Placed]) -> None:
    """Take up what the browser kept of predictions that are not among those `shown`."""
    missing = {
        key_of(lesson, placed): placed.slot
        for placed in lesson.slots
        if isinstance(placed.slot, PREDICTIONS)
        and placed not in shown
        and not is_given(lesson, placed)
    }
    if not missing:
        return
    for key, guess in kept_predictions(list(missing)).items():
        if key in missing and is_guess(missing[key], len(lesson.depths(missing[key])), guess):
            guesses()[key] = guess
            st.rerun()


def key_of(lesson: Lesson, placed: Placed) -> str:
    """The name of a prediction in the session and in the browser."""
    return f"prediction_{lesson.key}_{placed.number}"


def class_name(lesson: Lesson, placed: Placed) -> str:
    """The name of a prediction in a class."""
    return f"{lesson.key}.{placed.number}"


def is_given(lesson: Lesson, placed: Placed) -> bool:
    """Whether the reader has predicted."""
    return key_of(lesson, placed) in guesses()


def held_against(reading: Reading, of: str, facts: Facts) -> None:
    """Draw what became of the predictions about a measurement."""
    lesson, words = reading.lesson, reading.words
    for placed in lesson.slots:
        slot = placed.slot
        key = key_of(lesson, placed)
        if not isinstance(slot, PREDICTIONS) or slot.of != of or key not in guesses():
            continue
        guess = guesses()[key]
        judgement = judge(slot, guess, facts, words)
        st.markdown(f"{_ICONS[judgement.is_right]} {plain(judgement.sentence)}")
        if isinstance(slot, Drawn):
            prediction(
                f"{key}_held",
                about(lesson, slot, words),
                guess=guess,
                is_frozen=True,
                measured=measured(slot, facts),
                words=_button_words(words),
            )


def about(lesson: Lesson, slot: AnyPrediction, words: Words) -> Mapping[str, object]:
    """What a picture of a prediction is about: its question, and its choices or its axes."""
    if isinstance(slot, Choices):
        return {"kind": "choice", "ask": slot.ask, "choices": list(slot.choices.items())}
    return {
        "kind": "curve",
        "ask": slot.ask,
        "x": list(lesson.depths(slot)),
        "x_title": words("depth (layers)"),
        "y_title": slot.title,
        "low": slot.low,
        "high": slot.high,
        "log": slot.log,
    }


def measured(slot: AnyPrediction, facts: Facts) -> str | list[float | None]:
    """What the picture has beside the guess; None at points that were not measured."""
    if isinstance(slot, Choices):
        return facts.outcomes[slot.outcome]
    return [value if isfinite(value) else None for value in facts.curves[slot.curve].y]
