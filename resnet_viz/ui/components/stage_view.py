"""Stage view: the stage of a race on a page of the app.

The component is drawn once. What is new comes to it by the server's stage feed, and no script
runs for whoever watches.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from resnet_viz.ui.components import chart_scripts
from resnet_viz.ui.components.component import APP_ROOT_SCRIPT

_HERE = Path(__file__).parent
_VIEW = st.components.v2.component(
    "resnet_viz_stage",
    html='<div class="stage-host"></div>\n',
    css=(_HERE / "stage_view.css").read_text(encoding="utf-8"),
    js=APP_ROOT_SCRIPT
    + (_HERE / "stage_view.js")
    .read_text(encoding="utf-8")
    .replace("VERSION", chart_scripts.version()),
    isolate_styles=False,
)


def stage_view(race_id: str, key: str, *, steers: bool, on_wish: Callable[[str], None]) -> None:
    """Draw the stage of a race; `on_wish` is called with "pause" or "resume" before the run that
    follows such a press of who `steers`."""

    def tell() -> None:
        if wish := st.session_state[key].wish:
            on_wish(str(wish["name"]))

    _VIEW(key=key, data={"race": race_id, "steers": steers}, on_wish_change=tell)
