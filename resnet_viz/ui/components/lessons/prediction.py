"""Prediction: a reader's guess by a click or a drawn curve, kept by the browser alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import streamlit as st

from resnet_viz.ui.components.component import component
from resnet_viz.ui.components.lessons import curve_axes

_VIEW = component(
    __file__, "prediction", curve_axes.SCRIPT, css=curve_axes.STYLE, is_isolated=False
)
_KEPT = component(__file__, "kept_predictions")


class Given(NamedTuple):
    """What a browser gave: the newest guess, None before there is one, and in a class the random
    name of its reader, else ""."""

    guess: Any
    reader: str


def prediction(
    key: str,
    about: Mapping[str, object],
    *,
    guess: object,
    is_frozen: bool,
    measured: str | Sequence[float | None] | None,
    words: Mapping[str, str],
    in_class: bool = False,
) -> Given:
    """Draw a prediction, and return what was given.

    `about` says its "kind": "choice", with the "choices" as pairs of name and text, or "curve",
    with "x", "x_title", "y_title", "low", "high" and "log"; and what it asks ("ask"). The browser
    keeps the guess under `key` for later visits. Where it `is_frozen` it can be changed no more;
    `measured` is drawn beside it.
    """
    data = {
        "key": key,
        "guess": guess,
        "frozen": is_frozen,
        "measured": measured,
        "words": words,
        "in_class": in_class,
        **about,
    }
    shown: Any = _VIEW(
        key=key, data=data, on_guess_change=lambda: None, on_reader_change=lambda: None
    )
    state = st.session_state.get(key) or shown
    return Given(state.get("guess"), str(state.get("reader") or ""))


def kept_predictions(keys: Sequence[str]) -> Mapping[str, object]:
    """What the browser kept of earlier visits, by key; {} before it has answered.

    For a page that tells of predictions, and has none of them to be given.
    """
    shown: Any = _KEPT(
        key="kept_predictions", data={"keys": list(keys)}, on_kept_change=lambda: None
    )
    return dict(shown.kept or {})
