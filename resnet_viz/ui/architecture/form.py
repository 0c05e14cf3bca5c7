"""The Architecture page's form: widgets in the sidebar, and the net they describe."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from resnet_viz.arch.config import ResNetConfig, choices, explain
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import PRESETS, label, preset, preset_name
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
from resnet_viz.ui.common.numbers import compact

CONFIG = "config"
NOTICE = "notice"
_HISTORY = "earlier_configs"
_MOST_UNDONE = 100
_TOUCHED = "form_touched"
_KEY = "field."
_PRESET = "preset"


def current_config() -> ResNetConfig:
    """The net of this session: the last valid choice, else the address's, else ResNet-34."""
    if CONFIG not in st.session_state:
        st.session_state[NOTICE] = ""
        try:
            _fill_widgets(from_query(st.query_params.to_dict()))
        except ValueError as error:
            _fill_widgets(preset(DEFAULT_NET))
            st.session_state[NOTICE] = f"The address names no valid net: {error}."
    config: ResNetConfig = st.session_state[CONFIG]
    return config


def show_config(config: ResNetConfig) -> None:
    """Make `config` the session's net, in a callback or before the widgets are drawn."""
    if CONFIG in st.session_state:
        _remember(st.session_state[CONFIG], config)
    st.session_state[NOTICE] = ""
    _fill_widgets(config)


def undo() -> None:
    """Go back to the net before the last change."""
    earlier: list[ResNetConfig] = st.session_state[_HISTORY]
    st.session_state[NOTICE] = ""
    _fill_widgets(earlier.pop())


def form() -> tuple[ResNetConfig, str]:
    """Draw the form; returns the last valid net and what is wrong with the fields, if anything."""
    config = current_config()
    is_back = _KEY + "block" not in st.session_state  # from another page, which drops widgets
    if is_back or not st.session_state[_TOUCHED]:
        _fill_widgets(config)
    _preset_box()
    undo_place = st.empty()
    draft = _draft(config)
    for group, fields in GROUPS.items():
        with st.expander(group, expanded=group in ("Shape", "Shortcut")):
            for field in fields:
                _widget(field, disabled_because(field, draft))
    shown, problem = _validated(_draft(config), config)
    undo_place.button(
        "Undo",
        on_click=undo,
        disabled=not st.session_state.get(_HISTORY),
        help="Back to the net before the last change.",
        icon=":material/undo:",
        width="stretch",
    )
    return shown, problem


def _touch() -> None:
    """A field was changed in the browser: from now on the widgets hold what the user wants.

    Until then every run fills the form again. A browser that is still loading Streamlit's scripts
    shows a widget as the last run described it, and would put a default where only an earlier run
    had said the value; and of a run that a quick click cuts short Streamlit forgets the values.
    """
    st.session_state[_TOUCHED] = True


def _fill_widgets(config: ResNetConfig) -> None:
    st.session_state[CONFIG] = config
    st.session_state[_TOUCHED] = False
    st.session_state[_PRESET] = preset_name(config)
    for field in FIELDS:
        st.session_state[_KEY + field] = to_widget(config, field)


def _remember(before: ResNetConfig, after: ResNetConfig) -> None:
    if before != after:
        history = [*st.session_state.get(_HISTORY, []), before]
        st.session_state[_HISTORY] = history[-_MOST_UNDONE:]


def _preset_box() -> None:
    st.selectbox(
        "Preset",
        tuple(PRESETS),
        key=_PRESET,
        format_func=_preset_text,
        placeholder="choose a preset",
        help="Published networks with their parameters and MACs. Choosing one fills in the "
        "fields below; type to search.",
        on_change=_load_preset,
    )


def _preset_text(name: str) -> str:
    network = plan(PRESETS[name])
    return f"{name} · {compact(network.params)} · {compact(network.macs)}MACs"


def _load_preset() -> None:
    if st.session_state[_PRESET]:
        show_config(preset(st.session_state[_PRESET]))


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
        _remember(last, config)
        st.session_state[CONFIG] = config
        st.session_state[NOTICE] = ""
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
