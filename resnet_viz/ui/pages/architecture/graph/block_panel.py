"""Panel beside the graph: the block that was clicked, with its equation and its numbers.

It has its room whether a block is chosen or not, so that nothing moves.
"""

from __future__ import annotations

import streamlit as st

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import NetworkPlan, plan
from resnet_viz.ui.components.graphs.graph_chart import opened_units, toggle_unit
from resnet_viz.ui.widgets.markdown import plain
from resnet_viz.ui.widgets.page_texts import header, note
from resnet_viz.views.graph.block_words import (
    Chosen,
    chosen_unit,
    equations,
    kind_words,
    numbers,
    shape_words,
    title,
    weight_lines,
)

STYLE = """<style>
.st-key-graph_beside {
  display: grid; grid-template-columns: minmax(0, 1fr) 17.5rem; gap: 1rem; align-items: start}
.st-key-graph_beside > * {min-width: 0}
.st-key-block_panel {position: sticky; top: 4rem; gap: .5rem; overflow-wrap: anywhere}
.st-key-block_panel .katex {font-size: 1em}
.st-key-block_panel .katex-display {margin: 0; padding-bottom: .4em; overflow: auto hidden}
.st-key-block_panel table {width: 100%; font-size: .875rem}
.st-key-block_panel :is(th, td) {padding: .2rem .3rem !important}
@media (max-width: 900px) {
  .st-key-graph_beside {grid-template-columns: minmax(0, 1fr)}
  .st-key-block_panel {position: static}
}
</style>"""
_PICKED = "picked_block"
_NOTHING = "Click a block to see its equation, its shapes and what it costs."


def pick(name: str) -> None:
    """Show the unit with this id in the panel; "" shows none."""
    st.session_state[_PICKED] = name


def picked(config: ResNetConfig) -> str:
    """The id of the unit that the panel shows; "" for none, or one that `config` does not have."""
    name = str(st.session_state.get(_PICKED, ""))
    return name if name and chosen_unit(plan(config), name) else ""


def block_panel(config: ResNetConfig, key: str) -> None:
    """Draw the panel of the graph under `key`."""
    name, network = picked(config), plan(config)
    with st.container(border=True, key="block_panel"):
        chosen = chosen_unit(network, name) if name else None
        if chosen is None:
            note(_NOTHING)
            return
        header(title(name))
        note(plain(kind_words(chosen.unit, config, chosen.path)))
        if "." in chosen.path:
            _equation(config, chosen)
        note(f"In: {shape_words(chosen.unit.in_shape)}. Out: {shape_words(chosen.unit.out_shape)}.")
        _numbers(network, chosen)
        is_open = chosen.path in opened_units(config, key)
        st.button(
            "Hide its operations" if is_open else "Show its operations",
            key="block_operations",
            on_click=toggle_unit,
            args=(key, chosen.path),
            help="Draws the block operation by operation in the graph, which makes room for it.",
            width="stretch",
        )
        st.button("Close", key="close_block", on_click=pick, args=("",), width="stretch")


def _equation(config: ResNetConfig, chosen: Chosen) -> None:
    lines = r" \\ ".join(line.replace(" = ", " &= ", 1) for line in equations(chosen.unit, config))
    st.latex(rf"\begin{{aligned}} {lines} \end{{aligned}}")
    matrices = (f"${matrix}$: {plain(words)}" for matrix, words in weight_lines(chosen.unit))
    note("  \n".join(matrices))


def _numbers(network: NetworkPlan, chosen: Chosen) -> None:
    each = " each" if chosen.repeats > 1 else ""
    rows = [
        f"| {name}{each} | {value} | {share} |" for name, value, share in numbers(network, chosen)
    ]
    st.markdown("\n".join(["| Cost | Here | Of the net |", "|:--|--:|--:|", *rows]))
