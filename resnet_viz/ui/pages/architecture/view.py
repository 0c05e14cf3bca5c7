"""Tabs of the Architecture page: views of the net, drawn from the plan."""

from __future__ import annotations

from functools import partial

import streamlit as st

from resnet_viz.arch.config import ResNetConfig, explain
from resnet_viz.arch.net_names import net_title
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import label
from resnet_viz.ui.components.graphs.graph_chart import MOST_DRAWN, Alone, Coloured, graph_chart
from resnet_viz.ui.pages.architecture.build_panel import build_panel
from resnet_viz.ui.pages.architecture.export_panel import export_panel
from resnet_viz.ui.pages.architecture.figures_panel import figures_panel
from resnet_viz.ui.pages.architecture.graph.block_panel import STYLE, block_panel, pick, picked
from resnet_viz.ui.pages.architecture.graph.closed_stages import closed_box, closed_stages, reopened
from resnet_viz.ui.pages.architecture.graph.colour_by import KINDS, colour_box, colour_graph
from resnet_viz.ui.pages.architecture.memory_panel import memory_panel
from resnet_viz.ui.pages.architecture.torchinfo_panel import torchinfo_panel
from resnet_viz.ui.pages.architecture.weights_panel import weights_panel
from resnet_viz.ui.pages.architecture.words import shortcut_words
from resnet_viz.ui.session.net import show_net, shown, twin_of
from resnet_viz.ui.widgets import message_box
from resnet_viz.ui.widgets.page_texts import note
from resnet_viz.views.table import StageRow, table1

MOST_BLOCKS = 150
"""A picture of more blocks than this is hard to read."""
GRAPH = "graph"
"""The key of the page's graph."""
_READ = (
    "Data flow from the image through the stem, then down each stage and on to the next. Click a "
    "block for its equation and its numbers, or a closed stage to open it. By keyboard, the arrows "
    "go from block to block, Enter opens one and Escape closes it. Zoom with the buttons, or with "
    "Ctrl and the wheel; drag to move."
)


def tabs(config: ResNetConfig) -> None:
    """Draw the open tab alone, so that torch is imported by the tab that needs it."""
    opened = st.tabs(tuple(TABS), on_change="rerun", key="tab")
    for tab, show in zip(opened, TABS.values(), strict=True):
        if tab.open:
            with tab:
                show(config)


def _graph_tab(config: ResNetConfig) -> None:
    blocks = sum(config.depths)
    fold = blocks > MOST_BLOCKS
    if blocks > MOST_DRAWN:
        note(f"Equal blocks are drawn as one: more than {MOST_DRAWN:,} are not drawn one by one.")
    elif fold:
        fold = not st.toggle(
            f"Draw all {blocks} blocks",
            help="Otherwise runs of equal blocks are drawn as one, with their number.",
        )
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        chosen = colour_box()
        coloured = None if chosen == KINDS else Coloured(GRAPH)
        if coloured:
            colour_graph(config, GRAPH, chosen)
        closed_box(config)
    st.html(STYLE)
    with st.container(key="graph_beside"):
        with st.container():
            _graph(config, fold=fold, coloured=coloured)
        block_panel(config, GRAPH)
    note(shortcut_words(plan(config)))
    note(_READ)


def _graph(config: ResNetConfig, *, fold: bool, coloured: Coloured | None) -> None:
    here = shown()
    name = net_title(config, here.base) if here else label(config)
    twin = twin_of(config) if config.shortcut == "none" else None
    alone = Alone(partial(_click, config), picked(config), twin, closed_stages(config))
    graph_chart(config, GRAPH, name, fold=fold, coloured=coloured, alone=alone)


def _click(config: ResNetConfig, name: str) -> None:
    """A block was clicked, or the box of a closed stage, which opens."""
    if not reopened(config, name):
        pick(name)


def _table_tab(config: ResNetConfig) -> None:
    rows = table1(plan(config))
    st.markdown(_paper_table(rows))
    note(
        "As Table 1 of He et al. 2015: each stage with its output size, its convolutions (kernel, "
        "channels) times the number of blocks, and its cost for one image. The receptive field is "
        "how many pixels across one output pixel can see, along the main path."
    )


def _paper_table(rows: tuple[StageRow, ...]) -> str:
    head = [
        "| stage | output size | blocks | receptive field | parameters | MACs |",
        "|:--|:--|:--|--:|--:|--:|",
    ]
    body = [
        f"| {row.stage} | {row.output} | {_formula(row)} | {row.receptive_field:,} "
        f"| {row.params:,} | {row.macs:,} |"
        for row in rows
    ]
    params, macs = sum(row.params for row in rows), sum(row.macs for row in rows)
    total = f"| **whole net** | | | | **{params:,}** | **{macs:,}** |"
    return "\n".join([*head, *body, total])


def _formula(row: StageRow) -> str:
    """The layers of one block, stacked in brackets, times their number (He 2015, Table 1), in TeX.

    With TeX's own multiplication sign, since KaTeX's text fonts have none.
    """
    lines = r"\\ ".join(
        rf"\text{{{layer}}}".replace("×", r"}{\times}\text{")  # noqa: RUF001
        for layer in row.formula.strip("[]").split("; ")
    )
    if not row.formula.startswith("["):
        return rf"$\begin{{array}}{{l}} {lines} \end{{array}}$"
    return rf"$\begin{{bmatrix}} {lines} \end{{bmatrix}} \times {row.repeats}$"


def _json_tab(config: ResNetConfig) -> None:
    text = config.model_dump_json(indent=2)
    left, right = st.columns(2)
    with left:
        note("This net as JSON. The command line and the library read the same file.")
        st.download_button("Download JSON", text, "resnet.json", "application/json")
        st.code(text, language="json", height=480)
    with right:
        note("Paste a net here; fields that you leave out have their default.")
        with st.form("paste", border=False):  # so that text and press arrive together
            st.form_submit_button("Show the pasted net", on_click=_load_pasted)
            st.text_area("JSON", key="pasted", height=480, label_visibility="collapsed")
        if problem := st.session_state.get("pasted_problem"):
            message_box.error(problem)


def _load_pasted() -> None:
    st.session_state["pasted_problem"] = ""
    try:
        show_net(ResNetConfig.model_validate_json(st.session_state["pasted"]))
    except ValueError as error:
        st.session_state["pasted_problem"] = f"{explain(error)}. The net is unchanged."


TABS = {
    "Graph": _graph_tab,
    "Table": _table_tab,
    "Figures": figures_panel,
    "torchinfo": torchinfo_panel,
    "Memory": memory_panel,
    "Build": build_panel,
    "Export": export_panel,
    "Weights": weights_panel,
    "JSON": _json_tab,
}
