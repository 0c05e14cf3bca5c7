"""Papers page: the figures and tables of a paper in order, ours beside what was published."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from resnet_viz.papers.exhibits import exhibits
from resnet_viz.papers.paper import PAPERS
from resnet_viz.papers.statements import tally
from resnet_viz.store.database import StoreError
from resnet_viz.ui.pages.papers.card import all_judged, card
from resnet_viz.ui.pages.papers.link import choose_part
from resnet_viz.ui.session.lab_state import open_lab
from resnet_viz.ui.widgets import message_box
from resnet_viz.ui.widgets.page_texts import note, title

_CSS = Path(__file__).with_name("page.css")


def papers_page() -> None:
    """Draw the page."""
    st.html(_CSS)
    title("Papers")
    note(
        "The figures and tables of the papers, measured on this computer. Each row holds a "
        "statement of the paper against our numbers, and a stated rule gives the verdict."
    )
    part = choose_part()
    own = [paper for paper in PAPERS.values() if paper.part == part]
    try:
        lab = open_lab()
        keys = {paper.key for paper in own}
        shown = [exhibit for exhibit in exhibits().values() if exhibit.paper in keys]
        st.markdown(f"**{tally([row for one in shown for row in all_judged(lab, one)])}**")
        for paper in own:
            note(f"{paper.cited}, *{paper.title}*, arXiv:{paper.arxiv}")
            for exhibit in shown:
                if exhibit.paper == paper.key:
                    card(lab, exhibit)
    except StoreError as error:
        message_box.error(f"{error} Until then nothing can be measured.")
