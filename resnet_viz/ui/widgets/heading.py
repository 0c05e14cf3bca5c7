"""Headings of a page and of its parts.

Streamlit's own work out the name of a link to them with each message that the page is sent, also
where there is to be no link: with three of them that was a fifteenth of what an update of a race
costs the browser.
"""

from __future__ import annotations

from html import escape

import streamlit as st


def title(text: str) -> None:
    """The title of a page, in plain letters."""
    st.html(f"<h1>{escape(text)}</h1>")


def header(text: str) -> None:
    """The heading of a part of a page, in plain letters."""
    st.html(f"<h2>{escape(text)}</h2>")
