"""Form of the Architecture page: widgets in the sidebar, and the net they describe."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from resnet_viz.arch.config import ResNetConfig, choices
from resnet_viz.arch.net_names import net_title, preset_title, presets_by_paper
from resnet_viz.arch.presets import PRESETS, preset
from resnet_viz.ui.pages.architecture.complaints import complaints, in_one, title
from resnet_viz.ui.pages.architecture.fields import (
    FIELDS,
    FIRST,
    GROUPS,
    HELP,
    MAY_BE_EMPTY,
    SAID,
    disabled_because,
    from_widget,
    neutral,
    to_widget,
    widget_kind,
)
from resnet_viz.ui.session.history import is_by_history
from resnet_viz.ui.session.net import Shown, can_undo, change_net, go_to, show_net, shown, undo
from resnet_viz.ui.session.net_url import closest_net
from resnet_viz.ui.widgets.markdown import plain

_NOTICE = "address_notice"
_FILLED = "form_filled_for"
_TOUCHED = "form_touched"
_KEY = "field."
_GROUP = "group."
_PRESET = "preset"
_STEPS = {"gate_bias": 1.0}


def form() -> tuple[ResNetConfig, str]:
    """Draw the form; returns the last valid net and the complaints about fields, if any."""
    if shown() is None or (is_by_history() and "net" in st.query_params):
        _open_address()
    here = shown()
    assert here is not None
    is_back = _KEY + "block" not in st.session_state  # from another page, which drops widgets
    if is_back or not st.session_state[_TOUCHED] or st.session_state[_FILLED] is not here:
        _fill_widgets(here)
    draft = _draft(here.config)
    wrong = complaints(draft)
    config = here.config if wrong else ResNetConfig.model_validate(draft)
    if config != here.config:
        change_net(config)
        st.session_state[_FILLED] = shown()
    preset_box()
    for field in FIRST:
        _widget(field, disabled_because(field, draft), wrong.get(field, ""))
    for group, fields in GROUPS.items():
        times = _times_wrong(group, is_wrong=not wrong.keys().isdisjoint(fields))
        with st.expander(group, expanded=times > 0, key=f"{_GROUP}{group}.{times}"):
            for field in fields:
                _widget(field, disabled_because(field, draft), wrong.get(field, ""))
    st.button(
        "Undo",
        on_click=undo,
        disabled=not can_undo(),
        help="Back to the net before the last change.",
        icon=":material/undo:",
        width="stretch",
    )
    still = net_title(here.config, here.base)
    sentence = f"{in_one(wrong)}. Still showing {still}." if wrong else ""
    return config, sentence


def _times_wrong(group: str, *, is_wrong: bool) -> int:
    """How often a field of `group` has become wrong: each time the group is made anew, open.

    Streamlit opens one that the press which ends the typing has folded in no other way.
    """
    times, was_wrong = st.session_state.get(_GROUP + group, (0, False))
    times += is_wrong and not was_wrong
    st.session_state[_GROUP + group] = times, is_wrong
    return int(times)


def _open_address() -> None:
    """The net of the address, with a word on what is wrong with the address."""
    query = st.query_params.to_dict()
    net, problem = closest_net(query)
    base = query.get("net")
    go_to(net, base if base in PRESETS else None)
    if problem:
        st.session_state[_NOTICE] = shown(), problem


def notice() -> str:
    """The problems of the address, until another net is shown; "" if none."""
    here, sentence = st.session_state.get(_NOTICE, (None, ""))
    return str(sentence) if here is shown() else ""


def _touch() -> None:
    """A field was changed in the browser: from now on the widgets hold what the user wants.

    Until then every run fills the form again. A browser that is still loading Streamlit's scripts
    shows a widget as the last run described it, and would put a default where only an earlier run
    had said the value; and of a run that a quick click cuts short Streamlit forgets the values.
    """
    st.session_state[_TOUCHED] = True


def _fill_widgets(here: Shown) -> None:
    st.session_state[_FILLED] = here
    st.session_state[_TOUCHED] = False
    for field in FIELDS:
        st.session_state[_KEY + field] = to_widget(here.config, field)


def preset_box(place: str = "") -> None:
    """Draw the box of presets; for a changed net only its placeholder names the preset.

    `place` tells a second box of the same page from the first.
    """
    here = shown()
    assert here is not None
    is_preset = PRESETS[here.base] == here.config
    # Also what a click that came to nothing, such as emptying the box, has left there.
    key = _PRESET + place
    st.session_state[key] = here.base if is_preset else None
    st.selectbox(
        "Preset",
        presets_by_paper(),
        index=None,
        key=key,
        format_func=preset_title,
        placeholder=net_title(here.config, here.base),
        help="Published networks, by paper. Choosing one fills in the fields below; type to "
        "search.",
        on_change=_load_preset,
        args=(key,),
    )


def _load_preset(key: str) -> None:
    if name := st.session_state[key]:
        show_net(preset(name), name)


def _draft(config: ResNetConfig) -> dict[str, object]:
    """The fields as the widgets have them."""
    held = {field: st.session_state[_KEY + field] for field in FIELDS}
    read = {field: from_widget(field, value) for field, value in held.items()}
    return config.model_dump() | {field: neutral(field, read[field], read) for field in FIELDS}


def _widget(field: str, disabled_why: str, wrong: str) -> None:
    words = f"{HELP[field]} {disabled_why}"
    key, off = _KEY + field, bool(disabled_why)
    match widget_kind(field):
        case "named":
            st.selectbox(
                title(field),
                choices(field),
                format_func=lambda value: SAID.get(value, value) if field == "shortcut" else value,
                key=key,
                help=words,
                on_change=_touch,
                disabled=off,
            )
        case "text":
            st.text_input(title(field), key=key, help=words, on_change=_touch)
        case "flag":
            st.checkbox(title(field), key=key, help=words, on_change=_touch, disabled=off)
        case kind:
            empty: Literal["min"] | None = None if field in MAY_BE_EMPTY else "min"
            st.number_input(
                title(field),
                value=empty,
                step=_STEPS.get(field, 0.05 if kind == "fraction" else 1),
                key=key,
                help=words,
                on_change=_touch,
                disabled=off,
            )
    if wrong:
        st.markdown(f":red[{plain(wrong)}]")
    elif off:
        st.caption(disabled_why)
