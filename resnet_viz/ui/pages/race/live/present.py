"""Projector view of a race (`?present=1`): large type, no settings, and keyboard control.

Left and right step, Space pauses and resumes (once the race is over: plays it), P or Esc leaves.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from resnet_viz.lab.lab import Lab
from resnet_viz.ui.components.component import component
from resnet_viz.ui.pages.race.live.controls import toggle_pause
from resnet_viz.ui.pages.race.state import RaceView, key_of
from resnet_viz.ui.pages.race.view_url import present

_KEYS = component(__file__, "keys")
_CSS = Path(__file__).with_name("present.css")
_LEAVE = ("p", "Escape")


def large_type() -> None:
    """Draw the page without its menu, in type that the last row can read."""
    st.html(_CSS)


def listen(lab: Lab, view: RaceView, *, may_steer: bool) -> None:
    """Listen to the keyboard, for the fragment that shows the race."""
    pauses = may_steer and not view.is_over
    name = f"keys_{key_of(view.race_id)}"
    with st.container(key="race_keys"):
        data = {"keys": [*_LEAVE, *([" "] if pauses else [])]}
        pressed: Any = _KEYS(key=name, data=data, on_key_change=lambda: None)
    if not pressed.key:
        return
    if pressed.key["key"] in _LEAVE:
        present(is_on=False)
        st.rerun()
    elif pauses:
        toggle_pause(lab, view)
