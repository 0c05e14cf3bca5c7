"""Widgets of a run's fields, which keep their values in the session under the fields' names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from resnet_viz.arch.fields import one_form
from resnet_viz.experiments.run_spec import SETTINGS
from resnet_viz.experiments.setting import Group
from resnet_viz.stage.status import pace_words
from resnet_viz.stage.told import PACES

_COLUMNS: Sequence[Sequence[Group]] = (
    ("Optimiser", "Learning rate"),
    ("Data", "Computing", "Measuring"),
)


def select(
    title: str,
    options: Sequence[str],
    field: str,
    default: str,
    *,
    is_off: bool = False,
    shown: Callable[[str], str] = str,
    help: str = "",  # noqa: A002
) -> str:
    """Draw a choice of `options` for the run's `field`; returns what is chosen."""
    key = f"race_{field}"
    # A value that another page set must not meet a default: Streamlit would warn of both.
    index = 0 if key in st.session_state else list(options).index(default)
    name: str = st.selectbox(
        title,
        options,
        index=index,
        key=key,
        format_func=shown,
        disabled=is_off,
        help=help or None,
        persist_state="session",
    )
    return name


def setting_box(field: str, *, empty: str = "") -> Any:
    """Draw the widget for a run's `field`; returns its value. `empty` stands for none."""
    setting = SETTINGS[field]
    about = setting.about
    if setting.choices:
        return select(about.title, setting.choices, field, setting.default, help=about.help)
    key = f"race_{field}"
    if setting.type is bool:
        return st.checkbox(about.title, help=about.help, key=key, persist_state="session")
    if setting.type is str:
        text = st.text_input(
            about.title,
            value=None,
            help=about.help,
            placeholder=empty or about.unset,
            key=key,
            persist_state="session",
        )
        return one_form(text) if text else None
    # A value that another page set must not meet a default: Streamlit would warn of both.
    has_value = key in st.session_state and setting.default is not None
    return st.number_input(
        about.title,
        step=setting.type(about.step),
        format="%d" if setting.type is int else "%g",
        help=about.help,
        placeholder=empty or about.unset or None,
        key=key,
        persist_state="session",
        **({} if has_value else {"value": setting.default}),
    )


def more_settings() -> dict[str, Any]:
    """Draw the settings that most races leave alone, by groups, in two columns; returns their
    values."""
    values: dict[str, Any] = {}
    for column, groups in zip(st.columns(2, gap="medium"), _COLUMNS, strict=True):
        with column:
            for group in groups:
                st.markdown(f"**{group}**")
                for field, setting in SETTINGS.items():
                    if setting.about.group == group:
                        values[field] = setting_box(field)
    return values


def pace_box() -> None:
    """Draw the choice of the next race's pace, which the session keeps; 0 for no slow motion."""
    st.selectbox(
        "Speed",
        [pace or 0.0 for pace in PACES],
        format_func=lambda pace: pace_words(pace or None),
        key="race_pace",
        help="Slow motion waits between steps; it can be changed while the race goes.",
        persist_state="session",
    )
