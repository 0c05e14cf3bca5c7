"""Language of this session, for the pages that speak several: those of the lessons, and the start
page. It is in their links (`lang=ko`)."""

from __future__ import annotations

import streamlit as st

from resnet_viz.lessons.languages import LANGUAGES, words_in
from resnet_viz.text import Words

_KEY, _WIDGET = "language", "language_switch"
QUERY = "lang"
FIRST = next(iter(LANGUAGES))


def language() -> str:
    """The language's code."""
    return str(st.session_state.get(_KEY, FIRST))


def speak(code: str) -> None:
    """Speak another language from now on; an unknown one changes nothing."""
    if code in LANGUAGES:
        st.session_state[_KEY] = code


def words() -> Words:
    """The words of the language."""
    return words_in(language())


def language_switch() -> None:
    """Draw the choice of the language."""
    st.session_state[_WIDGET] = language()
    st.segmented_control(
        "Language · 언어",
        list(LANGUAGES),
        key=_WIDGET,
        format_func=LANGUAGES.__getitem__,
        required=True,
        label_visibility="collapsed",
        on_change=lambda: speak(st.session_state[_WIDGET]),
    )
