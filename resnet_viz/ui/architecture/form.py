"""The Architecture page's form: widgets in the sidebar, and the net they describe."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from resnet_viz.arch.config import ResNetConfig, choices, explain
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import PRESETS, label, preset
from resnet_viz.ui.architecture.fields import (
    FIELDS,
    GROUPS,
    HELP,
    MAY_BE_EMPTY,
    disabled_because,
    from_widget,
    neutral,
    to_widget,
    widget_kind,
)
from resnet_viz.ui.common.link import DEFAULT_NET, from_query
from resnet_viz.ui.common.net import Shown, can_undo, change_net, show_net, shown, undo
from resnet_viz.ui.common.numbers import compact

_NOTICE = "address_notice"
_FILLED = "form_filled_for"
_TOUCHED = "form_touched"
_KEY = "field."
_PRESET = "preset"


def form() -> tuple[ResNetConfig, str]:
    """Draw the form; returns the last valid net and what is wrong with the fields, if anything."""
    if shown() is None:
        _open_address()
    here = shown()
    assert here is not None
    is_back = _KEY + "block" not in st.session_state  # from another page, which drops widgets
    if is_back or not st.session_state[_TOUCHED] or st.session_state[_FILLED] is not here:
        _fill_widgets(here)
    draft = _draft(here.config)
    config, problem = _validated(draft, here.config)
    _preset_box()
    st.button(
        "Undo",
        on_click=undo,
        disabled=not can_undo(),
        help="Back to the net before the last change.",
        icon=":material/undo:",
        width="stretch",
    )
    for group, fields in GROUPS.items():
        with st.expander(group, expanded=group in ("Shape", "Shortcut")):
            for field in fields:
                _widget(field, disabled_because(field, draft))
    return config, problem


def _open_address() -> None:
    """The net of the address, else ResNet-34 with a word on what is wrong with the address."""
    query = st.query_params.to_dict()
    try:
        show_net(from_query(query), query.get("net"))
    except ValueError as error:
        show_net(preset(DEFAULT_NET))
        st.session_state[_NOTICE] = shown(), f"The address names no valid net: {error}."


def notice() -> str:
    """What was wrong with the address, until another net is shown; "" if nothing."""
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


def _preset_box() -> None:
    """The preset on show; of a net that was changed only the box's empty text names it."""
    here = shown()
    assert here is not None
    is_preset = PRESETS[here.base] == here.config
    # Also what a click that came to nothing, such as emptying the box, has left there.
    st.session_state[_PRESET] = here.base if is_preset else None
    st.selectbox(
        "Preset",
        tuple(PRESETS),
        index=None,
        key=_PRESET,
        format_func=_preset_text,
        placeholder=f"{here.base}, changed",
        help="Published networks with their parameters and MACs. Choosing one fills in the "
        "fields below; type to search.",
        on_change=_load_preset,
    )


def _preset_text(name: str) -> str:
    network = plan(PRESETS[name])
    return f"{name} · {compact(network.params)} · {compact(network.macs)}MACs"


def _load_preset() -> None:
    if name := st.session_state[_PRESET]:
        show_net(preset(name), name)


def _draft(config: ResNetConfig) -> dict[str, object]:
    """The fields as the widgets have them."""
    held = {field: st.session_state[_KEY + field] for field in FIELDS}
    read = {field: from_widget(field, value) for field, value in held.items()}
    return config.model_dump() | {field: neutral(field, read[field], read) for field in FIELDS}


def _validated(draft: dict[str, object], last: ResNetConfig) -> tuple[ResNetConfig, str]:
    try:
        config = ResNetConfig.model_validate(draft)
    except ValueError as error:
        return last, f"{explain(error)}. The view still shows {label(last)}."
    if config != last:
        change_net(config)
        st.session_state[_FILLED] = shown()
    return config, ""


def _widget(field: str, disabled_why: str) -> None:
    title = field.replace("_", " ")
    words = f"{HELP[field]} {disabled_why}"
    key, off = _KEY + field, bool(disabled_why)
    match widget_kind(field):
        case "named":
            options = choices(field)
            st.selectbox(title, options, key=key, help=words, on_change=_touch, disabled=off)
        case "text":
            st.text_input(title, key=key, help=words, on_change=_touch)
        case "flag":
            st.checkbox(title, key=key, help=words, on_change=_touch, disabled=off)
        case "fraction":
            st.number_input(title, step=0.05, key=key, help=words, on_change=_touch, disabled=off)
        case "number":
            empty: Literal["min"] | None = None if field in MAY_BE_EMPTY else "min"
            st.number_input(
                title, value=empty, step=1, key=key, help=words, on_change=_touch, disabled=off
            )
    if off:
        st.caption(disabled_why)
