"""Link to the Design space page: its switches and its search, where they are not the usual ones."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from resnet_viz.text import or_words, shorten
from resnet_viz.ui.session.history import is_by_history, is_switched

ALL = "all sizes"
SIZE, AXIS, SEARCH = "design_size", "design_axis", "design_search"
"""The keys of the widgets."""
PARAMETERS, MEMORY = "parameters", "activation memory"
_WIDGETS: Mapping[str, str] = {"size": SIZE, "axis": AXIS, "find": SEARCH}
_USUAL: Mapping[str, object] = {SIZE: ALL, AXIS: PARAMETERS, SEARCH: ""}
_SIZES = {"32": 32, "224": 224}
_AXES = {"parameters": PARAMETERS, "memory": MEMORY}
_CHOICES: Mapping[str, Mapping[str, object]] = {"size": _SIZES, "axis": _AXES}


def read_link() -> str:
    """Set the widgets, before they are drawn, from the address that led here; a sentence on what is
    wrong with it, or "".

    A press on the menu brings no address: the switches then stay as they were in this session. So
    they do where Back leads to an entry that holds the net which was opened from here.
    """
    query = st.query_params.to_dict()
    is_ours = set(query) <= set(_WIDGETS)
    if not (is_by_history() and is_ours) and not (query and is_switched()):
        return ""
    problems = []
    for name, widget in _WIDGETS.items():
        if name not in query:
            if is_by_history() and is_ours:
                st.session_state[widget] = _USUAL[widget]
        elif name not in _CHOICES:
            st.session_state[widget] = query[name]
        elif query[name] in _CHOICES[name]:
            st.session_state[widget] = _CHOICES[name][query[name]]
        else:
            allowed = or_words(list(_CHOICES[name]))
            problems.append(f"Ignored {name} = {shorten(query[name])} in this link: use {allowed}.")
    return " ".join(problems)


def write_link() -> None:
    """Have the address hold what the widgets show."""
    query = {
        name: _written(name, st.session_state[widget])
        for name, widget in _WIDGETS.items()
        if st.session_state.get(widget, _USUAL[widget]) not in (None, _USUAL[widget])
    }
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)


def _written(name: str, value: object) -> str:
    words = {choice: text for text, choice in _CHOICES.get(name, {}).items()}
    return words.get(value, str(value))
