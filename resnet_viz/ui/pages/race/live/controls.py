"""Controls of a race under way: pause, single step, slow motion; for those who may steer it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from resnet_viz.lab.lab import Lab
from resnet_viz.store.database import StoreError
from resnet_viz.ui.pages.race.settings_url import PACES
from resnet_viz.ui.pages.race.state import RaceView, expire
from resnet_viz.ui.pages.race.words import pace_words
from resnet_viz.ui.widgets import message_box

_SLOW = "race_slow"


def controls(lab: Lab, view: RaceView) -> None:
    """Draw the buttons of a race under way, for the fragment that shows it."""
    title, action = _pausing(lab, view)
    icon = "play_arrow" if title == "Resume" else "pause"
    _button(lab, title, f":material/{icon}:", action, view)
    _button(lab, "Single step", ":material/skip_next:", lab.step, view)
    _slow_motion(lab, view)


def obey(lab: Lab, title: str, action: Callable[[str], None], view: RaceView) -> None:
    """Apply `action` to the race; a failure is kept to be shown."""
    try:
        action(view.race_id)
        expire(lab, view.race_id)
        view.refusal = ""
    except (StoreError, ValueError) as error:
        view.refusal = f"{title} did nothing: {error}"


def refusal(view: RaceView) -> None:
    """Draw the last failure until it is dismissed, or a button works."""
    if not view.refusal:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        message_box.error(view.refusal)
        if st.button("Dismiss", key="race_dismiss"):
            view.refusal = ""
            st.rerun(scope="fragment")


def _pausing(lab: Lab, view: RaceView) -> tuple[str, Callable[[str], None]]:
    """What pausing is now: to pause, or to resume."""
    is_paused = any(run.status == "paused" for run in view.runs)
    return ("Resume", lab.resume) if is_paused else ("Pause", lab.pause)


def _button(lab: Lab, title: str, icon: str, action: Callable[[str], None], view: RaceView) -> None:
    if st.button(title, icon=icon, key=f"race_{title}"):
        obey(lab, title, action, view)


def _slow_motion(lab: Lab, view: RaceView) -> None:
    """The race's own speed: another visitor may have set it, and it shows what holds."""
    held = next((run.pace for run in view.runs if not run.is_over), None)
    options = sorted({pace or 0.0 for pace in (*PACES, held)}, key=lambda pace: -pace or -1e9)
    if st.session_state.get(_SLOW) != (held or 0.0):
        st.session_state[_SLOW] = held or 0.0

    def set_pace(race_id: str) -> None:
        lab.slow(race_id, st.session_state[_SLOW] or None)

    st.selectbox(
        "Speed",
        options,
        format_func=lambda pace: pace_words(pace or None),
        key=_SLOW,
        label_visibility="collapsed",
        width=210,
        on_change=obey,
        args=(lab, "Slow motion", set_pace, view),
    )
