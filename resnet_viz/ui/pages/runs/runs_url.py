"""Runs URL: what is looked for and how it is sorted, in the link:
`?find=resnet&outcome=diverged&data=digits&sort=-accuracy`; a minus turns the order."""

from __future__ import annotations

import streamlit as st

from resnet_viz.data.registry import offered
from resnet_viz.ui.pages.runs.groups import OUTCOMES
from resnet_viz.ui.pages.runs.race_table import COLUMNS, NEWEST_FIRST, NOT_SORTED, order, sort_by
from resnet_viz.ui.session.history import is_by_history, is_switched

FIND, STATUS, DATA = "runs_find", "runs_status", "runs_data"
"""The keys of the widgets."""
_NAMES = {"find", "outcome", "data", "sort"}


def read_link() -> None:
    """Set the widgets, before they are drawn, from the address that led here.

    A press on the menu brings no address, or what `switch_page` has left of another page's: the
    widgets then stay as they were in this session. What cannot be looked for is left out.
    """
    query = st.query_params.to_dict()
    is_ours = set(query) <= _NAMES
    if not is_ours or not (is_by_history() or (query and is_switched())):
        return
    st.session_state[FIND] = query.get("find", "")
    known = query.get("outcome", "").split(",")
    st.session_state[STATUS] = [outcome for outcome in OUTCOMES if outcome in known]
    data = query.get("data", "")
    st.session_state[DATA] = data if data in offered() else ""
    column = query.get("sort", "")
    by, falls = column.removeprefix("-"), not column.startswith("-")
    is_column = by in COLUMNS and by not in NOT_SORTED
    sort_by(*((by, falls) if is_column else NEWEST_FIRST))


def write_link() -> None:
    """Have the address hold what is looked for, where it is not the usual."""
    by, falls = order()
    own = {
        "find": st.session_state.get(FIND),
        "outcome": ",".join(st.session_state.get(STATUS) or ()),
        "data": st.session_state.get(DATA),
        "sort": "" if (by, falls) == NEWEST_FIRST else f"{'' if falls else '-'}{by}",
    }
    query = {name: text for name, text in own.items() if text}
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)
