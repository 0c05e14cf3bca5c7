"""Sweeps page: ready sweeps to start, one's own, a list; and one sweep with its pictures."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from resnet_viz.lab.lab import Lab
from resnet_viz.store.database import StoreError
from resnet_viz.ui.pages.sweeps.controls import last_controls
from resnet_viz.ui.pages.sweeps.own_sweep import own_sweep
from resnet_viz.ui.pages.sweeps.ready import ready
from resnet_viz.ui.pages.sweeps.sweep_access import may_steer
from resnet_viz.ui.pages.sweeps.sweep_list import sweep_list
from resnet_viz.ui.pages.sweeps.sweep_view import go_to_races, sweep_view
from resnet_viz.ui.pages.sweeps.sweeps_url import look_at, read_link, write_link
from resnet_viz.ui.session.lab_state import open_lab
from resnet_viz.ui.session.public import is_gallery
from resnet_viz.ui.widgets import message_box
from resnet_viz.ui.widgets.page_texts import header, note, title

_CSS = Path(__file__).with_name("page.css")


def sweeps_page() -> None:
    """Draw the page."""
    go_to_races()
    sweep_id = read_link()
    st.html(_CSS)
    try:
        lab = open_lab()
        if sweep_id:
            _one(lab, sweep_id)
        else:
            _all(lab)
    except StoreError as error:
        title("Sweeps")
        message_box.error(f"{error} Until then no sweep can be shown.")


def _one(lab: Lab, sweep_id: str) -> None:
    try:
        sweep = lab.get_sweep(sweep_id)
    except ValueError as error:
        title("Sweeps")
        message_box.error(f"The sweep of this link cannot be shown: {error}.")
        st.button("All sweeps", icon=":material/arrow_back:", on_click=look_at, args=("",))
        for one in lab.sweeps():
            if one.id == sweep_id and may_steer(lab, sweep_id):
                last_controls(lab, one)
        return
    sweep_view(lab, sweep)


def _all(lab: Lab) -> None:
    title("Sweeps")
    note(
        "A sweep trains many networks, each from several seeds, and shows them in one picture. One "
        "race tells how one run went; a sweep tells how sure that is."
    )
    sweep_list(lab)
    if not is_gallery():
        header("Ready sweeps")
        ready(lab)
        own_sweep(lab)
    write_link()
