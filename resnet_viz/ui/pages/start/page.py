"""Start page: a recorded race that plays, the button that runs it live, and the ways on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from resnet_viz.experiments.starting_points.default_race import STARTING_POINT
from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler.eta import about
from resnet_viz.store.database import StoreError
from resnet_viz.ui.components.stages.recorded_stage import recorded_stage
from resnet_viz.ui.pages.start import thumbnails
from resnet_viz.ui.session.begun_race import begin_and_show, go_to, under_way
from resnet_viz.ui.session.lab_state import open_lab
from resnet_viz.ui.session.public import is_gallery
from resnet_viz.ui.widgets import message_box
from resnet_viz.ui.widgets.page_texts import title

SENTENCE = "Stack more layers and a plain network gets worse. One extra wire fixes it."
_WHAT = (
    "Trains ResNet-56 and the same network without its extra wires. They learn to read handwritten "
    "digits while you watch."
)
_CSS = Path(__file__).with_name("page.css")


class _Way(NamedTuple):
    """A way on: a page, its name in the menu, what it is for, and its picture."""

    page: str
    name: str
    line: str
    thumbnail: Callable[[], str]


WAYS = (
    _Way("race", "Race", "Train up to six networks side by side, live.", thumbnails.race),
    _Way(
        "architecture",
        "Architecture",
        "Choose or change a network. See each layer and its cost.",
        thumbnails.architecture,
    ),
    _Way(
        "initialisation",
        "Initialisation",
        "What happens to signal and gradient before any training?",
        thumbnails.initialisation,
    ),
    _Way(
        "design_space",
        "Design space",
        "All published networks by size, cost and depth.",
        thumbnails.design_space,
    ),
)


def start_page() -> None:
    """Draw the page."""
    st.html(_CSS)
    title(SENTENCE)
    with st.container(horizontal=True, vertical_alignment="center", key="start_race"):
        _race_button()
    stage, ways = st.columns([7, 3], gap="medium")
    with stage:
        recorded_stage("start_stage")
    with ways:
        for way in WAYS:
            _draw(way)


def _race_button() -> None:
    """The button that starts the default race, or leads to the one that still trains."""
    try:
        lab = open_lab()
        running = under_way(lab)
        time = _time(lab)
    except StoreError as error:
        message_box.error(f"{error} Until then no race can be started.")
        return
    if is_gallery():
        st.markdown(_WHAT)
        return
    label = "Watch your race" if running else f"Race it live{time}"
    pressed = st.button(
        label, type="primary", key="start_race_button", icon=":material/play_arrow:"
    )
    st.markdown(_WHAT)
    if not pressed:
        return
    if running:
        go_to(running)
    try:
        begin_and_show(lab, STARTING_POINT.specs)
    except (StoreError, ValueError) as error:
        message_box.error(f"The race was not started: {error}")


def _time(lab: Lab) -> str:
    """How long the default race takes here, where earlier ones tell."""
    with suppress(ValueError):
        if seconds := lab.expected_seconds(STARTING_POINT.specs):
            return f" ({about(seconds)})"
    return ""


def _draw(way: _Way) -> None:
    with st.container(key=f"way_{way.page}"):
        st.html(way.thumbnail(), width="content")
        with st.container(key=f"said_{way.page}"):
            st.page_link(f"pages/{way.page}.py", label=way.name)
            st.markdown(way.line)
