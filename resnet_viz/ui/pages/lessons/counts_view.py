"""Counted nets of a lesson: a table of their costs, one block of each, and paths through one."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from resnet_viz.arch.config import revise
from resnet_viz.arch.paper_names import paper_name
from resnet_viz.arch.plan import plan
from resnet_viz.lessons.measurement_slots import CountsSlot
from resnet_viz.text import Words, compact
from resnet_viz.ui.components.graphs.graph_chart import graph_chart
from resnet_viz.ui.components.lessons.paths_view import paths_view


def counts_figure(slot: CountsSlot, figure: str, key: str, words: Words) -> None:
    """Draw one of the figures of counted nets."""
    if figure == "table":
        _table(slot, words)
    elif figure == "blocks":
        _blocks(slot, key)
    else:
        blocks = sum(next(iter(slot.nets.values())).config().depths)
        paths_view(blocks, f"paths_{key}", _path_words(words))


def _path_words(words: Words) -> Mapping[str, str]:
    return {
        "title": words("A residual net and all of its paths"),
        "said": words(
            "Path {path} of {paths} goes through {length} blocks. With the blocks left, {open} "
            "paths are open. Press a block to remove it."
        ),
        "choose": words("Which path"),
        "block": words("block"),
    }


def _table(slot: CountsSlot, words: Words) -> None:
    rows = []
    for net in slot.nets.values():
        network = plan(net.config())
        rows.append(
            {
                words("network"): net.title or paper_name(net.preset),
                words("layers"): str(network.depth),
                words("parameters"): f"{network.params:,}",
                words("multiply-accumulates"): compact(network.macs),
            }
        )
    st.table(rows, border="horizontal")


def _blocks(slot: CountsSlot, key: str) -> None:
    """The first block of each net, opened."""
    columns = st.columns(len(slot.nets))
    for column, (name, net) in zip(columns, slot.nets.items(), strict=True):
        config = net.config()
        small = revise(config, depths=(1,), widths=config.widths[:1])
        title = net.title or paper_name(net.preset)
        with column:
            st.markdown(f"**{title}**")
            graph_chart(small, f"{key}_{name}", title, fold=False)
