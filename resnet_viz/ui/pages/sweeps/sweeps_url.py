"""Sweeps URL: which sweep is looked at, and as which picture, in the link:
`?sweep=...&picture=map&x=depths&y=plain&end=eval_loss`; or a ready sweep: `?ready=degradation`."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from resnet_viz.ui.session.history import is_by_history, is_switched

SWEEP = "sweeps_shown"
"""The session's sweep, by its id; "" for the list."""
READY = "sweeps_ready_shown"
"""The session's ready sweep, by its key, which stands before the others; "" for none."""
PICTURE, X, Y, END = "sweeps_picture", "sweeps_x", "sweeps_y", "sweeps_end"
"""The keys of the widgets."""
KEY = "steer"
_WIDGETS: Mapping[str, str] = {"picture": PICTURE, "x": X, "y": Y, "end": END}


def read_link() -> str:
    """The sweep of the address that led here, or of this session; "" for the list.

    A press on the menu brings no address: the page is then as it was in this session. Widgets take
    what the link says before they are drawn, and leave out what they cannot show.
    """
    query = st.query_params.to_dict()
    is_ours = set(query) <= {"sweep", "ready", KEY, *_WIDGETS}
    if is_ours and (is_by_history() or (query and is_switched())):
        st.session_state[SWEEP] = query.get("sweep", "")
        st.session_state[READY] = query.get("ready", "")
        for name, widget in _WIDGETS.items():
            if name in query:
                st.session_state[widget] = query[name]
            else:
                st.session_state.pop(widget, None)
    return str(st.session_state.get(SWEEP, ""))


def write_link() -> None:
    """Have the address hold what is looked at."""
    shown, ready = st.session_state.get(SWEEP, ""), st.session_state.get(READY, "")
    query = {"sweep": shown} if shown else {"ready": ready} if ready else {}
    if shown:
        for name, widget in _WIDGETS.items():
            if chosen := st.session_state.get(widget):
                query[name] = str(chosen)
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)


def look_at(sweep_id: str) -> None:
    """Show this sweep, or the list for "", from the next run of the page on."""
    st.session_state[SWEEP] = sweep_id
    for widget in _WIDGETS.values():
        st.session_state.pop(widget, None)
