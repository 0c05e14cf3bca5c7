"""Texts of a page: its title, the headings of its parts, and notes beside charts.

Streamlit's own headings work out the name of a link to them with each message that the page is
sent, also where there is to be no link: with three of them that was a fifteenth of what an update
of a race costs the browser.
"""

from __future__ import annotations

from html import escape

import streamlit as st

from resnet_viz.ui.widgets.markdown import small, with_links


def title(text: str) -> None:
    """Draw the title of a page, in plain letters."""
    st.html(f"<h1>{escape(text)}</h1>")


def header(text: str) -> None:
    """Draw the heading of a part of a page, in plain letters."""
    st.html(f"<h2>{escape(text)}</h2>")


def note(markdown: str) -> None:
    """Draw what a chart shows, in a sentence or two: small, but in full colour."""
    st.markdown(small(with_links(markdown)))
