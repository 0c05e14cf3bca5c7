"""Graph page: the shortcut graph of a net alone: `/graph?net=resnet50&embed=true`."""

from __future__ import annotations

import streamlit as st

from resnet_viz.ui.components.graphs.graph_chart import MOST_DRAWN, graph_chart
from resnet_viz.ui.pages import PageEntry
from resnet_viz.ui.session.net_url import closest_net, nickname
from resnet_viz.ui.widgets import message_box

PAGE = PageEntry("Graph", order=90, is_listed=False)
UNFOLDED = 60
"""Blocks that a picture in a frame shows one by one; of a deeper net runs of alike ones are one."""


def graph_page() -> None:
    """Draw the graph of the link's net; a click opens a block."""
    config, problem = closest_net(st.query_params.to_dict())
    if problem:
        message_box.error(problem)
    fold = sum(config.depths) > min(UNFOLDED, MOST_DRAWN)
    graph_chart(config, "graph_alone", nickname(config), fold=fold, whole=True)
