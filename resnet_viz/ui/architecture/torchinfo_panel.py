"""The torchinfo tab: its settings, the modules as a table and as text, totals beside the plan's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import NetworkPlan, plan
from resnet_viz.ui.common import say
from resnet_viz.ui.common.note import note

if TYPE_CHECKING:  # torch is imported when the tab is opened
    from resnet_viz.views.summary import Statistics, SummaryRow

DEEPEST = 6
"""Levels of modules in a net: stages, stage, block, branch, SE module, its layers."""

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
    """Draws the tab. The net is built on the meta device once; settings only restyle it."""
    with st.spinner("Building the module for torchinfo..."):
        from resnet_viz.views import summary  # noqa: PLC0415  (imports torch)

        try:
            measured = _measured(config)
        except ValueError as error:
            say.error(f"{error}. The other tabs show the net all the same.")
            return
    depth, columns, row_settings = _settings(
        summary.ALL_COLUMNS, summary.COLUMNS, summary.ALL_ROW_SETTINGS
    )
    statistics = summary.restyle(measured, depth, columns, row_settings)
    _totals(statistics, plan(config))
    rows = summary.summary_rows(statistics)
    _table(rows, columns)
    note("torchinfo's own text; the button in its corner copies it.")
    st.code(str(statistics), language=None, height=560)


@st.cache_resource(max_entries=8, show_spinner=False)
def _measured(config: ResNetConfig) -> Statistics:
    from resnet_viz.views.summary import summarize  # noqa: PLC0415  (imports torch)

    return summarize(config)


def _settings(
    all_columns: Sequence[str], columns: Sequence[str], all_row_settings: Sequence[str]
) -> tuple[int, list[str], list[str]]:
    left, right = st.columns([2, 5])
    depth = left.slider(
        "Depth", 1, DEEPEST, 3, key="torchinfo_depth", help="Levels of nested modules to list."
    )
    with right:
        chosen = st.pills(
            "Columns",
            all_columns,
            selection_mode="multi",
            default=columns,
            key="torchinfo_columns",
            wrap=True,
        )
        rows = st.pills(
            "Rows",
            all_row_settings,
            selection_mode="multi",
            default=("depth", "var_names"),
            key="torchinfo_rows",
            help=_ROW_HELP,
            wrap=True,
        )
    return depth, list(chosen), list(rows)


def _totals(statistics: Statistics, network: NetworkPlan) -> None:
    from resnet_viz.views.summary import mult_adds  # noqa: PLC0415  (imports torch)

    parts = mult_adds(statistics, network)
    params, extra = statistics.total_params, parts.total - parts.macs
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


def _table(rows: Sequence[SummaryRow], columns: Sequence[str]) -> None:
    from resnet_viz.views.summary import rows_to_csv  # noqa: PLC0415  (imports torch)

    left, right = st.columns([5, 2], vertical_alignment="bottom")
    wanted = left.text_input(
        "Search the modules", key="torchinfo_search", placeholder="path or type, such as Conv2d"
    )
    found = [row for row in rows if wanted.lower() in f"{row.path} {row.type}".lower()]
    right.download_button(
        "Download CSV", rows_to_csv(found), "torchinfo.csv", "text/csv", width="stretch"
    )
    note(
        f"{len(found):,} of {len(rows):,} modules, in forward order; a column's head sorts. "
        "Numbers of a module with others in it are its own, or the sum within where the depth ends."
    )
    if not found:
        say.info(f"No module matches {wanted!r}.")
        return
    st.dataframe(
        [_cells(row, columns) for row in found],
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


def _cells(row: SummaryRow, columns: Sequence[str]) -> dict[str, object]:
    always = {field: getattr(row, field) for field in _ALWAYS}
    chosen = {_TITLES[field]: getattr(row, field) for field in columns}
    return {title: _cell(value) for title, value in (always | chosen).items()}


def _cell(value: object) -> object:
    return " x ".join(map(str, value)) if isinstance(value, tuple) else value
