"""Compare page: two to six nets, what differs between them, and what it costs."""

from __future__ import annotations

import streamlit as st

from resnet_viz.arch.paper_names import paper_name
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import label
from resnet_viz.figures.cost_by_stage import Compared
from resnet_viz.ui.pages.compare import choice, view
from resnet_viz.ui.pages.compare.state import LETTERS, current_nets, notice
from resnet_viz.ui.session.net import ask_for_race
from resnet_viz.ui.widgets import message_box
from resnet_viz.ui.widgets.markdown import plain
from resnet_viz.ui.widgets.page_texts import note, title


def compare_page() -> None:
    """Draw the page."""
    nets = current_nets()
    title("Compare")
    if notice():
        message_box.error(notice())
    choice.choose(nets)
    choice.relatives(nets)
    compared = [
        Compared(f"{letter.upper()}: {paper_name(label(net))}", plan(net))
        for letter, net in zip(LETTERS, nets, strict=False)
    ]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(plain(view.difference(compared)), width="stretch")
        together = "Goes to the Race page with these networks. They train on identical minibatches."
        if st.button("Race these", type="primary", help=together):
            ask_for_race(*nets)
    view.graphs(compared)
    view.fields(compared)
    view.numbers(compared)
    view.costs(compared)
    view.stages(compared)
    view.figure(compared)
    note("The link to this page holds these networks. Copy it to share the comparison.")
