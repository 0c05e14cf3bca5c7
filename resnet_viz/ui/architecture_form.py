"""The Architecture page's form: widgets in the sidebar, and the net they describe."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from resnet_viz.arch.config import ResNetConfig, choices, explain
from resnet_viz.arch.presets import PRESETS, label, preset, preset_name
from resnet_viz.ui.fields import (
    FIELDS,
    GROUPS,
    HELP,
    disabled_because,
    from_widget,
    neutral,
    to_widget,
)
from resnet_viz.ui.link import DEFAULT_NET, from_query

CONFIG = "config"
NOTICE = "notice"
_KEY = "field."
_PRESET = "preset"
_TEXTS = ("depths", "widths")
_FLAGS = ("conv_bias", "zero_init_residual")
_NAMED = (
    "block",
    "stem",
    "stride_on",
    "shortcut",
    "norm",
    "activation",
    "activation_order",
    "init",
)


def current_config() -> ResNetConfig:
    """The net of this session: the last valid choice, else the address's, else ResNet-34."""
    if CONFIG not in st.session_state:
        try:
            show_config(from_query(st.query_params.to_dict()))
        except ValueError as error:
            show_config(preset(DEFAULT_NET))
            st.session_state[NOTICE] = f"The address names no valid net: {error}."
    config: ResNetConfig = st.session_state[CONFIG]
    return config


def show_config(config: ResNetConfig) -> None:
    """Make `config` the session's net and put it into the widgets; before they are drawn."""
    st.session_state[CONFIG] = config
    st.session_state[NOTICE] = ""
    st.session_state[_PRESET] = preset_name(config)
    for field in FIELDS:
        st.session_state[_KEY + field] = to_widget(config, field)


def form() -> tuple[ResNetConfig, str]:
    """Draw the form; returns the last valid net and what is wrong with the fields, if anything."""
    config = current_config()
    if _KEY + "block" not in st.session_state:  # back from another page, which drops widgets
        show_config(config)
    _preset_box()
    draft = _draft(config)
    for group, fields in GROUPS.items():
        with st.expander(group, expanded=group in ("Shape", "Shortcut")):
            for field in fields:
                _widget(field, disabled_because(field, draft))
    return _validated(_draft(config), config)


def _preset_box() -> None:
    st.selectbox(
        "Preset",
        tuple(PRESETS),
        key=_PRESET,
        placeholder="choose a preset",
        help="Published networks. Choosing one fills in the fields below; type to search.",
        on_change=_load_preset,
    )


def _load_preset() -> None:
    if st.session_state[_PRESET]:
        show_config(preset(st.session_state[_PRESET]))


def _draft(config: ResNetConfig) -> dict[str, object]:
    """The fields as the widgets have them; fields without a widget as in `config`."""
    held = {field: st.session_state[_KEY + field] for field in FIELDS}
    read = {field: from_widget(field, value) for field, value in held.items()}
    read = {field: neutral(field, value, read) for field, value in read.items()}
    return config.model_dump() | read


def _validated(draft: dict[str, object], last: ResNetConfig) -> tuple[ResNetConfig, str]:
    try:
        config = ResNetConfig.model_validate(draft)
    except ValueError as error:
        return last, f"{explain(error)}. The view still shows {label(last)}."
    if config != last:
        st.session_state[CONFIG] = config
        st.session_state[NOTICE] = ""
    return config, ""


def _widget(field: str, disabled_why: str) -> None:
    title = field.replace("_", " ")
    help_text = f"{HELP[field]} {disabled_why}"
    key, is_disabled = _KEY + field, bool(disabled_why)
    if field in _NAMED:
        st.selectbox(title, choices(field), key=key, help=help_text, disabled=is_disabled)
    elif field in _TEXTS:
        st.text_input(title, key=key, help=help_text)
    elif field in _FLAGS:
        st.checkbox(title, key=key, help=help_text, disabled=is_disabled)
    else:
        empty: Literal["min"] | None = None if field == "expansion" else "min"
        st.number_input(title, value=empty, step=1, key=key, help=help_text, disabled=is_disabled)
