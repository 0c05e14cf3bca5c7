"""The settings of the next race, kept in the address while no race is on show."""

from __future__ import annotations

import streamlit as st

from resnet_viz.arch.presets import label
from resnet_viz.ui.common.net import TWIN, offer_for_race
from resnet_viz.ui.race import link

ALONE = "no second net"
"""What the box of the second net calls none."""
MORE = "race_more_nets"
"""Where the session keeps the nets beside the two of the boxes, or the experiment's."""
_SAID = "race_address"
_NOTICE = "race_address_notice"
# A button of the settings: Streamlit forgets it while another page, or a race, is on show.
_HERE = "race_start"


def read_address() -> None:
    """Sets the widgets, before they are drawn, from the address that the session was opened with.

    Only once: a link opens a session of its own, and later the address lags behind the widgets.
    """
    query = {key: text for key, text in st.query_params.to_dict().items() if key in link.KEYS}
    if not query or _SAID in st.session_state:
        return
    settings, problems = link.from_query(query)
    offer_for_race(*(net for net in (settings.first, settings.second) if net))
    st.session_state["race_experiment"] = settings.experiment
    st.session_state["race_first_net"] = label(settings.first)
    second = label(settings.second) if settings.second else TWIN
    st.session_state["race_second_net"] = ALONE if settings.is_alone else second
    st.session_state[MORE] = settings.more
    st.session_state["race_seeds"] = settings.seeds
    st.session_state["race_pace"] = settings.pace or 0.0
    for field, value in settings.training.items():
        st.session_state[f"race_{field}"] = value
    st.session_state[_SAID] = link.to_query(settings)
    if problems:
        sentence = f"Part of the address is no setting and left out: {'; '.join(problems)}."
        st.session_state[_NOTICE] = st.session_state[_SAID], sentence


def write_address(settings: link.Settings) -> None:
    """Puts `settings` into the address when they have changed, or the page is opened.

    Otherwise it is left alone: the browser's way back to an address without settings would lead
    forward again.
    """
    query = link.to_query(settings)
    is_new = query != st.session_state.get(_SAID) or _HERE not in st.session_state
    st.session_state[_SAID] = query
    if is_new and st.query_params.to_dict() != query:
        st.query_params.from_dict(query)


def notice() -> str:
    """What was wrong with the address, until a setting is changed; "" if nothing."""
    query, sentence = st.session_state.get(_NOTICE, ({}, ""))
    return str(sentence) if query == st.session_state.get(_SAID) else ""
