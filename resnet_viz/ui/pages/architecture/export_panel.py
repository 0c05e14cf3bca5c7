"""Export tab: the net as PyTorch source, ONNX, JSON, and its table; no torch."""

from __future__ import annotations

import streamlit as st

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.ui.widgets import job_progress
from resnet_viz.ui.widgets.downloads import file_name
from resnet_viz.views.source.source import to_source
from resnet_viz.views.table import table1, to_csv, to_latex, to_markdown
from resnet_viz.workers.job_kinds.onnx import FILE

_SLOT = "onnx"


def export_panel(config: ResNetConfig) -> None:
    """Draw the downloads in a row, and the source below, with highlighting and a copy button."""
    source = to_source(config)
    _downloads(config, source)
    _onnx(config)
    st.caption(
        "One file that imports torch alone. With the state dict of build_resnet(config) its ResNet "
        "gives the same outputs to the last bit."
    )
    st.code(source, language="python", line_numbers=True)


def _downloads(config: ResNetConfig, source: str) -> None:
    rows = table1(plan(config))
    files = (
        ("PyTorch source", ".py", source),
        ("Config, JSON", ".json", config.model_dump_json(indent=2) + "\n"),
        ("Table, Markdown", ".md", to_markdown(rows)),
        ("Table, LaTeX", ".tex", to_latex(rows)),
        ("Table, CSV", ".csv", to_csv(rows)),
    )
    for column, (title, ending, text) in zip(st.columns(len(files)), files, strict=True):
        with column:
            _download(title, text.encode(), file_name(config, ending))


def _download(title: str, data: bytes, name: str) -> None:
    st.download_button(
        title,
        data,
        name,
        key=f"download_{title}",
        icon=":material/download:",
        on_click="ignore",
        width="stretch",
    )


def _onnx(config: ResNetConfig) -> None:
    """ONNX takes torch some seconds: it is made on request, and kept until the net changes."""
    left, right = st.columns([1, 4], vertical_alignment="center")
    if left.button("Make ONNX file", width="stretch"):
        job_progress.hand_in(_SLOT, "onnx", {"config": config}, config)
    with right:
        result = job_progress.outcome(
            _SLOT, "Exporting", lambda job: (job.folder / FILE).read_bytes()
        )
        if result is None and job_progress.asked(_SLOT):
            return
        if result is None or result.about != config:
            st.caption("With the weights of a new net, seed 0, made in another process.")
        elif result.problem:
            job_progress.complain(result)
        else:
            _download("ONNX", result.done, file_name(config, ".onnx"))
