"""A visit of the app: what app.py draws around a page, and what each page's script does."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from resnet_viz.ui import pages
from resnet_viz.ui.session.history import note_page
from resnet_viz.ui.session.lab_state import get_ready
from resnet_viz.ui.session.public import SENTENCES, mode
from resnet_viz.ui.widgets.page_texts import note

_STARTED = "started_by_app"
# Streamlit leaves 5rem on each side of a wide page, which the pictures can use. On narrow windows
# it puts the navigation behind a sign without a word: there the pages' links stand on the page, and
# the sign says what it opens. On large ones everything grows. Captions, the
# words under a metric and a chosen segment are too faint to read otherwise (AA), and so are the
# colours of code, which no setting of the theme changes: these are the palette's. From a page with
# a sidebar to one without, Streamlit leaves it open and empty until the next run, where the page is
# quick: its handler of a run's end still sees the elements of the page before.
_STYLE = """<style>
.stMainBlockContainer {padding-left: 2rem; padding-right: 2rem}
.stHtml > :is(h1, h2) {margin: 0; line-height: 1.2; letter-spacing: normal}
.stHtml > h1 {padding: 1.25rem 0 0; font-size: 1.9rem; font-weight: 650}
.stHtml > h2 {padding: .5rem 0 0; font-size: 1.15rem; font-weight: 600}
[data-testid="stCaptionContainer"] {opacity: 1 !important}
[data-testid="stMetricDelta"], button[data-variant][data-selected="true"] {
  color: inherit !important;
}
.stCode .token {color: inherit !important}
.stCode .token:is(.keyword, .boolean, .null) {color: light-dark(#005A8D, #56B4E9) !important}
.stCode .token:is(.string, .triple-quoted-string) {color: light-dark(#007A59, #2FC596) !important}
.stCode .token.number {color: light-dark(#A63D86, #DD95BE) !important}
.stCode :is(.token.comment, .linenumber) {color: light-dark(#56616D, #A0AAB4) !important}
.st-key-narrow_pages {display: none}
[data-testid="stSidebar"]:not(:has(
  [data-testid="stElementContainer"], [data-testid="stSidebarNav"]
)),
:root:not(:has([data-testid="stSidebar"] :is(
  [data-testid="stElementContainer"], [data-testid="stSidebarNav"]
))) [data-testid="stExpandSidebarButton"] {display: none}
@media (max-width: 768px) {
  .stMainBlockContainer {padding-left: 1rem; padding-right: 1rem}
  .st-key-narrow_pages {display: flex; gap: .6rem .75rem}
  [data-testid="stExpandSidebarButton"] {width: auto}
  [data-testid="stExpandSidebarButton"]::after {content: "Menu and settings"}
}
@media (min-width: 1700px) {html {font-size: 19px !important}}
</style>"""

# A frame of another site's page is small: a view of one thing has all of it.
_ALONE = """<style>
[data-testid="stHeader"] {display: none}
.stMainBlockContainer {padding: .5rem !important}
</style>"""


def draw_visit() -> None:
    """Draws the page that is asked for, and the menu above it: the whole of app.py's script."""
    entries = _menu()
    asked = st.navigation(entries, position="top")
    st.set_page_config(page_title=f"{asked.title} · resnet_viz", layout="wide")
    st.html(_STYLE)
    if st.context.is_embedded and asked.visibility == "hidden":
        st.html(_ALONE)
    else:
        with st.container(horizontal=True, key="narrow_pages"):
            for entry in entries:
                if entry.visibility == "visible":
                    st.page_link(entry, width="content")
    st.session_state[_STARTED] = True
    get_ready()
    if (public := mode()) and not st.context.is_embedded:
        with st.container(key="public_note"):
            note(SENTENCES[public])
    asked.run()


def draw_page(name: str) -> None:
    """Draws the page of that name: the whole of a page's script.

    Until some session has called `st.navigation`, Streamlit takes a folder named pages/ for the
    older kind of app and runs the page of a link without app.py: after a restart of the server
    a race's link would open without its settings. Calling it here switches that off, and sends
    the visit through app.py.
    """
    if not st.session_state.get(_STARTED):
        st.navigation(_menu())
        st.rerun()
    note_page()
    pages.page(name).draw()


def _menu() -> Sequence[st.Page]:
    """The pages as Streamlit knows them, whose scripts lie beside app.py."""
    return [
        st.Page(
            f"pages/{page.name}.py",
            title=page.title,
            visibility="visible" if page.is_listed else "hidden",
        )
        for page in pages.pages()
    ]
