"""Streamlit's Graphviz chart, made to change at once."""

from __future__ import annotations

import streamlit as st


def graph_chart(dot: str, key: str, alt: str = "Shortcut graph") -> None:
    """The picture of `dot`, mounted anew when it changes, in one of two places that take turns.

    Given a new graph, Streamlit's chart prepares to morph the old one's lines into it, point by
    point: seconds for ResNet-152, for a morph that it never shows. A new chart takes a fraction.
    """
    state = f"{key}_place"
    drawn, place = st.session_state.get(state, ("", 0))
    if dot != drawn:
        place = 1 - place
        st.session_state[state] = (dot, place)
    places = (st.empty(), st.empty())
    places[place].graphviz_chart(dot, width="stretch", alt=alt)
