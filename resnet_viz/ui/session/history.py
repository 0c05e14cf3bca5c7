"""Browser history: how a visitor came to a page: by Back and Forward, or by the menu."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

_PAGE, _SWITCHED = "page_on_show", "page_was_switched"


def note_page() -> None:
    """Note which page runs; each page calls this on each of its runs."""
    page = getattr(get_script_run_ctx(), "page_script_hash", None)
    st.session_state[_SWITCHED] = st.session_state.get(_PAGE) != page
    st.session_state[_PAGE] = page


def is_switched() -> bool:
    """Whether another page, or none, was shown before this run."""
    return bool(st.session_state.get(_SWITCHED))


def is_by_history() -> bool:
    """Whether Back or Forward led to this run, so that its address counts.

    Otherwise the address may lag behind: a press is sent with the one that the answer to the press
    before it is about to change. Streamlit tells the two apart from 1.67 on.
    """
    return bool(getattr(get_script_run_ctx(), "is_history_navigation", False))
