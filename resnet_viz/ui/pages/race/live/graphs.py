"""Graphs of the nets of a race, side by side, in the colours of a quantity at a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import streamlit as st

from resnet_viz.figures.graph_colouring import (
    Values,
    is_on_graph,
    line_scale,
    line_values,
    node_scale,
    node_values,
)
from resnet_viz.findings.contestant import GRADIENT, Contestant
from resnet_viz.lab.race_feed import Look
from resnet_viz.ui.components.graphs.graph_chart import Coloured, Cut, common_frame, graph_chart
from resnet_viz.ui.components.graphs.graph_values import Painted, show_values, values_data
from resnet_viz.ui.pages.race.lesions import TO_DELETE, Lesions
from resnet_viz.ui.widgets.markdown import plain
from resnet_viz.ui.widgets.page_texts import note
from resnet_viz.views.graph.found_net import AnyNet, blocks_in, graph_of
from resnet_viz.views.graph.grid import Grid
from resnet_viz.views.graph.layout import common_grid

MOST_BLOCKS = 150
"""Of a net of more blocks than this, runs of alike ones are drawn as one."""
ASPECTS = {1: 0.3, 2: 0.45, 3: 1.0}
"""Blocks under each other for one beside, by how many nets stand next to each other."""

_GROUP = "race"

ABOUT = (
    "Colour shows the largest value among a block's layers at this step. Values off the scale take "
    "its end colour. Lines show the gradient flowing back. What reaches a block's input is the sum "
    "of two paths: the shortcut (right) and the branch (middle)."
)
TO_OPEN = " Click a block to inspect it."
NO_GRAPH = "{} has no graph yet: its layers are known when its first step is recorded."


def on_graph(
    look: Look,
    contestants: Sequence[Contestant],
    step: int,
    name: str,
    *,
    lesions: Lesions | None = None,
) -> None:
    """Draw the graphs of all nets that have one, with one scale for all, and the legend.

    Their values are made once for all who look at the same. `lesions` are the blocks that are
    deleted, and what a click does; without them it opens a block.
    """
    nets = _nets(contestants)
    if nets:
        show_values(graph_data(look, contestants, step, name))
        _graphs(nets, lesions)
        note(ABOUT + (TO_DELETE if lesions and lesions.deletes else TO_OPEN))
    for one in contestants:
        if not one.drawn_net:
            note(NO_GRAPH.format(plain(one.name)))


def graph_data(
    look: Look, contestants: Sequence[Contestant], step: int, name: str
) -> Mapping[str, object]:
    """The data of the graphs, for drawing or for an update; at least one net has a graph."""
    chosen = name if is_on_graph(contestants, name) else GRADIENT
    key = ("graphs", tuple(one.name for one in contestants), step, chosen)
    of = next((run.id for run in look.runs), "")
    return look.once(key, lambda: _values(contestants, step, chosen, of))


def has_graph(contestants: Sequence[Contestant]) -> bool:
    """Whether any net has a graph."""
    return bool(_nets(contestants))


def _nets(contestants: Sequence[Contestant]) -> Mapping[str, Contestant]:
    """Nets that have a graph, of several seeds the first, by its key: the same in each race, so
    that the browser keeps it."""
    first = {(one.name, net): one for one in reversed(contestants) if (net := one.drawn_net)}
    return {f"on_graph_{i}": one for i, one in enumerate(reversed(first.values()))}


def _values(
    contestants: Sequence[Contestant], step: int, chosen: str, of: str
) -> Mapping[str, object]:
    painted = {}
    for key, one in _nets(contestants).items():
        nodes, lines = node_values(one, step, chosen), line_values(one, step)
        painted[key] = Painted(nodes.of, lines.of, _steps_words(step, nodes, lines))
    scales = node_scale(contestants, chosen), line_scale(contestants)
    return values_data(_GROUP, *scales, painted, of=of)


def _graphs(nets: Mapping[str, Contestant], lesions: Lesions | None) -> None:
    drawn = {key: net.drawn_net for key, net in nets.items() if net.drawn_net}
    fold = max(map(blocks_in, drawn.values())) > MOST_BLOCKS
    grid = _grid(tuple(drawn.values()), ASPECTS[min(3, len(drawn))], fold=fold)
    coloured = Coloured(_GROUP, grid, short=True)
    frame = common_frame(drawn, fold=fold, coloured=coloured)
    with st.container(key="race_graphs"):  # a grid (page.css): columns take longer with each update
        for key, one in drawn.items():
            net = nets[key]
            cut = lesions.cut(net) if lesions and net.config else Cut()
            graph_chart(one, key, net.name, fold=fold, frame=frame, coloured=coloured, cut=cut)
        for place, key in enumerate(drawn):
            if lesions and nets[key].config:
                lesions.caption(nets[key], place)


@lru_cache(maxsize=64)
def _grid(nets: tuple[AnyNet, ...], aspect: float, *, fold: bool) -> Grid:
    return common_grid([graph_of(one, fold=fold, short=True) for one in nets], aspect)


def _steps_words(step: int, nodes: Values, lines: Values) -> str:
    """At which steps the values were measured, where that is not the one shown."""
    own = {"blocks": nodes.step, "lines": lines.step}
    taken = {name: at for name, at in own.items() if at is not None and at != step}
    if len(set(taken.values())) == 1 and len(taken) == len(own):
        return f"step {nodes.step}"
    return ", ".join(f"{name}: step {at}" for name, at in taken.items())
