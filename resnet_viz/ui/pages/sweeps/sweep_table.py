"""Table of a sweep: one row for each cell, with downloads."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import streamlit as st

from resnet_viz.findings.sweeps.courses import Histories
from resnet_viz.findings.sweeps.records import SweepRecords
from resnet_viz.lab.lab import Lab
from resnet_viz.lab.sweep_files import WRITERS
from resnet_viz.lab.sweeps import Sweep
from resnet_viz.report.sweep_report import sweep_report
from resnet_viz.ui.widgets.page_texts import header

_SECONDS = 5.0
_SMALL = 1000


def refresh_seconds(seconds: float, sweep: Sweep) -> float:
    """`seconds`, and longer for many cells: whoever looks takes no more of the server for them."""
    return seconds * max(1.0, len(sweep.cells) / _SMALL)


def sweep_table(lab: Lab, sweep: Sweep) -> None:
    """Draw the table and its downloads; it is read again every five seconds while cells come."""
    header("As a table")
    name = "".join(c if c.isalnum() else "-" for c in sweep.name or "sweep")[:80]
    with st.container(horizontal=True):
        for ending, title in ((".csv", "CSV"), (".parquet", "Parquet")):
            st.download_button(
                title,
                partial(_file, lab, sweep.id, ending),
                file_name=f"{name}{ending}",
                key=f"sweeps_{title}",
                help="One row for each run: its settings, how it ended, its losses and accuracies.",
                on_click="ignore",
            )
        st.download_button(
            "Report",
            lambda: sweep_report(*_read(lab, sweep.id)),
            file_name=f"{name}.html",
            key="sweeps_report",
            help="One HTML file with pictures, sentences and table, which needs no server.",
            on_click="ignore",
        )
    every = refresh_seconds(_SECONDS, sweep) if sweep.status == "running" else None
    st.fragment(_table, run_every=every)(lab, sweep.id)


def _table(lab: Lab, sweep_id: str) -> None:
    st.dataframe(
        lab.sweep_table(sweep_id),
        hide_index=True,
        height=320,
        key="sweeps_table",
        alt="Each run with its settings, its status and its losses and accuracies at the end",
    )


def _read(lab: Lab, sweep_id: str) -> tuple[Sweep, Histories]:
    sweep = lab.get_sweep(sweep_id)
    return sweep, SweepRecords(lab).of(sweep.cells, live=True, seconds=60.0)[0]


def _file(lab: Lab, sweep_id: str, ending: str) -> bytes:
    """The table as WRITERS write it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"sweep{ending}"
        WRITERS[ending](lab.sweep_table(sweep_id), file)
        return file.read_bytes()
