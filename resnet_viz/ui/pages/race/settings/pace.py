"""Pace of a race: so many steps a second at most, before it starts and while it goes."""

from __future__ import annotations

import streamlit as st

from resnet_viz.ui.pages.race.settings_url import PACES


def pace_words(pace: float | None) -> str:
    """A pace in words, such as "2 steps a second"."""
    if pace is None:
        return "as fast as it goes"
    return "1 step a second" if pace == 1 else f"{pace:g} steps a second"


def pace_box() -> None:
    """Draw the choice for the next race, which the session keeps; 0 for no slow motion."""
    st.selectbox(
        "Speed",
        [pace or 0.0 for pace in PACES],
        format_func=lambda pace: pace_words(pace or None),
        key="race_pace",
        help="Slow motion waits between steps; it can be changed while the race goes.",
        persist_state="session",
    )
