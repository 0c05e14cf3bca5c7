"""The Compare page: two to four nets, what differs between them, and what it costs."""

from __future__ import annotations

import streamlit as st

from resnet_viz.arch.plan import plan
from resnet_viz.plots.compare import Compared
from resnet_viz.ui import compare_choice, compare_view
from resnet_viz.ui.compare_state import current_nets, notice
from resnet_viz.ui.note import note


def compare_page() -> None:
    """Draws the page."""
    nets = current_nets()
    note(
        "Two to four nets side by side, all numbers from their plans. The address names them: "
        "copy it to show someone else the same comparison."
    )
    if notice():
        st.error(notice())
    compare_choice.choose(nets)
    compare_choice.relatives(nets)
    compared = [Compared(compare_choice.name(nets, i), plan(net)) for i, net in enumerate(nets)]
    compare_view.fields(compared)
    compare_view.numbers(compared)
    compare_view.costs(compared)
    compare_view.stages(compared)
    compare_view.graphs(compared)
