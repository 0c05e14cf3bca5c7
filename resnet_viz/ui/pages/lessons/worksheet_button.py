"""Worksheet button: a lesson as one HTML file to be printed."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode

import streamlit as st

from resnet_viz.lessons.languages import words_in
from resnet_viz.lessons.lesson import Lesson
from resnet_viz.lessons.worksheet.worksheet import worksheet
from resnet_viz.ui.pages.lessons.lessons_url import Place


def worksheet_button(lesson: Lesson, place: Place) -> None:
    """Draw the download of a lesson's worksheet, without the steps that are hidden."""
    words = words_in(place.language)
    link = Place(lesson=lesson.key, language=place.language)
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
