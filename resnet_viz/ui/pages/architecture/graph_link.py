"""Link of the graph: which blocks are open in it, which one the panel shows, and how near it is.

`?open=stages.0.1,stages.1.0&at=stages.1.0&look=2.5,0.3,0.7`: what `at` names is the block of the
panel; `look` is the scale, and which part of width and height lies in the middle of the frame.
"""

from __future__ import annotations

import streamlit as st

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.text import and_words, unknown_name
from resnet_viz.ui.components.graphs.graph_chart import look_of, open_units, opened_units, set_look
from resnet_viz.ui.pages.architecture.block_panel import pick, picked
from resnet_viz.ui.session.net import Shown, shown

OPEN, AT, LOOK = "open", "at", "look"
PARAMETERS = (OPEN, AT, LOOK)
_NOTICE = "graph_link_notice"


def follow_graph_link(config: ResNetConfig, key: str) -> None:
    """Open in the graph under `key` what the link says, and note what of it there is not."""
    ids = [path for path, _ in plan(config).units]
    opened = [one for one in st.query_params.get(OPEN, "").split(",") if one]
    at = st.query_params.get(AT, "")
    open_units(key, (one for one in opened if one in ids))
    pick(at)
    set_look(key, st.query_params.get(LOOK, ""))
    unknown = [one for one in opened if one not in ids]
    if at and not picked(config):
        unknown.append(at)
    why = "; ".join(unknown_name("block", one, ids, lists=False) for one in unknown[:3])
    ignored = and_words([*dict.fromkeys(unknown[:3])]) if unknown else ""
    st.session_state[_NOTICE] = shown(), f"Ignored {ignored} in this link: {why}" if why else ""


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
    return {name: value for name, value in values.items() if value}
