"""Component updates: one message with new data for components that are already on the page.

Each element that a run of the script draws costs Streamlit half a millisecond, and thirty viewers
of a race ask twice a second. A component that takes news has `newest.js` in its script.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent
NEWEST_SCRIPT = (_HERE / "newest.js").read_text(encoding="utf-8")
_NEWS = st.components.v2.component(
    "resnet_viz_news", js=(_HERE / "news.js").read_text(encoding="utf-8")
)


def tell_news(key: str, news: Mapping[str, Mapping[str, object]]) -> None:
    """Send components, by their keys, the data with which they would be drawn now.

    A message may be lost, where the browser is busy: what is told is to be all that there is to
    know, and a chart asks where its figure's beginning is missing (live_chart.py).
    """
    _NEWS(key=key, data={"news": json.dumps(news, separators=(",", ":"))})
