"""Closed stages of the graph: which are drawn as one box each; part of the link: `?closed=2,3`."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.views.block_runs import run_path

PARAMETER = "closed"
_KEY = "closed_stages"


def _stages(config: ResNetConfig) -> Sequence[int]:
    """The stages that can be closed, counted from 1: of one block there is nothing to close."""
    return [number for number, blocks in enumerate(config.depths, start=1) if blocks > 1]


def closed_box(config: ResNetConfig) -> None:
    """Draw the choice of the stages that are one box each."""
    stages = _stages(config)
    st.session_state[_KEY] = _closed(config)
    if stages:
        st.markdown("Draw as one box:", width="content")
        st.pills(
            "Stages that are drawn as one box",
            stages,
            selection_mode="multi",
            format_func="stage {}".format,
            key=_KEY,
            label_visibility="collapsed",
            persist_state="session",
        )


def _closed(config: ResNetConfig) -> Sequence[int]:
    chosen = st.session_state.get(_KEY) or ()
    return [number for number in _stages(config) if number in chosen]


def closed_stages(config: ResNetConfig) -> frozenset[int]:
    """The closed stages, counted from 0."""
    return frozenset(number - 1 for number in _closed(config))


def reopened(config: ResNetConfig, name: str) -> bool:
    """Open the closed stage whose box has this id; whether there was one."""
    closed = closed_stages(config)
    for stage in plan(config).stages:
        if stage.index in closed and name == run_path(stage.blocks):
            st.session_state[_KEY] = [n for n in _closed(config) if n != stage.index + 1]
            return True
    return False


def follow_closed_link(config: ResNetConfig) -> Sequence[str]:
    """Close what the link says; what it names that cannot be closed."""
    asked = [one for one in st.query_params.get(PARAMETER, "").split(",") if one]
    known = {str(number): number for number in _stages(config)}
    st.session_state[_KEY] = [known[one] for one in asked if one in known]
    return [one for one in asked if one not in known]


def closed_query(config: ResNetConfig) -> dict[str, str]:
    """The closed stages as in the link; nothing if none is."""
    closed = ",".join(map(str, _closed(config)))
    return {PARAMETER: closed} if closed else {}
