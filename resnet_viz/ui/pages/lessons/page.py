"""Lessons page: the list of lessons, or one of them, step by step."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from resnet_viz.lessons.languages import Words, words_in
from resnet_viz.lessons.lesson import Lesson
from resnet_viz.lessons.library import library
from resnet_viz.store.database import StoreError
from resnet_viz.ui.components.lessons.pointing_words import pointing_words
from resnet_viz.ui.pages.lessons.lesson_view import lesson_view
from resnet_viz.ui.pages.lessons.lessons_url import Place, move, read_place, write_link
from resnet_viz.ui.session.lab_state import open_lab
from resnet_viz.ui.session.language import language_switch
from resnet_viz.ui.widgets import message_box
from resnet_viz.ui.widgets.markdown import plain, small
from resnet_viz.ui.widgets.page_texts import note, title

_CSS = Path(__file__).with_name("page.css")


def lessons_page() -> None:
    """Draw the page."""
    st.html(_CSS)
    place = read_place()
    words = words_in(place.language)
    found = library(place.language)
    lessons = [lesson for lesson in found.lessons if not place.only or lesson.key in place.only]
    if place.only:
        lessons.sort(key=lambda lesson: place.only.index(lesson.key))
    lesson = next((one for one in lessons if one.key == place.lesson), None)
    if lesson is None:
        _list(lessons, place, words)
        for problem in found.problems:
            message_box.warning(words("A lesson is left out. {problem}").format(problem=problem))
        write_link()
        return
    try:
        lab = open_lab()
    except StoreError as error:
        title(lesson.head.title)
        message_box.error(f"{error} Until then nothing can be measured.")
        return
    with st.container(key="lesson_place"):
        lesson_view(lab, lesson, place, lessons)
    pointing_words("lessons_pointing", f"{place.lesson} {place.step}")
    write_link()


def _list(lessons: list[Lesson], place: Place, words: Words) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="lessons_head"):
        with st.container(width="stretch"):
            title(words("Lessons"))
        language_switch()
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
            on_click=move,
            kwargs={"lesson": lesson.key},
        )
        st.markdown(plain(lesson.head.question))
        st.markdown(small(minutes))
