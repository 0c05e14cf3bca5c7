"""Recorded stage: the stage in small, which plays a recorded race for ever."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from resnet_viz.ui.components.charts import chart_scripts
from resnet_viz.ui.components.component import APP_ROOT_SCRIPT

ADDRESS = "recorded_race"
"""Where the server has it, relative to the app (ui/server/recorded_race.py)."""
_HERE = Path(__file__).parent
_SCRIPTS = "".join(
    (_HERE / name).read_text(encoding="utf-8") for name in ("stage_script.js", "recorded_stage.js")
)
_VIEW = st.components.v2.component(
    "resnet_viz_recorded_stage",
    html='<div class="recorded-host"></div>\n<p class="recorded"></p>\n',
    css=(_HERE / "recorded_stage.css").read_text(encoding="utf-8"),
    js=APP_ROOT_SCRIPT + _SCRIPTS.replace("VERSION", chart_scripts.version()),
    isolate_styles=False,
)


def recorded_stage(key: str, language: str) -> None:
    """Draw the stage in a language; the browser fetches the race by itself."""
    _VIEW(key=key, data={"address": f"{ADDRESS}?lang={language}"})
