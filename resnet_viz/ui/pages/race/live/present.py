"""Projector view of a race (`?present=1`): its stage alone, driven by keys.

Left and right step, Space pauses and resumes (once the race is over: plays it), P or Esc leaves.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from resnet_viz.lab.lab import Lab
from resnet_viz.ui.components.component import component
from resnet_viz.ui.components.stage_view import stage_view
from resnet_viz.ui.pages.race.live.controls import obey, refusal
from resnet_viz.ui.pages.race.race_access import steers
from resnet_viz.ui.pages.race.state import RaceView, key_of, look
from resnet_viz.ui.pages.race.view_url import present, write_view

_KEYS = component(__file__, "keys")
_CSS = Path(__file__).with_name("present.css")
_LEAVE = ("p", "Escape")


def presented(lab: Lab, view: RaceView, *, may_steer: bool) -> None:
    """Draw the race's stage, and nothing else."""
    st.html(_CSS)
    st.fragment(_stage)(lab, view.race_id, may_steer)


def _stage(lab: Lab, race_id: str, may_steer: bool) -> None:
    view = look(lab, race_id)
    write_view(race_id)
    refusal(view)
    key = key_of(race_id)
    stage_view(race_id, f"stage_{key}", steers=may_steer, on_wish=partial(_obey, lab, view))
    with st.container(key="race_keys"):
        pressed: Any = _KEYS(
            key=f"keys_{key}", data={"keys": list(_LEAVE)}, on_key_change=lambda: None
        )
    if pressed.key:
        present(is_on=False)
        st.rerun()


def _obey(lab: Lab, view: RaceView, wish: str) -> None:
    if steers(lab, view.race_id):
        obey(lab, wish.capitalize(), lab.pause if wish == "pause" else lab.resume, view)
