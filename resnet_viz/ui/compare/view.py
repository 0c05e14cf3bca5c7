"""What the Compare page shows: fields, numbers, cost by stage, tables and graphs, net by net."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from resnet_viz.arch.plan import NetworkPlan
from resnet_viz.plots.compare import Compared, Cost, cost_by_stage
from resnet_viz.ui.common import say
from resnet_viz.ui.common.formula import stacked
from resnet_viz.ui.common.graph_chart import HELP, graph_chart
from resnet_viz.ui.common.markdown import plain
from resnet_viz.ui.common.note import note
from resnet_viz.ui.common.numbers import compact, megabytes
from resnet_viz.views.compare import (
    AlignedStage,
    NumberRow,
    aligned_stages,
    differing_fields,
    number_rows,
)

MOST_BLOCKS = 16
"""A net of more blocks than this is drawn folded, so that two fit beside each other."""


def fields(nets: Sequence[Compared]) -> None:
    """The fields in which the nets differ."""
    st.subheader("What differs", anchor=False)
    differing = differing_fields([net.plan.config for net in nets])
    if not differing:
        say.info("These nets are the same in every field.")
        return
    note("The configuration's fields that are not the same in all nets; all others are.")
    body = [[f"`{field}`", *map(_value, values)] for field, values in differing.items()]
    _wide(_table(["field", *_names(nets)], body), "fields")


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return plain("null" if value is None else str(value))


def numbers(nets: Sequence[Compared]) -> None:
    """Every number of each net, with its difference to the first net's."""
    st.subheader("Numbers", anchor=False)
    note(
        "In brackets: the difference to net A. MACs and activations are of one image; activations "
        "are the float32 tensors that training keeps for the backward pass." + _sizes(nets)
    )
    rows = number_rows([net.plan for net in nets])
    body = [[row.name, *(_number(row, i) for i in range(len(nets)))] for row in rows]
    _wide(_table(["", *_names(nets)], body, ":--" + "|--:" * len(nets)), "numbers")


def _sizes(nets: Sequence[Compared]) -> str:
    sizes = [net.plan.config.image_size for net in nets]
    if len(set(sizes)) == 1:
        return ""
    given = ", ".join(map(str, sizes))
    return f" They grow with the image, and these nets' images differ ({given} pixels a side)."


def _number(row: NumberRow, index: int) -> str:
    value, first = row.values[index], row.values[0]
    show = megabytes if row.unit == "bytes" else "{:,}".format
    if index == 0:
        return show(value)
    if value == first:
        return f"{show(value)} (same)"
    sign = "+" if value > first else "-"
    share = f", {value / first - 1:+.1%}" if value and first else ""
    return f"{show(value)} ({sign}{show(abs(value - first))}{share})"


def costs(nets: Sequence[Compared]) -> None:
    """MACs and parameters by stage as grouped bars."""
    st.subheader("Cost by stage", anchor=False)
    note(
        "Where the multiply-accumulates and the parameters sit: each stage with its projections, "
        "between stem and head. Point at a bar for its number and its share of the net."
    )
    for column, cost in zip(st.columns(2), _COSTS, strict=True):
        with column:
            chart = cost_by_stage(nets, cost)
            alt = f"Grouped bars of {cost} by stage for {', '.join(n.name for n in nets)}"
            st.plotly_chart(chart, key=f"compare_{cost}", height=380, alt=alt)


_COSTS: tuple[Cost, Cost] = ("macs", "params")


def stages(nets: Sequence[Compared]) -> None:
    """The nets' Tables 1, aligned by stage."""
    st.subheader("Stage by stage", anchor=False)
    note(
        "As Table 1 of He et al. 2015: one block's convolutions (kernel, channels) times the "
        "number of blocks; under it the output's size, parameters and MACs."
    )
    body = [_stage(stage) for stage in aligned_stages([net.plan for net in nets])]
    lines = [line for pair in body for line in pair]
    _wide(_table(["stage", *_names(nets)], lines), "stages")


def _stage(stage: AlignedStage) -> tuple[list[str], list[str]]:
    """A line of formulas and a line of sizes and costs."""
    formulas = [stacked(row) if row else "no such stage" for row in stage.rows]
    costs = [
        f":small[{row.output} · {compact(row.params)} · {compact(row.macs)} MACs]" if row else ""
        for row in stage.rows
    ]
    unbroken = stage.stage.replace(" ", "\N{NO-BREAK SPACE}")
    return [f"**{unbroken}**", *formulas], ["", *costs]


def graphs(nets: Sequence[Compared]) -> None:
    """The shortcut graphs, two beside each other."""
    st.subheader("Graphs", anchor=False)
    most = max(_blocks(net.plan) for net in nets)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        placed = st.segmented_control(
            "Place them", tuple(_COLUMNS), default=_BESIDE, required=True, key="compare_placed"
        )
        fold = most > MOST_BLOCKS and not st.toggle(
            f"Draw every block (up to {most} a net)",
            key="compare_unfolded",
        )
    note(
        "Data flow from the image through stem and stages to the head; a plain net has no path "
        "around its blocks. "
        + HELP
        + (" A stacked node stands for as many alike blocks as it says." if fold else "")
    )
    columns = _COLUMNS[placed or _BESIDE]
    for start in range(0, len(nets), columns):
        row = nets[start : start + columns]
        for column, net in zip(st.columns(columns), row, strict=False):
            with column:
                _graph(net, f"graph_{nets.index(net)}", fold=fold)


_BESIDE = "next to each other"
_COLUMNS = {_BESIDE: 2, "under each other, larger": 1}


def _graph(net: Compared, key: str, *, fold: bool) -> None:
    st.markdown(f"**{plain(net.name)}**: {sum(net.plan.shortcuts.values())} shortcuts")
    graph_chart(net.plan.config, key, fold=fold)


def _blocks(network: NetworkPlan) -> int:
    return sum(network.config.depths)


def _names(nets: Sequence[Compared]) -> list[str]:
    return [plain(net.name) for net in nets]


def _wide(table: str, name: str) -> None:
    """A table that scrolls by itself where the window is narrower."""
    key = f"compare_table_{name}"
    st.html(f"<style>.st-key-{key} table {{ display: block; overflow-x: auto }}</style>")
    with st.container(key=key):
        st.markdown(table)


def _table(head: Sequence[str], body: Sequence[Sequence[str]], alignment: str = "") -> str:
    """A Markdown table; `alignment` is its second line between the outer bars."""
    rule = alignment or "|".join(":--" for _ in head)
    lines = ["|".join(head), rule, *("|".join(line) for line in body)]
    return "\n".join(f"|{line}|" for line in lines)
