"""Full length: what the paper's own training costs here and on a GPU, and its press."""

from __future__ import annotations

import streamlit as st

from resnet_viz.data.registry import dataset_info
from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.papers.cost import cost_words, is_timed, timing
from resnet_viz.store.database import StoreError
from resnet_viz.ui.session.access import asker, take_controls
from resnet_viz.ui.session.public import is_gallery
from resnet_viz.ui.widgets import message_box
from resnet_viz.ui.widgets.markdown import plain, small
from resnet_viz.ui.widgets.sweep_cost import cost, expected

_REFUSED = "papers_full_refused"


def full_length(lab: Lab, key: str, sweep: SweepSpec) -> None:
    """Draw the cost, the press that measures it, and the one that trains where the images are."""
    with st.expander("At the paper's full length"):
        for sentence in cost_words(lab, sweep):
            st.markdown(plain(sentence))
        about = dataset_info(sweep.base.dataset)
        with st.container(horizontal=True, vertical_alignment="center", key=f"papers_press_{key}"):
            if not is_gallery():
                _timing(lab, key, sweep)
            if not about.place:
                st.markdown(f"{plain(about.title)} is not on this computer, so it cannot start.")
            elif not is_gallery():
                _press(lab, f"full_{key}", "Train at full length", sweep)
        if said := st.session_state.pop(f"{_REFUSED}_{key}", ""):
            message_box.error(said)


def _timing(lab: Lab, key: str, sweep: SweepSpec) -> None:
    if not is_timed(lab, sweep):
        short = timing(sweep)
        _press(lab, f"time_{key}", "Measure the step times", short)
        st.markdown(small(cost(expected(lab, short))))


def _press(lab: Lab, name: str, label: str, sweep: SweepSpec) -> None:
    st.button(
        label,
        key=f"papers_{name}",
        icon=":material/play_arrow:",
        on_click=_start,
        args=(lab, name.partition("_")[2], sweep),
    )


def _start(lab: Lab, key: str, sweep: SweepSpec) -> None:
    try:
        take_controls(lab.sweep(sweep, asker=asker(lab)))
    except (StoreError, ValueError) as error:
        st.session_state[f"{_REFUSED}_{key}"] = f"It was not started: {error}."
