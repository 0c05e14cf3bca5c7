"""Widgets of a run's fields: each keeps its value in the session, under the field's name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from resnet_viz.experiments.run_spec import RunSpec


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
    """A choice of `options` for the run's `field`."""
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


def number(title: str, field: str, step: float, form: str, said: str = "") -> float:
    """A number for the run's `field`."""
    key = f"race_{field}"
    default = {} if key in st.session_state else {"value": RunSpec.model_fields[field].default}
    given: float = st.number_input(
        title,
        step=step,
        format=form,
        help=said or None,
        key=key,
        persist_state="session",
        **default,
    )
    return given
