"""List of sweeps: each with its size and how far it is; a press shows it."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from resnet_viz.findings.sweeps.grid import size_words
from resnet_viz.lab.lab import Lab
from resnet_viz.lab.sweeps import SweepSummary
from resnet_viz.ui.pages.sweeps.sweep_access import listed, sees_all
from resnet_viz.ui.pages.sweeps.sweeps_url import look_at
from resnet_viz.ui.session.access import HOW_TO_OWN
from resnet_viz.ui.session.public import is_gallery
from resnet_viz.ui.widgets.markdown import plain, small
from resnet_viz.ui.widgets.page_texts import header, note

MOST_LISTED = 40


def sweep_list(lab: Lab) -> None:
    """Draw the list."""
    sweeps = listed(lab)
    if not sweeps:
        start = "" if is_gallery() else " Start one of those below, or make your own."
        note(f"No sweeps yet.{start}")
        return
    header("Your sweeps" if not sees_all() else "Sweeps on this computer")
    for sweep in sweeps[:MOST_LISTED]:
        _row(sweep)
    more = len(sweeps) - MOST_LISTED
    if more > 0:
        st.markdown(
            small(
                f"{more:,} older sweeps are not listed here. `resnet-viz sweep --list` lists all."
            )
        )
    if not sees_all():
        st.markdown(small(f"Only sweeps that this browser controls are listed. {HOW_TO_OWN}"))


def _row(sweep: SweepSummary) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"sweeps_row_{sweep.id}"):
        st.button(
            plain(sweep.name),
            key=f"sweeps_open_{sweep.id}",
            type="tertiary",
            on_click=look_at,
            args=(sweep.id,),
        )
        said = f"{sweep.status}, {sweep.over:,} of {sweep.runs:,} runs done"
        size = "it cannot be read" if sweep.spec is None else size_words(sweep.spec)
        st.markdown(small(plain(f"{said}; {size}; {_date(sweep.created)}")))


def _date(seconds: float) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds):%d %b %H:%M}"
    except (OverflowError, OSError, ValueError):
        return "at an unknown time"
