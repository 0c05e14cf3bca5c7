"""The settings of the next race, kept in the address.

A race that begins has the address to itself; what is set below its head stands beside it there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from resnet_viz.arch.field_words import text_of
from resnet_viz.arch.presets import label
from resnet_viz.ui.pages.race import settings_url
from resnet_viz.ui.pages.race.state import PUT_BACK, is_led
from resnet_viz.ui.session.history import is_by_history, is_switched
from resnet_viz.ui.session.net import TWIN, offer_for_race

ALONE = "no second net"
"""What the box of the second net calls none."""
MORE = "race_more_nets"
"""Where the session keeps the nets beside the two of the boxes, or the experiment's."""
_SAID, _BESIDE, _WRITTEN = "race_address", "race_address_beside", "race_address_written"
_NOTICE = "race_address_notice"
# A button of the settings: Streamlit forgets it while another page, or a race, is on show.
_HERE = "race_start"


def read_address(race_id: str = "") -> None:
    """Sets the widgets, before they are drawn, from the address that the session was opened with.

    Only once: a link opens a session of its own, and later the address lags behind the widgets; and
    where the browser's history leads to it. `race_id`: the race on show, if there is one.
    """
    query = {
        key: text for key, text in st.query_params.to_dict().items() if key in settings_url.KEYS
    }
    if is_led(race_id):
        if race_id and not query:
            return
    elif not query or _SAID in st.session_state:
        return
    settings, problems = settings_url.from_query(query)
    offer_for_race(*(net for net in (settings.first, settings.second) if net))
    st.session_state["race_experiment"] = settings.experiment
    st.session_state["race_first_net"] = label(settings.first)
    second = label(settings.second) if settings.second else TWIN
    st.session_state["race_second_net"] = ALONE if settings.is_alone else second
    st.session_state[MORE] = settings.more
    st.session_state["race_seeds"] = settings.seeds
    st.session_state["race_pace"] = settings.pace or 0.0
    st.session_state["race_device"] = settings.device
    set_values(settings.training)
    st.session_state[_SAID] = settings_url.to_query(settings)
    st.session_state[_BESIDE] = race_id
    if problems:
        sentence = f"Part of the address is no setting and left out: {'; '.join(problems)}."
        st.session_state[_NOTICE] = st.session_state[_SAID], sentence


def set_values(training: Mapping[str, Any]) -> None:
    """Have the widgets show this training when they are drawn."""
    for field, value in training.items():
        is_size = field == "image_size" and value is not None
        st.session_state[f"race_{field}"] = text_of(field, value) if is_size else value


def write_address(settings: settings_url.Settings, view: Mapping[str, str]) -> None:
    """Puts `settings` and the `view` into the address when they change, or the page is opened.

    Otherwise it is left alone, for it may lag behind.
    """
    st.session_state[_SAID] = settings_url.to_query(settings)
    query = {**st.session_state[_SAID], **view}
    is_new = query != st.session_state.get(_WRITTEN) or _HERE not in st.session_state
    st.session_state[_WRITTEN] = query
    before = st.query_params.to_dict()
    if (is_new or is_by_history()) and before != query:
        if not before and is_switched():
            st.session_state[PUT_BACK] = ""
        st.query_params.from_dict(query)


def keep_beside(race_id: str, settings: settings_url.Settings) -> None:
    """Has the address of the race on show, which `view.write_view` writes, hold `settings`."""
    st.session_state[_SAID] = settings_url.to_query(settings)
    st.session_state[_BESIDE] = race_id


def beside(race_id: str) -> dict[str, str]:
    """What the race's address holds of the next one: nothing before that one's panel was open."""
    is_set = st.session_state.get(_BESIDE) == race_id
    query: dict[str, str] = st.session_state[_SAID] if is_set else {}
    return query


def complain(sentence: str, settings: settings_url.Settings) -> None:
    """Has `notice` say this of `settings`, too, which are to be written next."""
    sentences = " ".join(filter(None, (notice(), sentence)))
    st.session_state[_NOTICE] = settings_url.to_query(settings), sentences


def notice() -> str:
    """What was wrong with the address, until a setting is changed; "" if nothing."""
    query, sentence = st.session_state.get(_NOTICE, ({}, ""))
    return str(sentence) if query == st.session_state.get(_SAID) else ""
