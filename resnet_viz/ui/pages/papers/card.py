"""Card of an exhibit: what the paper states, ours beside it, and the press that measures it."""

from __future__ import annotations

import streamlit as st

from resnet_viz.lab.lab import Lab
from resnet_viz.papers.exhibit import Counted, Exhibit, New, Part, Trained
from resnet_viz.papers.reading import judged
from resnet_viz.papers.statements import Judged, Numbers, overall, rules
from resnet_viz.ui.pages.papers import full_length, new_nets, trained_nets
from resnet_viz.ui.pages.papers.verdict_table import verdict_table
from resnet_viz.ui.session.net_url import to_query
from resnet_viz.ui.widgets.markdown import plain, small
from resnet_viz.ui.widgets.page_texts import header, note

LOOK_SECONDS = 2.0


def card(lab: Lab, exhibit: Exhibit) -> None:
    """Draw the card."""
    with st.container(border=True, key=f"papers_card_{exhibit.key}"):
        header(f"{exhibit.label}: {exhibit.title}")
        st.markdown(f"**The paper:** {plain(exhibit.states)}")
        st.markdown(f"**Here:** {plain(exhibit.how)}")
        _nets(exhibit)
        is_moving = any(
            isinstance(part, Trained) and trained_nets.is_under_way(lab, part)
            for part in exhibit.parts
        )
        every = LOOK_SECONDS if is_moving else None
        st.fragment(_results, run_every=every)(lab, exhibit, is_moving)
        if exhibit.not_here:
            st.markdown(f"**Not shown here:** {plain(exhibit.not_here)}")
        if exhibit.full is not None:
            full_length.full_length(lab, exhibit.key, exhibit.full)


def _nets(exhibit: Exhibit) -> None:
    """Links to the nets that the paper draws or lists."""
    if exhibit.pictures:
        with st.container(horizontal=True, key=f"papers_nets_{exhibit.key}"):
            for name, config in exhibit.pictures.items():
                st.page_link(
                    "pages/architecture.py",
                    label=name,
                    icon=":material/account_tree:",
                    query_params=to_query(config),
                )


def _results(lab: Lab, exhibit: Exhibit, was_moving: bool) -> None:
    """The rows with their verdicts, the charts and the presses."""
    is_moving = False
    rows: list[Judged] = []
    drawn: list[tuple[Part, int, Numbers]] = []
    for place, part in enumerate(exhibit.parts):
        slot = f"{exhibit.key}_{place}"
        if isinstance(part, Counted):
            numbers = part.count()
        elif isinstance(part, New):
            numbers = new_nets.numbers(part, slot)
        else:
            numbers = trained_nets.numbers(lab, part)
            is_moving |= trained_nets.is_under_way(lab, part)
        rows += judged(part, numbers)
        drawn.append((part, place, numbers))
    if rows:
        st.markdown(f"**{overall(rows)[:1].upper()}{overall(rows)[1:]}.**")
        verdict_table(f"{exhibit.label}: published and ours", rows)
    for part, place, numbers in drawn:
        slot = f"{exhibit.key}_{place}"
        if isinstance(part, New):
            new_nets.draw(part, slot, numbers)
        elif isinstance(part, Trained):
            trained_nets.draw(lab, part, slot, numbers)
    if rows:
        note(small(plain(" ".join(rules(exhibit.statements)))))
    if was_moving and not is_moving:
        st.rerun()
