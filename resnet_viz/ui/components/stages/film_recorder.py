"""Film recorder: a button that has the visitor's browser draw a race, and saves the film of it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from resnet_viz.stage.film.film import Film
from resnet_viz.ui.components.charts import chart_scripts
from resnet_viz.ui.components.component import APP_ROOT_SCRIPT

ADDRESS = "film"
"""Where the server joins the pictures, relative to the app (ui/server/film_maker.py)."""
_HERE = Path(__file__).parent
_SCRIPTS = "".join(
    (_HERE / name).read_text(encoding="utf-8") for name in ("stage_script.js", "film_recorder.js")
)
_VIEW = st.components.v2.component(
    "resnet_viz_film_recorder",
    html=(_HERE / "film_recorder.html").read_text(encoding="utf-8"),
    css=(_HERE / "film_recorder.css").read_text(encoding="utf-8"),
    js=APP_ROOT_SCRIPT + _SCRIPTS.replace("VERSION", chart_scripts.version()),
    isolate_styles=False,
)


def film_recorder(race_id: str, film: Film, form: str, file: str, quantity: str) -> None:
    """Draw the button; the browser saves the film of a race under the name `file`."""
    data = {"race": race_id, "quantity": quantity, "size": list(film.pixels), "theme": film.theme}
    _VIEW(
        key="film_recorder",
        data=data | {"speed": film.speed, "format": form, "file": file, "address": ADDRESS},
    )
