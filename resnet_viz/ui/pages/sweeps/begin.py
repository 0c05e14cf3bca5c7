"""Beginning of a sweep: the press that starts it."""

from __future__ import annotations

import streamlit as st

from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.store.database import StoreError
from resnet_viz.ui.pages.sweeps.sweeps_url import look_at
from resnet_viz.ui.session.access import asker, take_controls
from resnet_viz.ui.widgets import message_box

REFUSED = "sweeps_refused"
"""The session's key for why the last press did nothing."""


def start(lab: Lab, spec: SweepSpec) -> None:
    """Start a sweep, and show it from the next run of the page on; why not, is kept to be shown.

    A second press starts nothing more: the same sweep is gone on with.
    """
    try:
        sweep_id = lab.sweep(spec, asker=asker(lab))
    except (StoreError, ValueError) as error:
        st.session_state[REFUSED] = f"The sweep was not started: {error}."
        return
    take_controls(sweep_id)
    look_at(sweep_id)


def refusal() -> None:
    """Say why the last press did nothing, until the next."""
    if said := st.session_state.pop(REFUSED, ""):
        message_box.error(said)
