"""Lessons page: the list of lessons, or one of them, step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from resnet_viz.lab.lab import Lab
from resnet_viz.lessons.languages import words_in
from resnet_viz.lessons.lesson import Lesson
from resnet_viz.lessons.library import library
from resnet_viz.lessons.worksheet.worksheet import worksheet
from resnet_viz.store.database import StoreError
from resnet_viz.text import Words
from resnet_viz.ui.components.lessons.pointing_words import pointing_words
from resnet_viz.ui.pages.lessons import lessons_url
from resnet_viz.ui.pages.lessons.classroom import Classroom, classroom_of
from resnet_viz.ui.pages.lessons.lesson_view import lesson_view
from resnet_viz.ui.pages.lessons.reading import Reading
from resnet_viz.ui.pages.lessons.teaching import keep_class, teaching
from resnet_viz.ui.session.lab_state import open_lab
from resnet_viz.ui.session.language import language_switch
from resnet_viz.ui.widgets import message_box
from resnet_viz.ui.widgets.markdown import plain, small
from resnet_viz.ui.widgets.page_texts import note, title

_CSS = Path(__file__).with_name("page.css")
_LOCKED = """<style>
[data-testid="stHeader"], .st-key-narrow_pages {display: none !important}
.stMainBlockContainer {padding-top: 1.5rem !important}
</style>"""
"""Of a locked lesson: the menu of pages is a way out."""


def lessons_page() -> None:
    """Draw the page."""
    st.html(_CSS)
    lab, why_not = _lab()
    place, room = _enter(lab, lessons_url.read_place())
    if place.is_locked:
        st.html(_LOCKED)
    words, found = words_in(place.language), library(place.language)
    lessons = _chosen(found.lessons, place.only)
    lesson = next((one for one in lessons if one.key == place.lesson), None)

    def tools() -> None:
        if lesson is not None:
            _worksheet_button(lesson, place)
        if lab is not None:
            teaching(lab, found.lessons, place, room)

    if lesson is None:
        _list(lessons, place, tools)
        for problem in found.problems:
            message_box.warning(words("A lesson is left out. {problem}").format(problem=problem))
    elif lab is None:
        title(lesson.head.title)
        message_box.error(f"{why_not} Until then nothing can be measured.")
        return
    else:
        with st.container(key="lesson_place"):
            _head(lesson.head.title, tools)
            lesson_view(Reading.of(lab, lesson, place, room), lessons)
        pointing_words("lessons_pointing", f"{place.lesson} {place.step}")
    if lab is not None:
        keep_class(lab, place, room)
    lessons_url.write_link()


def _worksheet_button(lesson: Lesson, place: lessons_url.Place) -> None:
    """A lesson as one HTML file to be printed, without the steps that are hidden."""
    words = words_in(place.language)
    link = lessons_url.Place(lesson=lesson.key, language=place.language)
    address = f"{st.context.url or ''}?{urlencode(link.query())}"
    hidden = [step for step in place.hide if step.startswith(f"{lesson.key}.")]
    st.download_button(
        words("Worksheet"),
        partial(worksheet, lesson, words, address, hidden),
        file_name=f"{lesson.key}-{lesson.language}.html",
        mime="text/html",
        icon=":material/print:",
        key="lesson_worksheet",
        help=words("To print or to save as PDF, with room for predictions and results."),
        on_click="ignore",
    )


def _chosen(lessons: Sequence[Lesson], only: Sequence[str]) -> Sequence[Lesson]:
    """The lessons of a teacher's link, in its order; all where it names none."""
    if not only:
        return lessons
    chosen = [lesson for lesson in lessons if lesson.key in only]
    return sorted(chosen, key=lambda lesson: only.index(lesson.key))


def _lab() -> tuple[Lab | None, str]:
    """The lab, or why it cannot be used."""
    try:
        return open_lab(), ""
    except StoreError as error:
        return None, str(error)


def _enter(lab: Lab | None, place: lessons_url.Place) -> tuple[lessons_url.Place, Classroom | None]:
    """Where the reader is, and in which class; the class's link says what its readers read."""
    room = None
    try:
        room = classroom_of(lab, place.class_code) if lab else None
    except StoreError as error:
        message_box.error(str(error))
    except ValueError:
        say = words_in(place.language)
        text = say("No class with the code {code} is open. You can read on without it.")
        message_box.warning(text.format(code=place.class_code))
    if room is not None and not room.is_teacher:
        place = lessons_url.follow(room.link)
    return place, room


def _head(text: str, tools: Callable[[], None]) -> None:
    """A title, with buttons beside it."""
    with st.container(horizontal=True, vertical_alignment="center", key="lessons_head"):
        with st.container(width="stretch"):
            title(text)
        tools()


def _list(lessons: Sequence[Lesson], place: lessons_url.Place, tools: Callable[[], None]) -> None:
    words = words_in(place.language)

    def beside() -> None:
        tools()
        if not place.is_locked:
            language_switch()

    _head(words("Lessons"), beside)
    if place.lesson:
        message_box.warning(words("There is no such lesson. These are all."))
    note(
        words(
            "Each lesson asks a question, takes your prediction, and measures the answer while you "
            "watch."
        )
    )
    with st.container(key="lessons_list"):
        for number, lesson in enumerate(lessons, 1):
            _card(number, lesson, words)


def _card(number: int, lesson: Lesson, words: Words) -> None:
    minutes = words("{minutes} min").format(minutes=lesson.head.minutes)
    with st.container(border=True, key=f"lesson_card_{lesson.key}"):
        st.button(
            f"{number}. {lesson.head.title}",
            type="tertiary",
            key=f"lesson_open_{lesson.key}",
            on_click=lessons_url.move,
            kwargs={"lesson": lesson.key},
        )
        st.markdown(plain(lesson.head.question))
        st.markdown(small(minutes))
