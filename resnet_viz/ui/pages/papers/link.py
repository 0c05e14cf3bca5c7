"""Link of the Papers page: which part is looked at, `?paper=he2016`."""

from __future__ import annotations

import streamlit as st

from resnet_viz.papers.paper import PARTS
from resnet_viz.ui.session.history import is_by_history, is_switched

_WIDGET = "papers_paper"


def choose_part() -> str:
    """Draw the choice of the part, and keep it in the address; its key."""
    linked = st.query_params.get("paper", "")
    if linked in PARTS and (is_by_history() or is_switched()):
        st.session_state[_WIDGET] = linked
    st.session_state.setdefault(_WIDGET, next(iter(PARTS)))
    chosen = str(
        st.segmented_control(
            "Paper",
            list(PARTS),
            key=_WIDGET,
            format_func=PARTS.__getitem__,
            required=True,
            label_visibility="collapsed",
            persist_state="session",
        )
    )
    if st.query_params.to_dict() != {"paper": chosen}:
        st.query_params.from_dict({"paper": chosen})
    return chosen
