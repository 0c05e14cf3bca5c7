"""More nets: those of a race beside the first two, added by one press and removed by another."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from resnet_viz.arch.config import ResNetConfig, explain
from resnet_viz.arch.net_names import preset_title, presets_by_paper
from resnet_viz.arch.presets import PRESETS
from resnet_viz.arch.relatives import RELATIVES
from resnet_viz.experiments.starting_point import Entry
from resnet_viz.ui.pages.race.settings_address import MORE
from resnet_viz.ui.pages.race.settings_url import MOST_NETS
from resnet_viz.ui.session.net import shown_net
from resnet_viz.ui.session.net_url import nickname
from resnet_viz.ui.widgets import message_box
from resnet_viz.ui.widgets.markdown import plain
from resnet_viz.ui.widgets.relative_button import relative_button

_OF, _PRESET, _JSON, _PROBLEM = "race_relative_of", "race_add_preset", "race_json", "race_bad_json"


def more_nets(entries: Sequence[Entry]) -> Sequence[Entry]:
    """Draw what adds nets to `entries` and removes them; returns those that are added."""
    kept = MOST_NETS - len(entries)
    st.session_state[MORE] = added = tuple(st.session_state.get(MORE, ()))[:kept]
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="race_more"):
        with st.popover("Add a net", icon=":material/add:", disabled=len(added) == kept):
            _offers([*entries, *map(Entry, added)])
        for index, net in enumerate(added):
            st.button(
                plain(nickname(net)),
                icon=":material/close:",
                key=f"race_remove_{index}",
                help="Remove this network from the race.",
                on_click=st.session_state.__setitem__,
                args=(MORE, (*added[:index], *added[index + 1 :])),
            )
        if kept == 0:
            st.caption(f"That's the maximum of {MOST_NETS} networks.")
        elif not added:
            st.caption(f"Add a variant, a preset or your own JSON (up to {MOST_NETS} networks).")
    return tuple(map(Entry, added))


def _offers(entries: Sequence[Entry]) -> None:
    names = [entry.name or nickname(entry.config) for entry in entries]
    if st.session_state.get(_OF) not in range(len(entries)):
        st.session_state[_OF] = 0
    index = st.selectbox(
        "A relative of", range(len(entries)), format_func=lambda i: names[i], key=_OF
    )
    there = [entry.config for entry in entries]
    why_not = partial(_why_not, there)
    with st.container(horizontal=True, gap="small"):
        for relative in RELATIVES:
            relative_button(relative, there[index or 0], "race_add_", _add, why_not)
    if own := shown_net():
        st.button("The Architecture page's net", key="race_add_own", on_click=_add, args=(own,))
    st.selectbox(
        "A preset",
        presets_by_paper(),
        index=None,
        key=_PRESET,
        format_func=preset_title,
        placeholder="choose one to add",
        on_change=_add_preset,
    )
    st.text_area("A configuration as JSON", key=_JSON, height=100, placeholder='{"depths": [2, 2]}')
    st.button("Add it", key="race_add_json", on_click=_add_json)
    if problem := st.session_state.pop(_PROBLEM, ""):
        message_box.error(problem)


def _why_not(there: Sequence[ResNetConfig], net: ResNetConfig) -> str:
    return "This net is in the race already." if net in there else ""


def _add(net: ResNetConfig) -> None:
    st.session_state[MORE] = (*st.session_state.get(MORE, ()), net)


def _add_preset() -> None:
    if name := st.session_state[_PRESET]:
        _add(PRESETS[name])
    st.session_state[_PRESET] = None


def _add_json() -> None:
    try:
        _add(ResNetConfig.model_validate_json(st.session_state[_JSON]))
        st.session_state[_JSON] = ""
    except ValueError as error:
        st.session_state[_PROBLEM] = f"This is no configuration: {explain(error)}."
