"""Ready sweeps as cards: what each shows, what it takes, and one press that starts it."""

from __future__ import annotations

import streamlit as st

from resnet_viz.experiments.ready_sweep import ReadySweep
from resnet_viz.experiments.ready_sweeps import ready_sweeps
from resnet_viz.lab.lab import Lab
from resnet_viz.text import unknown_name
from resnet_viz.ui.pages.sweeps.begin import refusal, start
from resnet_viz.ui.pages.sweeps.sweeps_url import READY
from resnet_viz.ui.widgets import message_box
from resnet_viz.ui.widgets.markdown import small
from resnet_viz.ui.widgets.sweep_cost import cost, expected


def ready(lab: Lab) -> None:
    """Draw the cards, the one of the link before the others."""
    refusal()
    sweeps, first = ready_sweeps(), st.session_state.get(READY, "")
    if first and first not in sweeps:
        message_box.error(f"The link names an {unknown_name('ready sweep', first, tuple(sweeps))}.")
    with st.container(horizontal=True, key="sweeps_ready"):
        for key in sorted(sweeps, key=lambda one: one != first):
            _card(lab, key, sweeps[key], is_linked=key == first)


def _card(lab: Lab, key: str, sweep: ReadySweep, *, is_linked: bool) -> None:
    with st.container(border=True, key=f"sweeps_card_{key}"):
        st.markdown(f"**[{sweep.name}](?ready={key})**")
        st.markdown(sweep.look_for)
        st.markdown(small(cost(expected(lab, sweep.spec))))
        st.button(
            f"Start {sweep.name}",
            type="primary" if is_linked else "secondary",
            key=f"sweeps_start_{key}",
            icon=":material/play_arrow:",
            on_click=start,
            args=(lab, sweep.spec),
        )
