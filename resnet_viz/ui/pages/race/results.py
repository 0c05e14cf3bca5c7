"""Results of a finished race: sentences, a table, and files to download."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from resnet_viz.findings.race_summary import happened
from resnet_viz.findings.result_table import Cell, result_rows, transposed
from resnet_viz.lab.lab import Lab
from resnet_viz.report.report import report_of
from resnet_viz.ui.pages.race import words
from resnet_viz.ui.pages.race.again import more_seeds
from resnet_viz.ui.pages.race.live.live import contestants_of
from resnet_viz.ui.pages.race.live.pictures import key_of_chart
from resnet_viz.ui.pages.race.state import RaceView, is_together
from resnet_viz.ui.widgets.downloads import take_away
from resnet_viz.ui.widgets.markdown import plain
from resnet_viz.ui.widgets.page_texts import header

PLOTS = {
    "curves": "Loss and accuracy",
    "gradients": "By layer",
    "through_time": "Through time",
}
"""The plots that sentences belong to, by their anchors on the page."""


def results(lab: Lab, view: RaceView) -> None:
    """Draw the evidence for the verdict above; nothing if nothing was measured."""
    contestants = contestants_of(view)
    if not any(len(contestant.history) for contestant in contestants):
        return
    header("What happened")
    lines = [
        f"- {plain(text)} [{PLOTS[plot]}](#{key_of_chart(plot)})"
        for text, plot in happened(contestants)[1:]
    ]
    st.markdown("\n".join(lines))
    more_seeds(lab, view)
    rows = result_rows(contestants, [run.params for run in view.runs])
    st.table(_transposed(rows), border="horizontal")
    with st.container(horizontal=True):
        _downloads(lab, view)


def _downloads(lab: Lab, view: RaceView) -> None:
    """The report, and what was measured."""
    st.download_button(
        "Download the report",
        lambda: report_of(view.look, lab.measured),
        file_name=f"race-{view.race_id[:8]}.html",
        mime="text/html",
        icon=":material/description:",
        help="One HTML file that replays the race without a server, and prints.",
        on_click="ignore",
    )
    with st.popover("Take away", icon=":material/download:"):
        race_id = None if is_together(view.race_id) else view.race_id
        take_away(lab, race_id, words.title(view.runs), view.runs, "race_take")


def _transposed(rows: Sequence[Mapping[str, Cell]]) -> dict[str, list[str]]:
    """One column a net, one row a quantity: what is to be compared stands side by side."""
    cells = transposed(rows)
    table = {"": list(cells)}
    for place, row in enumerate(rows):
        table[plain(str(row["net"]))] = [texts[place] for texts in cells.values()]
    return table
