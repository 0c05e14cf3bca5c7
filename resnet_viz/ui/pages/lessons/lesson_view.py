"""One step of a lesson, with the way to the others."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from urllib.parse import urlencode

import streamlit as st

from resnet_viz.lessons.facts import say
from resnet_viz.lessons.lesson import MEASUREMENTS, PREDICTIONS, Lesson, Placed, Step, Text
from resnet_viz.lessons.notebook_slot import NotebookSlot
from resnet_viz.lessons.slots import (
    Choices,
    ClaimSlot,
    Drawn,
    FigureSlot,
    StageSlot,
)
from resnet_viz.text import Words
from resnet_viz.ui.pages.lessons import prediction_slot
from resnet_viz.ui.pages.lessons.class_slot import class_slot
from resnet_viz.ui.pages.lessons.lessons_url import Place, move
from resnet_viz.ui.pages.lessons.measuring import press, progress
from resnet_viz.ui.pages.lessons.notebook.view import notebook_slot
from resnet_viz.ui.pages.lessons.pictures import figure_slot, stage_slot
from resnet_viz.ui.pages.lessons.reading import Reading
from resnet_viz.ui.widgets.markdown import plain, small, with_links
from resnet_viz.ui.widgets.page_texts import header


def lesson_view(reading: Reading, lessons: Sequence[Lesson]) -> None:
    """Draw the step of a lesson at which the reader is.

    A locked lesson is read in order: no link leads past a step that is not done.
    """
    lesson, place, words = reading.lesson, reading.place, reading.words
    steps = [
        number
        for number in range(len(lesson.steps))
        if f"{lesson.key}.{number + 1}" not in place.hide
    ]
    if not steps:
        steps = [0]
    at = min((steps.index(place.step) if place.step in steps else 0), len(steps) - 1)
    if place.is_locked:
        done = (_is_done(reading, lesson.steps[step].slots) for step in steps)
        at = next((number for number, is_done in enumerate(done) if not is_done or number == at))
    step = lesson.steps[steps[at]]
    waits = place.is_locked and not _is_done(reading, step.slots)
    _way(lesson, steps, at, words)
    with st.container(key="lesson_step"):
        header(step.title)
        claims = [placed.slot for placed in step.slots if isinstance(placed.slot, ClaimSlot)]
        for of in dict.fromkeys(claim.of for claim in claims):
            if (seen := reading.seen[of]) and seen.facts:
                prediction_slot.held_against(reading, of, seen.facts)
            for placed in lesson.slots:
                is_of = isinstance(placed.slot, PREDICTIONS) and placed.slot.of == of
                if is_of and seen and placed not in step.slots:
                    class_slot(reading, placed, "held")
        _under_way(reading, step)
        for number, part in enumerate(step.parts):
            if isinstance(part, Text):
                st.markdown(with_links(part.markdown))
            else:
                _slot(reading, part, f"{lesson.key}_{steps[at]}_{number}")
    if at == len(steps) - 1:
        _end(lesson, place, () if waits else lessons, words)
    prediction_slot.take_up_kept(lesson, step.slots)
    has_list = not place.is_locked or len(lessons) > 1
    _buttons(steps, at, words, waits=waits, has_list=has_list)


def _under_way(reading: Reading, step: Step) -> None:
    """The progress of measurements of other steps that this one tells of, until they are over."""
    slots = [placed.slot for placed in step.slots]
    own = {slot.name for slot in slots if isinstance(slot, MEASUREMENTS)}
    told = {slot.of for slot in slots if isinstance(slot, ClaimSlot | FigureSlot)} - own
    for name in sorted(told):
        seen = reading.seen[name]
        if seen is not None and not seen.is_over and not seen.problem:
            progress(reading, reading.lesson.measurements[name])


def _way(lesson: Lesson, steps: Sequence[int], at: int, words: Words) -> None:
    """Which steps there are, and which is read."""
    names = [
        f"**{plain(lesson.steps[step].title)}**"
        if number == at
        else plain(lesson.steps[step].title)
        for number, step in enumerate(steps)
    ]
    count = words("Step {step} of {steps}").format(step=at + 1, steps=len(steps))
    st.markdown(small(f"{count}: {' → '.join(names)}"))


def _slot(reading: Reading, placed: Placed, key: str) -> None:
    slot = placed.slot
    match slot:
        case Choices() | Drawn():
            prediction_slot.prediction_slot(reading, placed)
            class_slot(reading, placed, "asked")
        case StageSlot():
            stage_slot(reading, slot)
        case FigureSlot():
            figure_slot(reading, slot, key)
        case ClaimSlot():
            _claim(reading, slot)
        case NotebookSlot():
            notebook_slot(reading, slot)
        case _:
            press(reading, slot)


def _claim(reading: Reading, slot: ClaimSlot) -> None:
    seen = reading.seen[slot.of]
    if seen is not None and seen.facts is not None:
        with st.container(border=True):
            st.markdown(plain(say(slot, seen.facts)))
    elif seen is None or not seen.problem:
        st.markdown(small(reading.words("What is measured will be told here.")))


def _is_done(reading: Reading, slots: Sequence[Placed]) -> bool:
    """Whether a step's predictions are given, or can be given no more, and its measurements are
    over."""
    for placed in slots:
        slot = placed.slot
        if isinstance(slot, PREDICTIONS) and not prediction_slot.is_given(reading.lesson, placed):
            if slot.of not in reading.place.measured:
                return False
        elif isinstance(slot, MEASUREMENTS):
            seen = reading.seen[slot.name]
            if seen is None or not seen.is_over:
                return False
    return True


def _buttons(steps: Sequence[int], at: int, words: Words, *, waits: bool, has_list: bool) -> None:
    with st.container(horizontal=True, key="lesson_buttons"):
        st.button(
            words("Back"),
            icon=":material/arrow_back:",
            key="lesson_back",
            shortcut="b",
            on_click=move,
            kwargs={"step": steps[max(0, at - 1)]},
            disabled=at == 0,
        )
        st.button(
            words("Next"),
            icon=":material/arrow_forward:",
            key="lesson_next",
            type="primary",
            shortcut="n",
            on_click=move,
            kwargs={"step": steps[min(len(steps) - 1, at + 1)]},
            disabled=at == len(steps) - 1 or waits,
            help=words("Opens after your prediction and the measurement.") if waits else None,
        )
        if has_list:
            st.button(
                words("All lessons"),
                key="lesson_all",
                type="tertiary",
                on_click=move,
                kwargs={"lesson": ""},
            )


def _end(lesson: Lesson, place: Place, lessons: Sequence[Lesson], words: Words) -> None:
    """What the lesson does not show, its sources, and what to go on with."""
    head = lesson.head
    header(words("What this does not show"))
    st.markdown(with_links(head.not_shown))
    sources = words("Sources: {sources}").format(sources="; ".join(head.sources))
    st.markdown(small(with_links(sources)))
    with st.container(horizontal=True):
        if not place.is_locked:
            query = urlencode(head.go_on.query)
            st.link_button(
                head.go_on.label,
                f"{head.go_on.page}?{query}" if query else head.go_on.page,
                wrap=True,
            )
        after = next((b for a, b in pairwise(lessons) if a.key == lesson.key), None)
        if after is not None:
            st.button(
                words("Next lesson: {title}").format(title=after.head.title),
                key="lesson_after",
                on_click=move,
                kwargs={"lesson": after.key},
            )
