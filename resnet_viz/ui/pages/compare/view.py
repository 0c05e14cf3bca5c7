# ruff: noqa: RUF001, RUF002
"""View of the Compare page: graphs, fields, numbers, cost by stage and stages, net by net."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from resnet_viz.arch.field_words import FIELDS, short_value, text_of, value_words
from resnet_viz.arch.fields import full_size
from resnet_viz.figures.cost_by_stage import Compared, Cost, cost_by_stage
from resnet_viz.text import and_words, byte_size, compact, count
from resnet_viz.ui.components.charts.live_chart import live_chart
from resnet_viz.ui.components.graphs.graph_chart import HELP, MOST_DRAWN, common_frame, graph_chart
from resnet_viz.ui.widgets.figure import downloads, picture
from resnet_viz.ui.widgets.markdown import plain
from resnet_viz.ui.widgets.page_texts import header, note
from resnet_viz.ui.widgets.table import table
from resnet_viz.views import compare
from resnet_viz.views.poster.poster import poster, poster_name
from resnet_viz.views.table import StageRow

MOST_BLOCKS = 16
"""A net of more blocks than this is drawn folded, so that two fit beside each other."""
_MOST_SAID = 4
_LONGEST_NAME = 28
_STACKED = """<style>@media (max-width: 720px) {
  .st-key-compare_graphs .stColumn { min-width: 100% }
}</style>"""


def difference(nets: Sequence[Compared]) -> str:
    """The difference between the nets in one line: each differing field with its values."""
    differing = compare.differing_fields([net.plan.config for net in nets])
    if not differing:
        return "These networks are identical."
    if len(nets) == 2 and len(differing) == 1:
        ((field, values),) = differing.items()
        whose = [f"{net.name.replace(': ', ' (', 1)})" for net in nets]  # "A (ResNet-34)"
        one, other = (value_words(field, value) for value in values)
        return f"The only difference: {whose[0]} has {one}, {whose[1]} has {other}."
    said = [
        f"{FIELDS[field]} ({and_words([*dict.fromkeys(short_value(field, v) for v in values)])})"
        for field, values in list(differing.items())[:_MOST_SAID]
    ]
    left = len(differing) - len(said)
    return f"They differ in {and_words([*said, count(left, 'more setting')] if left else said)}."


def _value(field: str, value: object) -> str:
    if isinstance(value, tuple) and field != "image_size":
        return ", ".join(map(str, value))
    return "null" if value is None else text_of(field, value)


def graphs(nets: Sequence[Compared]) -> None:
    """Draw the shortcut graphs, two side by side, all at one scale."""
    with st.container(horizontal=True, vertical_alignment="center", gap="large"):
        placed = st.segmented_control(
            "Place the graphs",
            tuple(_COLUMNS),
            default=_BESIDE,
            required=True,
            key="compare_placed",
            label_visibility="collapsed",
        )
        fold = _folded(max(sum(net.plan.config.depths) for net in nets))
    keys = [f"graph_{index}" for index in range(len(nets))]
    configs = [net.plan.config for net in nets]
    frame = common_frame(dict(zip(keys, configs, strict=True)), fold=fold)
    columns = _COLUMNS[placed or _BESIDE]
    st.html(_STACKED)
    with st.container(key="compare_graphs"):
        for start in range(0, len(nets), columns):
            places = st.columns(columns)
            for place, net, key in zip(places, nets[start:], keys[start:], strict=False):
                with place:
                    shortcuts = sum(net.plan.shortcuts.values())
                    st.markdown(f"**{plain(net.name)}**: {count(shortcuts, 'shortcut')}")
                    graph_chart(net.plan.config, key, net.name, fold=fold, frame=frame, whole=True)
    note(
        "Data flows from the image through stem and stages to the head, all at one scale. "
        f"{HELP}" + (" A stack stands for several identical blocks." if fold else "")
    )


_BESIDE = "Side by side"
_COLUMNS = {_BESIDE: 2, "One below the other": 1}


def _folded(most: int) -> bool:
    """Whether alike blocks are drawn as one; `most` is the number of blocks of the largest net."""
    if most > MOST_DRAWN:
        note(f"Identical blocks are drawn as one, because there are more than {MOST_DRAWN:,}.")
        return True
    return most > MOST_BLOCKS and not st.toggle(
        f"Draw every block (up to {most} per net)", key="compare_unfolded"
    )


def fields(nets: Sequence[Compared]) -> None:
    """Draw the fields in which the nets differ."""
    differing = compare.differing_fields([net.plan.config for net in nets])
    if not differing:
        return
    header("What differs")
    note("Only settings that differ are listed.")
    body = [
        [f"<code>{field}</code>", *(escape(_value(field, value)) for value in values)]
        for field, values in differing.items()
    ]
    table("What differs", ["field", *_names(nets)], body)


def numbers(nets: Sequence[Compared]) -> None:
    """Draw every number of each net, compared to the first net's."""
    header("Numbers")
    sizes = [full_size(net.plan.config.image_size) for net in nets]
    differ = f" Careful: the images differ ({', '.join(sizes)} pixels)."
    note(
        "In brackets: compared with network A. MACs (multiply-accumulates) and activations are "
        "per image. Activations are the float32 tensors that training keeps for the backward pass."
        + (differ if len(set(sizes)) > 1 else "")
    )
    rows = compare.number_rows([net.plan for net in nets])
    body = [[row.name, *(_number(row, i) for i in range(len(nets)))] for row in rows]
    table("Numbers", ["number", *_names(nets)], body)


def _number(row: compare.NumberRow, index: int) -> str:
    value = row.values[index]
    show = byte_size if row.unit == "bytes" else "{:,}".format
    return show(value) + (f" ({compared(value, row.values[0])})" if index else "")


def compared(value: int, first: int) -> str:
    """A comparison of `value` with `first`, such as "same", "+8.5%", "× 5.3" or "÷ 2"; "+3" beside
    0."""
    if value == first:
        return "same"
    if not value or not first:
        return f"{value - first:+,}"
    share = value / first - 1
    if -0.5 < share < 1:
        return f"{share:+.1%}" if abs(share) >= 0.0005 else f"{value - first:+,}"
    sign, factor = ("×", value / first) if value > first else ("÷", first / value)
    return f"{sign} {factor:,.0f}" if factor >= 10 else f"{sign} {factor:.2g}"


def costs(nets: Sequence[Compared]) -> None:
    """Draw MACs and parameters by stage as grouped bars."""
    header("Cost by stage")
    note(
        "Where the multiply-accumulates (MACs) and the parameters are. Each stage includes its "
        "projections. Point at a bar for its number and its share."
    )
    kinds: tuple[Cost, Cost] = ("macs", "params")
    for column, cost in zip(st.columns(2), kinds, strict=True):
        with column:
            chart = cost_by_stage(nets, cost)
            alt = f"Grouped bars of {cost} by stage for {', '.join(n.name for n in nets)}"
            live_chart(chart, f"compare_{cost}", 380, alt=alt)


def stages(nets: Sequence[Compared]) -> None:
    """Draw the nets' Tables 1, aligned by stage."""
    header("Stage by stage")
    note(
        "As in Table 1 of He et al. 2015: a block's convolutions (kernel, channels) times the "
        "number of blocks. Below: output size, parameters and MACs."
    )
    body = [
        [stage.stage, *(_formula(row) if row else "no such stage" for row in stage.rows)]
        for stage in compare.aligned_stages([net.plan for net in nets])
    ]
    table("Stage by stage", ["stage", *_names(nets)], body)


def figure(nets: Sequence[Compared]) -> None:
    """Draw the nets as one figure for print."""
    header("For print")
    note(
        "All networks in one figure, a box per layer, as in Figure 3 of He et al. 2015. In nets of "
        "more than 70 layers, runs of equal blocks are one box."
    )
    configs = [net.plan.config for net in nets]
    names = [
        net.name
        if len(net.name) <= _LONGEST_NAME
        else f"{net.name[:2]} {poster_name(net.plan.config)}"
        for net in nets
    ]
    made = poster(*configs, names=names)
    downloads(made, "compared", "compare_figure")
    with st.expander("Show the figure"):
        picture(made)


def _formula(row: StageRow) -> str:
    """One block's layers above each other, times their number; size and costs below."""
    layers = [f"<span>{escape(layer)}</span>" for layer in row.formula.strip("[]").split("; ")]
    times = f"× {row.repeats}" if row.formula.startswith("[") else ""
    block = f'<span class="lines">{"".join(layers)}</span>' if times else "<br/>".join(layers)
    costs = f"{row.output} · {compact(row.params)} parameters · {compact(row.macs)} MACs"
    return f"{block}{times}<small>{costs}</small>"


def _names(nets: Sequence[Compared]) -> list[str]:
    return [escape(net.name) for net in nets]
