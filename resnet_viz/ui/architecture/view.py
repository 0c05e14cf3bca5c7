"""The Architecture page's main part: headline numbers and tabs, each drawn from the plan."""

from __future__ import annotations

import streamlit as st

from resnet_viz.arch.config import ResNetConfig, differences, explain
from resnet_viz.arch.plan import NetworkPlan, plan
from resnet_viz.arch.presets import PRESETS, SOURCES, label
from resnet_viz.ui.architecture.build_panel import build_panel
from resnet_viz.ui.architecture.export_panel import export_panel
from resnet_viz.ui.architecture.memory_panel import memory_panel
from resnet_viz.ui.architecture.torchinfo_panel import torchinfo_panel
from resnet_viz.ui.architecture.weights_panel import weights_panel
from resnet_viz.ui.common import say
from resnet_viz.ui.common.formula import stacked
from resnet_viz.ui.common.graph_chart import HELP, graph_chart
from resnet_viz.ui.common.link import DEFAULT_NET
from resnet_viz.ui.common.net import FROM_ARCHITECTURE, TWIN, show_net, shown, twin_of
from resnet_viz.ui.common.note import note
from resnet_viz.ui.common.numbers import compact, megabytes
from resnet_viz.views.table import StageRow, table1

MOST_BLOCKS = 150
"""A picture of more blocks than this is hard to read."""

SHORTCUT_WORDS = {
    "none": "A plain net: every block's output is its branch alone, and no path goes around it.",
    "zero_pad": "Option A: identities everywhere; where the shape changes, the shortcut skips "
    "pixels and pads new channels with zeros, so it has no weights.",
    "projection": "Option B: identities, but a 1x1 convolution where the shape changes.",
    "projection_all": "Option C: every shortcut is a 1x1 convolution.",
    "avgpool_projection": "ResNet-D: identities, but an average pool and a 1x1 convolution where "
    "the shape changes.",
}
TRANSFORM_WORDS = {
    "identity": "",
    "scaled": "Where it would be an identity, shortcut and branch are both halved.",
    "exclusive_gate": "Where it would be an identity, a gate g(x) weighs the branch and 1 - g(x) "
    "the shortcut.",
    "shortcut_only_gate": "Where it would be an identity, 1 - g(x) of a gate weighs the shortcut.",
    "conv1x1": "Where it would be an identity, it is a 1x1 convolution.",
    "dropout": "Where it would be an identity, training drops half of it.",
}


def headline(network: NetworkPlan) -> None:
    """The numbers of the net, in a row."""
    kinds = " · ".join(f"{n} {kind.replace('_', '-')}" for kind, n in network.shortcuts.items())
    numbers = (
        ("Depth", str(network.depth), "layers", _DEPTH),
        ("Parameters", compact(network.params), f"{network.params:,}", _PARAMS),
        ("MACs", compact(network.macs), f"{network.macs:,}", _MACS),
        (
            "Shortcuts",
            str(sum(network.shortcuts.values())),
            kinds or "a plain net",
            f"{_SHORTCUTS} {kinds}",
        ),
        ("Activations", megabytes(network.activation_bytes(1)), "one image", _MEMORY),
    )
    for column, (name, value, detail, explanation) in zip(
        st.columns([2, 2, 2, 3, 2]), numbers, strict=True
    ):
        column.metric(name, value, detail, help=explanation, delta_color="off", delta_arrow="off")


_DEPTH = "Weighted layers: convolutions of the main path and the linear one, without projections."
_PARAMS = "Trainable parameters, the norms' scales and shifts included."
_MACS = (
    "Multiply-accumulates of convolutions and linear layers for one image; the papers call "
    "them FLOPs."
)
_SHORTCUTS = "Paths around residual branches, by kind; each ends in one addition."
_MEMORY = "Tensors that training keeps for the backward pass, in float32, weights not counted."


def actions(config: ResNetConfig) -> None:
    """What the net is called, and one press to its twin or into a race."""
    here = shown()
    base = here.base if here else DEFAULT_NET
    is_preset = PRESETS[base] == config
    row = st.container(horizontal=True, vertical_alignment="bottom")
    title = row.container(width="stretch", gap=None)
    title.subheader(base if is_preset else label(config), anchor=False)
    title.caption(SOURCES[base] if is_preset else what_changed(config, base))
    is_plain = config.shortcut == "none"
    row.button(
        "Put the shortcuts back" if is_plain else "Make its plain twin",
        help="The same layers with shortcuts: those it had, else zero-padded ones (option A)."
        if is_plain
        else "The same layers without the shortcuts.",
        on_click=lambda: show_net(twin_of(config)),
    )
    if row.button("Race it", help="Train it against its twin, live."):
        st.session_state["race_first_net"] = base if is_preset else FROM_ARCHITECTURE
        st.session_state["race_second_net"] = TWIN
        st.switch_page("pages/race.py")


def what_changed(config: ResNetConfig, base: str) -> str:
    """How a net differs from the preset that it began as."""
    changes = [
        f"{field} {_shown(value)} (was {_shown(getattr(PRESETS[base], field))})"
        for field, value in differences(config, PRESETS[base]).items()
    ]
    return f"Changed from {base}: {', '.join(changes)}."


def _shown(value: object) -> str:
    return "-".join(map(str, value)) if isinstance(value, tuple) else str(value)


def tabs(config: ResNetConfig) -> None:
    """Only the open tab is drawn, so that torch is imported by the one that needs it."""
    opened = st.tabs(tuple(TABS), on_change="rerun", key="tab")
    for tab, show in zip(opened, TABS.values(), strict=True):
        if tab.open:
            with tab:
                show(config)


def _graph_tab(config: ResNetConfig) -> None:
    network = plan(config)
    is_deep = sum(config.depths) > MOST_BLOCKS
    fold = is_deep and not st.toggle(
        f"Draw all {sum(config.depths)} blocks",
        help="Otherwise runs of equal blocks are drawn as one, with their number.",
    )
    note(
        f"{_shortcut_words(config)} Data flow from the image through the stem, then down "
        f"each stage and on to the next; {sum(network.shortcuts.values())} additions in all. "
        f"{HELP}"
    )
    graph_chart(config, "graph", fold=fold)


def _shortcut_words(config: ResNetConfig) -> str:
    transform = TRANSFORM_WORDS[config.shortcut_transform]
    return f"{SHORTCUT_WORDS[config.shortcut]} {transform}".strip()


def _table_tab(config: ResNetConfig) -> None:
    rows = table1(plan(config))
    st.markdown(_paper_table(rows))
    note(
        "As Table 1 of He et al. 2015: for each stage the size of its output, one block's "
        "convolutions (kernel, channels) times the number of blocks, the receptive field at its "
        "end (pixels a side of the image that one output pixel can see, along the main path), and "
        "what it costs for one image."
    )


def _paper_table(rows: tuple[StageRow, ...]) -> str:
    head = [
        "| stage | output size | blocks | receptive field | parameters | MACs |",
        "|:--|:--|:--|--:|--:|--:|",
    ]
    body = [
        f"| {row.stage} | {row.output} | {stacked(row)} | {row.receptive_field:,} "
        f"| {row.params:,} | {row.macs:,} |"
        for row in rows
    ]
    params, macs = sum(row.params for row in rows), sum(row.macs for row in rows)
    total = f"| **whole net** | | | | **{params:,}** | **{macs:,}** |"
    return "\n".join([*head, *body, total])


def _json_tab(config: ResNetConfig) -> None:
    text = config.model_dump_json(indent=2)
    left, right = st.columns(2)
    with left:
        note("The net on show. The command line and the library read the same file.")
        st.download_button("Download JSON", text, "resnet.json", "application/json")
        st.code(text, language="json", height=480)
    with right:
        note("Paste a net here; fields that you leave out have their default.")
        with st.form("paste", border=False):  # so that text and press arrive together
            st.form_submit_button("Show the pasted net", on_click=_load_pasted)
            st.text_area("JSON", key="pasted", height=480, label_visibility="collapsed")
        if problem := st.session_state.get("pasted_problem"):
            say.error(problem)


def _load_pasted() -> None:
    st.session_state["pasted_problem"] = ""
    try:
        show_net(ResNetConfig.model_validate_json(st.session_state["pasted"]))
    except ValueError as error:
        st.session_state["pasted_problem"] = f"{explain(error)}. The net on show is unchanged."


TABS = {
    "Graph": _graph_tab,
    "Table": _table_tab,
    "torchinfo": torchinfo_panel,
    "Memory": memory_panel,
    "Build": build_panel,
    "Export": export_panel,
    "Weights": weights_panel,
    "JSON": _json_tab,
}
