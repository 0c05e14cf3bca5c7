"""Architecture page: choose a net, see exactly what it is."""

from __future__ import annotations

import streamlit as st

from resnet_viz.ui.pages.architecture.colour_by import colour_query
from resnet_viz.ui.pages.architecture.form import form, notice, preset_box
from resnet_viz.ui.pages.architecture.header import actions, headline, introduction
from resnet_viz.ui.pages.architecture.view import tabs
from resnet_viz.ui.session.net import shown
from resnet_viz.ui.session.net_url import to_query
from resnet_viz.ui.widgets import message_box


def architecture_page() -> None:
    """Draw the page, and write its net into the address."""
    with st.sidebar:
        config, problem = form()
    introduction()
    with st.container(key="narrow_preset"):  # shown where the sidebar is folded away
        preset_box("_narrow")
    actions(config)
    for sentence in filter(None, (problem, notice())):
        message_box.error(sentence)
    headline(config)
    tabs(config)
    here = shown()
    query = to_query(config, here.base if here else None) | colour_query()
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)
