"""Link of the graph: which stages are closed and which blocks open in it, which block the panel
shows, and how near it is.

`?closed=2&open=stages.0.1,stages.2.0&at=stages.2.0&look=2.5,0.3,0.7`: what `at` names is the block
of the panel; `look` is the scale, and the part of width and height in the middle of the frame.
"""

from __future__ import annotations

import streamlit as st

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.text import shorten, unknown_name
from resnet_viz.ui.components.graphs.graph_chart import look_of, open_units, opened_units, set_look
from resnet_viz.ui.pages.architecture.graph import closed_stages
from resnet_viz.ui.pages.architecture.graph.block_panel import pick, picked
from resnet_viz.ui.session.history import is_by_history
from resnet_viz.ui.session.net import Shown, shown

OPEN, AT, LOOK = "open", "at", "look"
PARAMETERS = (closed_stages.PARAMETER, OPEN, AT, LOOK)
_NOTICE = "graph_link_notice"


def follow_graph_link(config: ResNetConfig, key: str) -> None:
    """Open in the graph under `key` what the link says, and note what of it there is not; a link
    without a word of it, to which no history led, leaves the graph as it is."""
    if not is_by_history() and all(name not in st.query_params for name in PARAMETERS):
        return
    ids = [path for path, _ in plan(config).units]
    opened = [one for one in st.query_params.get(OPEN, "").split(",") if one]
    at = st.query_params.get(AT, "")
    open_units(key, (one for one in opened if one in ids))
    pick(at)
    set_look(key, st.query_params.get(LOOK, ""))
    unknown = [one for one in opened if one not in ids]
    if at and not picked(config):
        unknown.append(at)
    problems = [unknown_name("block", one, ids, lists=False) for one in dict.fromkeys(unknown[:3])]
    problems += [
        f"closed = {shorten(one)} is not the number of a stage of several blocks"
        for one in closed_stages.follow_closed_link(config)[:3]
    ]
    sentence = f"Ignored in this link: {'; '.join(problems)}" if problems else ""
    st.session_state[_NOTICE] = shown(), sentence


def graph_notice() -> str:
    """What the link's graph does not have, until another net is shown; "" if nothing."""
    notice: tuple[Shown | None, str] = st.session_state.get(_NOTICE, (None, ""))
    here, sentence = notice
    return sentence if here is shown() else ""


def graph_query(config: ResNetConfig, key: str) -> dict[str, str]:
    """The state of the graph as in the link; nothing of what is as at first."""
    opened = opened_units(config, key)
    values = {
        OPEN: ",".join(path for path, _ in plan(config).units if path in opened),
        AT: picked(config),
        LOOK: look_of(key),
    }
    named = {name: value for name, value in values.items() if value}
    return closed_stages.closed_query(config) | named
