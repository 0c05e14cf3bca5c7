"""Film of a race: its stage as a GIF, WebP or MP4, drawn by the visitor's browser; or as a page."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

import streamlit as st

from resnet_viz.extras import missing
from resnet_viz.findings.contestant import GRADIENT
from resnet_viz.stage.film.film import SIZES, SPEEDS, THEMES, Film, film_page
from resnet_viz.ui.components.stages.film_recorder import film_recorder
from resnet_viz.ui.pages.race import words
from resnet_viz.ui.pages.race.state import RaceView
from resnet_viz.ui.pages.race.view_url import QUANTITY
from resnet_viz.ui.widgets import message_box
from resnet_viz.ui.widgets.page_texts import note

_PAGE = "html"
_FORMATS: Mapping[str, str] = {"mp4": "MP4", "webp": "WebP", "gif": "GIF", _PAGE: "Web page"}
_NEEDS: Mapping[str, str] = {"mp4": "av"}
"""A format: the library that may be missing."""


def film(view: RaceView) -> None:
    """Draw the choice of a film, and the button that records it."""
    with st.expander("Record a film of the race"):
        row = st.container(horizontal=True, vertical_alignment="bottom")
        form = row.selectbox(
            "Format",
            tuple(_FORMATS),
            key="film_format",
            format_func=_FORMATS.__getitem__,
            width=140,
        )
        if form == _PAGE:
            _page(view)
            return
        size = row.selectbox("Size", tuple(SIZES), index=1, key="film_size", width=140)
        theme = row.selectbox(
            "Colours", THEMES, key="film_theme", format_func=str.capitalize, width=120
        )
        speed = row.selectbox(
            "Speed", SPEEDS, index=1, key="film_speed", format_func="{:g}x".format, width=100
        )
        if refusal := _refusal(form):
            message_box.warning(f"{refusal}. WebP and GIF can be recorded without it.")
            return
        note(
            "Your browser draws the stage step by step, with the quantity that is chosen there. "
            "It shows how far it is. The film is saved where your browser keeps downloads."
        )
        quantity = st.session_state.get(QUANTITY) or GRADIENT
        film_recorder(
            view.race_id, Film(size, theme, speed), form, f"{_name(view)}.{form}", quantity
        )


def _page(view: RaceView) -> None:
    note("One small HTML file with the stage alone. It plays by itself, and needs no server.")
    st.download_button(
        "Download the page",
        lambda: film_page(view.look, words.title(view.runs)),
        file_name=f"{_name(view)}-stage.html",
        mime="text/html",
        icon=":material/download:",
        on_click="ignore",
    )


def _name(view: RaceView) -> str:
    return f"race-{view.race_id[:8]}"


def _refusal(form: str) -> str:
    """Why a format cannot be made here, if it cannot."""
    library = _NEEDS.get(form)
    if library is None or find_spec(library):
        return ""
    error = ModuleNotFoundError(name=library)
    return str(missing(f"a film as {_FORMATS[form]}", error))
