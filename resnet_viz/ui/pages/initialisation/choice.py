"""Switches and depth slider of the Initialisation page, filled from the address once."""

from __future__ import annotations

from typing import Any

import streamlit as st

from resnet_viz.arch.fields import one_form
from resnet_viz.ui.pages.initialisation.settings import (
    CHOICES,
    DEPTHS,
    NETS,
    Settings,
    from_query,
    written,
)

_READ = "initialisation_read"
_TITLES = {
    "family": ("Residual net", "Its twin is the same without shortcuts."),
    "norm": ("Norm", "After each convolution."),
    "init": (
        "Initialisation",
        "How the weights are drawn: see the paper that each is named after.",
    ),
    "stages": (
        "Stages",
        "3: widths double and maps halve, as in He et al. 2015, 4.2. 1: all alike, "
        "as theory has it.",
    ),
    "width": ("Width", "Channels of the first stage."),
    "images": ("Images", "Handwritten digits, or Gaussian noise of 16 channels."),
    "batch": ("Batch size", "Images per batch; batch norm takes its statistics from them."),
    "size": (
        "Map size",
        "Pixels a side of the image, and of the first stage's maps. You can type a height and a "
        "width such as 16x8.",
    ),
}


def read_address() -> None:
    """Set the widgets from the address before they are drawn, once per session."""
    if _READ not in st.session_state:
        settings, problem = from_query(st.query_params.to_dict())
        for name, value in settings._asdict().items():
            is_typed = value not in CHOICES[name]  # as only a size can be
            st.session_state.setdefault(_key(name), written(value) if is_typed else value)
        st.session_state[_READ] = settings, problem


def notice(settings: Settings) -> str:
    """The problems of the address, until a setting is changed; "" if none."""
    read, problem = st.session_state[_READ]
    return str(problem) if read == settings else ""


def switches() -> dict[str, Any]:
    """Draw the settings except for the depth."""
    values = {
        name: st.selectbox(
            title,
            CHOICES[name],
            key=_key(name),
            format_func=lambda value: NETS[value][0] if value in NETS else str(value),
            help=help_text,
            accept_new_options=name == "size",
            persist_state="session",
        )
        for name, (title, help_text) in _TITLES.items()
    }
    return values | {"size": one_form(values["size"])}


def depth_slider() -> int:
    """Draw the depth slider, the page's main control."""
    depth: int = st.select_slider(
        "Depth (weighted layers)", DEPTHS, key=_key("depth"), persist_state="session"
    )
    return depth


def _key(name: str) -> str:
    return f"initialisation_{name}"
