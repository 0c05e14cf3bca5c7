"""What steers a race under way: pause, one step, slow motion; for those who may."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from resnet_viz.lab.lab import Lab
from resnet_viz.store.database import StoreError
from resnet_viz.ui.pages.race.settings.pace import pace_words
from resnet_viz.ui.pages.race.settings_url import PACES
from resnet_viz.ui.pages.race.state import Seen, expire
from resnet_viz.ui.widgets import message_box

_SLOW = "race_slow"


def controls(lab: Lab, seen: Seen) -> None:
    """The buttons of a race that is under way, for the fragment that shows it."""
    if _is_paused(seen):
        _button(lab, "Resume", ":material/play_arrow:", lab.resume, seen)
    else:
        _button(lab, "Pause", ":material/pause:", lab.pause, seen)
    _button(lab, "Single step", ":material/skip_next:", lab.step, seen)
    _slow_motion(lab, seen)


def toggle_pause(lab: Lab, seen: Seen) -> None:
    """Pauses the race, or lets it go on."""
    if _is_paused(seen):
        obey(lab, "Resume", lab.resume, seen)
    else:
        obey(lab, "Pause", lab.pause, seen)


def obey(lab: Lab, title: str, action: Callable[[str], None], seen: Seen) -> None:
    """Does `action` to the race; why it could not be done is kept to be shown."""
    try:
        action(seen.race_id)
        expire(lab, seen.race_id)
        seen.refusal = ""
    except (StoreError, ValueError) as error:
        seen.refusal = f"{title} did nothing: {error}"


def refusal(seen: Seen) -> None:
    """Stays until it is dismissed, or a press does something."""
    if not seen.refusal:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        message_box.error(seen.refusal)
        if st.button("Dismiss", key="race_dismiss"):
            seen.refusal = ""
            st.rerun(scope="fragment")


def _is_paused(seen: Seen) -> bool:
    return any(run.status == "paused" for run in seen.runs)


def _button(lab: Lab, title: str, icon: str, action: Callable[[str], None], seen: Seen) -> None:
    if st.button(title, icon=icon, key=f"race_{title}"):
        obey(lab, title, action, seen)


def _slow_motion(lab: Lab, seen: Seen) -> None:
    """The race's own speed: another visitor may have set it, and it shows what holds."""
    held = next((run.pace for run in seen.runs if not run.is_over), None)
    options = sorted({pace or 0.0 for pace in (*PACES, held)}, key=lambda pace: -pace or -1e9)
    if st.session_state.get(_SLOW) != (held or 0.0):
        st.session_state[_SLOW] = held or 0.0
    st.selectbox(
        "Speed",
        options,
        format_func=lambda pace: pace_words(pace or None),
        key=_SLOW,
        label_visibility="collapsed",
        width=210,
        on_change=lambda: _set_pace(lab, seen),
    )


def _set_pace(lab: Lab, seen: Seen) -> None:
    pace = st.session_state[_SLOW] or None
    obey(lab, "Slow motion", lambda race_id: lab.slow(race_id, pace), seen)
