"""Controls that a browser keeps: the key of a race or a sweep in its cookie, for a week."""

from __future__ import annotations

import streamlit as st

from resnet_viz.lab.lab import Lab
from resnet_viz.ui.components.component import component

_KEEP = component(__file__, "cookie")


def keep_controls(lab: Lab, race_id: str, key: str) -> None:
    """Make the browser remember the key of `race_id`, beside those of others; `key` is the
    element's own."""
    data = {"race": race_id, "key": lab.steering_key(race_id)}
    with st.container(key="race_cookie"):
        _KEEP(key=f"cookie_{key}", data=data)
