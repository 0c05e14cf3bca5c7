"""Memory check before a race starts: whether those of its nets that train at once fit."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from resnet_viz.experiments.devices import expected_device
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.scheduler.memory_fit import check_fit
from resnet_viz.scheduler.places import slots_on
from resnet_viz.ui.pages.race import words
from resnet_viz.ui.widgets import message_box
from resnet_viz.ui.widgets.device_choice import free_memory


def fits_or_says_so(specs: Sequence[RunSpec]) -> bool:
    """Whether they fit; if not, after an error that says what is missing, and an offer of
    activation checkpointing if it helps.

    Where the device's memory is not known, it is left to the run to find out.
    """
    device = expected_device(specs[0].device)
    free = free_memory(device)
    fit = None if free is None else check_fit(specs, free, device)
    if fit is None or fit.fits:
        return True
    nets = words.at_once(len(specs), slots_on(device))
    message_box.error(f"The race cannot start: training {nets} on {device} {fit.sentence}")
    if fit.fits_checkpointed:
        st.button(
            "Use activation checkpointing",
            key="race_fit_offer",
            on_click=st.session_state.__setitem__,
            args=("race_activation_checkpointing", True),
        )
    return False
