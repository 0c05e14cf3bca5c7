"""Controls of a race under way: what the stage's transport asks for, for those who may steer it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from resnet_viz.lab.lab import Lab
from resnet_viz.store.database import StoreError
from resnet_viz.ui.pages.race.state import RaceView, expire
from resnet_viz.ui.widgets import message_box

TITLES: Mapping[str, str] = {
    "pause": "Pause training",
    "resume": "Resume training",
    "train_one": "Train one step",
    "pace": "Speed",
}
"""The wishes of the transport that are orders to the runs, and what its buttons say."""


def steer(lab: Lab, view: RaceView, name: str, value: Any = None) -> None:
    """Give the race an order of `TITLES`; a failure is kept to be shown."""
    orders: Mapping[str, Callable[[str], None]] = {
        "pause": lab.pause,
        "resume": lab.resume,
        "train_one": lab.step,
        "pace": lambda race_id: lab.slow(race_id, float(value or 0) or None),
    }
    obey(lab, TITLES[name], orders[name], view)


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
