"""What app.py does before a page runs: the pages, the charts' scripts, and the way in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from resnet_viz.ui.components.static import provide_scripts
from resnet_viz.ui.session.history import note_page
from resnet_viz.ui.session.lab_state import get_ready

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
  .st-key-narrow_pages {display: flex; gap: 0 .75rem}
  [data-testid="stExpandSidebarButton"] {width: auto}
  [data-testid="stExpandSidebarButton"]::after {content: "Menu and settings"}
}
@media (min-width: 1700px) {html {font-size: 19px !important}}
</style>"""


def pages() -> Sequence[st.Page]:
    """The app's pages, the first is the one it opens on."""
    return (
        st.Page("pages/architecture.py", title="Architecture"),
        st.Page("pages/race.py", title="Race"),
        st.Page("pages/runs.py", title="Runs"),
        st.Page("pages/initialisation.py", title="Initialisation"),
        st.Page("pages/compare.py", title="Compare"),
        st.Page("pages/design_space.py", title="Design space"),
    )


def start(folder: Path) -> None:
    """Makes the app in `folder` ready for a page: called by app.py on every run.

    After `st.navigation`, which has to know the pages that are linked to.
    """
    provide_scripts(folder / "static")
    st.html(_STYLE)
    with st.container(horizontal=True, key="narrow_pages"):
        for page in pages():
            st.page_link(page, width="content")
    st.session_state[_STARTED] = True
    get_ready()


def require_app() -> None:
    """Sends a page that Streamlit ran by itself through app.py, and notes it; a page's first line.

    Until some session has called `st.navigation`, Streamlit takes a folder named pages/ for the
    older kind of app and runs the page of a link without app.py: after a restart of the server
    a race's link would open without its settings. Calling it here switches that off.
    """
    if not st.session_state.get(_STARTED):
        st.navigation(pages())
        st.rerun()
    note_page()
