"""What the Race page shows after the end: sentences, a table, the records as CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from resnet_viz.lab.runs import Lab
from resnet_viz.lab.tidy import csv_text
from resnet_viz.plots.race import happened, result_rows
from resnet_viz.plots.report import report_of
from resnet_viz.ui.common.markdown import plain
from resnet_viz.ui.race.live import contestants_of
from resnet_viz.ui.race.state import Seen

PLOTS = {"curves": "Loss and accuracy", "gradients": "By layer", "maps": "Heat maps"}
"""The plots that sentences belong to, by their anchors on the page."""


def results(lab: Lab, seen: Seen) -> None:
    """What the verdict, which stands above, rests on; nothing where nothing was measured."""
    contestants = contestants_of(seen)
    if not any(len(contestant.history) for contestant in contestants):
        return
    st.header("What happened", anchor=False)
    lines = [
        f"- {plain(text)} [{PLOTS[plot]}](#{plot})" for text, plot in happened(contestants)[1:]
    ]
    st.markdown("\n".join(lines))
    rows = result_rows(contestants, [run.params for run in seen.runs])
    st.table(_transposed(rows), border="horizontal")
    st.download_button(
        "Download the report",
        lambda: report_of(seen.look, lab.measured),
        file_name=f"race-{seen.race_id[:8]}.html",
        mime="text/html",
        icon=":material/description:",
        help="One HTML file that replays the race without a server, and prints.",
        on_click="ignore",
    )
    st.download_button(
        "Download the records as CSV",
        lambda: "".join(csv_text((c.name, c.history.records(), c.header) for c in contestants)),
        file_name=f"race-{seen.race_id[:8]}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )


def _transposed(rows: Sequence[Mapping[str, object]]) -> dict[str, list[str]]:
    """One column a net, one row a quantity: what is to be compared stands side by side."""
    quantities = [name for name in rows[0] if name != "net"]
    table = {"": quantities}
    for row in rows:
        table[plain(str(row["net"]))] = [_cell(name, row[name]) for name in quantities]
    return table


def _cell(name: str, value: object) -> str:
    if value is None:
        return "not measured"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.1%}" if "accuracy" in name else f"{value:.4g}"
