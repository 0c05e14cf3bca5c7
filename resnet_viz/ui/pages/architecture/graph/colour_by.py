"""Colour choice of the graph on the Architecture page; part of the link: `?colour=MACs`."""

from __future__ import annotations

import streamlit as st

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.figures.graph_colouring import Scale
from resnet_viz.ui.components.graphs.graph_values import Painted, show_values, values_data
from resnet_viz.views.graph.values import NodeValues, node_costs

KINDS = "kind of block"
CHOICES = (KINDS, "parameters", "MACs", "activation memory", "receptive field")
PARAMETER = "colour"
_KEY = "graph_colour"


def colour_box() -> str:
    """Draw the choice, preset by the link."""
    linked = st.query_params.get(PARAMETER)
    if _KEY not in st.session_state and linked in CHOICES:
        st.session_state[_KEY] = linked
    chosen: str = st.selectbox(
        "Colour by",
        CHOICES,
        key=_KEY,
        format_func="colour by {}".format,
        label_visibility="collapsed",
        width=290,
        persist_state="session",
    )
    return chosen


def follow_link() -> None:
    """Choose what the link says, to which the browser's history has led."""
    linked = st.query_params.get(PARAMETER)
    st.session_state[_KEY] = linked if linked in CHOICES else KINDS


def colour_query() -> dict[str, str]:
    """The choice as in the link; nothing if it is the default."""
    chosen = st.session_state.get(_KEY) or st.query_params.get(PARAMETER, KINDS)
    return {PARAMETER: chosen} if chosen in CHOICES[1:] else {}


def colour_graph(config: ResNetConfig, key: str, chosen: str) -> None:
    """Draw the legend, and colour the graph under `key`."""
    values = node_costs(plan(config))[chosen]
    scale, painted = _scale(config, values), {key: Painted(values.of, {})}
    show_values(values_data(key, scale, None, painted, measured=False))


def _scale(config: ResNetConfig, values: NodeValues) -> Scale:
    """From the least to the most of stem and blocks; the head may lie beyond."""
    units = [values.of[path] for path, _ in plan(config).units if path != "head"]
    low, high = min(units), max(units)
    if low == high:
        low = low / 10 if values.is_log else 0.0
    return Scale(values.title, values.unit, low, high, values.is_log)
