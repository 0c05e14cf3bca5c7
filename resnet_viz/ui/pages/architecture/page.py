"""Architecture page: choose a net, see exactly what it is."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from resnet_viz.ui.components.address import replace_address
from resnet_viz.ui.pages.architecture.form import form, notice, preset_box
from resnet_viz.ui.pages.architecture.graph import graph_link
from resnet_viz.ui.pages.architecture.graph.colour_by import colour_query, follow_link
from resnet_viz.ui.pages.architecture.header import actions, headline, introduction
from resnet_viz.ui.pages.architecture.view import GRAPH, tabs
from resnet_viz.ui.session.history import is_by_history, is_switched
from resnet_viz.ui.session.net import shown
from resnet_viz.ui.session.net_url import to_query
from resnet_viz.ui.widgets import message_box


def architecture_page() -> None:
    """Draw the page, and write its net into the address."""
    arrives = shown() is None or is_by_history()
    if is_by_history():
        follow_link()
    with st.sidebar:
        config, problem = form()
    if arrives:
        graph_link.follow_graph_link(config, GRAPH)
    introduction()
    with st.container(key="narrow_preset"):  # shown where the sidebar is folded away
        preset_box("_narrow")
    actions(config)
    for sentence in filter(None, (problem, notice(), graph_link.graph_notice())):
        message_box.error(sentence)
    headline(config)
    tabs(config)
    here = shown()
    query = to_query(config, here.base if here else None) | colour_query()
    _write(query | graph_link.graph_query(config, GRAPH))


def _write(query: Mapping[str, str]) -> None:
    """Put the net into the address: each change of it is an entry of the browser's history, which
    `form` goes back to. Arriving is none, also by a link that had to be mended, and neither is what
    is opened or looked at in the graph."""
    before = st.query_params.to_dict()
    if before == query:
        return
    if is_switched() or _of_net(before) == _of_net(query):
        replace_address("architecture", query)
    else:
        st.query_params.from_dict(query)


def _of_net(query: Mapping[str, str]) -> Mapping[str, str]:
    return {name: value for name, value in query.items() if name not in graph_link.PARAMETERS}
