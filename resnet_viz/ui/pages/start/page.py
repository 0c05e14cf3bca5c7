"""Start page: a recorded race that plays, the button that runs it live, and the ways on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from resnet_viz.experiments.starting_points.default_race import STARTING_POINT
from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler.eta import about
from resnet_viz.store.database import StoreError
from resnet_viz.text import Words
from resnet_viz.ui.components.stages.recorded_stage import recorded_stage
from resnet_viz.ui.pages.start import thumbnails
from resnet_viz.ui.session.begun_race import begin_and_show, go_to, under_way
from resnet_viz.ui.session.history import is_by_history, is_switched
from resnet_viz.ui.session.lab_state import open_lab
from resnet_viz.ui.session.language import FIRST, QUERY, language, language_switch, speak, words
from resnet_viz.ui.session.public import is_gallery
from resnet_viz.ui.widgets import message_box
from resnet_viz.ui.widgets.page_texts import title

_CSS = Path(__file__).with_name("page.css")


class _Way(NamedTuple):
    """A way on: a page, its name, what it is for, and its picture."""

    page: str
    name: str
    line: str
    thumbnail: Callable[[], str]


def start_page() -> None:
    """Draw the page."""
    if is_switched() or is_by_history():
        speak(st.query_params.get(QUERY, language()))
    st.html(_CSS)
    say = words()
    with st.container(horizontal=True, vertical_alignment="center", key="start_head"):
        with st.container(width="stretch"):
            title(say("Stack more layers and a plain network gets worse. One extra wire fixes it."))
        language_switch()
    with st.container(horizontal=True, vertical_alignment="center", key="start_race"):
        _race_button(say)
    stage, ways = st.columns([7, 3], gap="medium")
    with stage:
        recorded_stage(f"start_stage_{language()}", language())
    with ways:
        for way in _ways(say):
            _draw(way)
    query = {} if language() == FIRST else {QUERY: language()}
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)


def _ways(say: Words) -> Sequence[_Way]:
    return (
        _Way(
            "lessons",
            say("Lessons"),
            say("Short lessons: predict, press, and see what is measured."),
            thumbnails.initialisation,
        ),
        _Way(
            "race",
            say("Race"),
            say("Train up to six networks side by side, live."),
            thumbnails.race,
        ),
        _Way(
            "architecture",
            say("Architecture"),
            say("Choose or change a network. See each layer and its cost."),
            thumbnails.architecture,
        ),
        _Way(
            "design_space",
            say("Design space"),
            say("All published networks by size, cost and depth."),
            thumbnails.design_space,
        ),
    )


def _race_button(say: Words) -> None:
    """The button that starts the default race, or leads to the one that still trains."""
    try:
        lab = open_lab()
        running = under_way(lab)
        time = _time(lab, say)
    except StoreError as error:
        message_box.error(f"{error} Until then no race can be started.")
        return
    what = say(
        "Trains ResNet-56 and the same network without its extra wires. They learn to read "
        "handwritten digits while you watch."
    )
    if is_gallery():
        st.markdown(what)
        return
    label = say("Watch your race") if running else say("Race it live") + time
    pressed = st.button(
        label, type="primary", key="start_race_button", icon=":material/play_arrow:"
    )
    st.markdown(what)
    if not pressed:
        return
    if running:
        go_to(running)
    try:
        begin_and_show(lab, STARTING_POINT.specs)
    except (StoreError, ValueError) as error:
        message_box.error(f"The race was not started: {error}")


def _time(lab: Lab, say: Words) -> str:
    """How long the default race takes here, where earlier ones tell."""
    with suppress(ValueError):
        if seconds := lab.expected_seconds(STARTING_POINT.specs):
            return f" ({about(seconds, say)})"
    return ""


def _draw(way: _Way) -> None:
    with st.container(key=f"way_{way.page}"):
        st.html(way.thumbnail(), width="content")
        with st.container(key=f"said_{way.page}"):
            st.page_link(f"pages/{way.page}.py", label=way.name)
            st.markdown(way.line)
