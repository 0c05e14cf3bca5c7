"""Torchinfo tab: settings, the modules as a table and as text, totals beside the plan's.

torchinfo needs torch: a process of its own measures a net, once for all sessions of the server.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import NetworkPlan, plan
from resnet_viz.ui.widgets import job_progress, message_box
from resnet_viz.ui.widgets.page_texts import note
from resnet_viz.views import modules

DEEPEST = 6
"""Levels of modules in a net: stages, stage, block, branch, SE module, its layers."""
MOST_BLOCKS = 1000
"""At this many the process takes more than a minute of a busy machine and 0.84 GB."""
_MOST_KEPT = 16
_SLOT = "summary"

_ALWAYS = ("name", "path", "depth", "type")
_TITLES = {
    "input_size": "input shape",
    "output_size": "output shape",
    "kernel_size": "kernel",
    "num_params": "parameters",
    "params_percent": "% of parameters",
    "mult_adds": "mult-adds",
    "trainable": "trainable",
}
_ROW_HELP = (
    "depth: the level and number of each module; var_names: its name in the code; ascii_only: no "
    "line-drawing characters; hide_recursive_layers: modules that are used again are left out."
)


def torchinfo_panel(config: ResNetConfig) -> None:
    """Draw the tab; settings only change the layout of what was measured."""
    if (blocks := sum(config.depths)) > MOST_BLOCKS:
        message_box.info(
            f"{blocks:,} blocks are too many to list module by module; at most {MOST_BLOCKS:,} "
            "are. The command `resnet_viz summary` lists them all."
        )
        return
    summary = _measured(config)
    if summary is None:
        return
    depth, columns, row_settings = _settings()
    _totals(summary, plan(config))
    _table(summary.rows(depth, row_settings), columns)
    note("torchinfo's own text; the button in its corner copies it.")
    st.code(summary.text(depth, columns, row_settings), language=None, height=560)


def _measured(config: ResNetConfig) -> modules.Summary | None:
    """The net's summary; None while it is made, or after a sentence on why there is none."""
    summaries = _summaries()
    if config not in summaries:
        one = job_progress.asked(_SLOT)
        if one is None or one.about != config or one.done:
            job_progress.hand_in(_SLOT, "summary", {"config": config}, config)
        end = job_progress.outcome(_SLOT, "Building in the background")
        if end is None or end.problem:
            _complain(config, end)
            return None
        summaries[config] = modules.Summary.from_json(end.done)
        job_progress.forget(_SLOT)
        for oldest in list(summaries)[:-_MOST_KEPT]:
            summaries.pop(oldest, None)
    return summaries[config]


def _complain(config: ResNetConfig, end: job_progress.Asked | None) -> None:
    if end is None:
        return
    job_progress.complain(end)
    note("The other tabs show the net all the same.")
    if st.button("Try again"):
        job_progress.hand_in(_SLOT, "summary", {"config": config}, config)
        st.rerun()


@st.cache_resource(show_spinner=False)
def _summaries() -> dict[ResNetConfig, modules.Summary]:
    return {}


def _settings() -> tuple[int, list[str], list[str]]:
    left, right = st.columns([2, 5])
    depth = left.slider(
        "Depth", 1, DEEPEST, 3, key="torchinfo_depth", help="Levels of nested modules to list."
    )
    with right:
        chosen = st.pills(
            "Columns",
            tuple(modules.COLUMNS),
            selection_mode="multi",
            default=modules.DEFAULT_COLUMNS,
            key="torchinfo_columns",
            wrap=True,
        )
        rows = st.pills(
            "Rows",
            modules.ROW_SETTINGS,
            selection_mode="multi",
            default=("depth", "var_names"),
            key="torchinfo_rows",
            help=_ROW_HELP,
            wrap=True,
        )
    return depth, list(chosen), list(rows)


def _totals(summary: modules.Summary, network: NetworkPlan) -> None:
    parts = modules.mult_adds(summary, network)
    params, extra = summary.total_params, parts.total - parts.macs
    st.markdown(
        "| | torchinfo | the plan | difference |\n|:--|--:|--:|--:|\n"
        f"| parameters | {params:,} | {network.params:,} | {params - network.params:,} |\n"
        f"| mult-adds / MACs | {parts.total:,} | {parts.macs:,} | {extra:,} |"
    )
    rest = f"; {parts.unexplained:,} remain unexplained" if parts.unexplained else ""
    note(
        "To the plan's MACs torchinfo adds each scale and shift of a norm once "
        f"(**{parts.norms:,}**) and each bias once for every output pixel (**{parts.biases:,}**): "
        f"{parts.macs:,} + {parts.norms:,} + {parts.biases:,} = "
        f"{parts.total - parts.unexplained:,} for one image{rest}. The plan counts the weights of "
        "convolutions and linear layers alone, as the papers do."
    )


def _table(rows: Sequence[modules.SummaryRow], columns: Sequence[str]) -> None:
    left, right = st.columns([5, 2], vertical_alignment="bottom")
    wanted = left.text_input(
        "Search the modules", key="torchinfo_search", placeholder="path or type, such as Conv2d"
    )
    matches = [row for row in rows if wanted.lower() in f"{row.path} {row.type}".lower()]
    right.download_button(
        "Download CSV", modules.rows_to_csv(matches), "torchinfo.csv", "text/csv", width="stretch"
    )
    note(
        f"{len(matches):,} of {len(rows):,} modules, in forward order; a column's head sorts. "
        "Numbers of a module with others in it are its own, or the sum within where the depth ends."
    )
    if not matches:
        message_box.info(f"No module matches {wanted!r}.")
        return
    st.dataframe(
        [_cells(row, columns) for row in matches],
        hide_index=True,
        height=360,
        placeholder="--",
        column_config=_COLUMN_CONFIG,
        alt="torchinfo's rows: name, path, depth, type and the chosen columns",
    )


_COLUMN_CONFIG = {
    "parameters": st.column_config.NumberColumn(format="localized"),
    "mult-adds": st.column_config.NumberColumn(format="localized"),
    "% of parameters": st.column_config.NumberColumn(format="%.2f"),
}


def _cells(row: modules.SummaryRow, columns: Sequence[str]) -> dict[str, object]:
    always = {field: getattr(row, field) for field in _ALWAYS}
    chosen = {_TITLES[field]: getattr(row, field) for field in columns}
    return {
        title: " x ".join(map(str, value)) if isinstance(value, tuple) else value
        for title, value in (always | chosen).items()
    }
