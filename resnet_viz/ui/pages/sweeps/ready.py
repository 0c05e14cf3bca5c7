"""Ready sweeps as cards: what each shows, what it takes, and one press that starts it."""

from __future__ import annotations

import streamlit as st

from resnet_viz.experiments.ready_sweep import ReadySweep
from resnet_viz.experiments.ready_sweeps import ready_sweeps
from resnet_viz.lab.lab import Lab
from resnet_viz.ui.pages.sweeps.begin import refusal, start
from resnet_viz.ui.widgets.markdown import small
from resnet_viz.ui.widgets.sweep_cost import cost, expected


def ready(lab: Lab) -> None:
    """Draw the cards."""
    refusal()
    with st.container(horizontal=True, key="sweeps_ready"):
        for key, sweep in ready_sweeps().items():
            _card(lab, key, sweep)


def _card(lab: Lab, key: str, sweep: ReadySweep) -> None:
    with st.container(border=True, key=f"sweeps_card_{key}"):
        st.markdown(f"**{sweep.name}**")
        st.markdown(sweep.look_for)
        st.markdown(small(cost(expected(lab, sweep.spec))))
        st.button(
            f"Start {sweep.name}",
            key=f"sweeps_start_{key}",
            icon=":material/play_arrow:",
            on_click=start,
            args=(lab, sweep.spec),
        )
