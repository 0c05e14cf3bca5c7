"""A plotly chart that is updated in place: no flicker, and a zoom that stays.

`st.plotly_chart` mounts itself anew whenever its data change, which loses the zoom and blanks
the picture; a race changes its data twice a second.
"""

from __future__ import annotations

from pathlib import Path

import plotly
import plotly.graph_objects as go
import streamlit as st

from resnet_viz.ui.common.static import PLOTLY, is_current

_HERE = Path(__file__).parent
_CHART = st.components.v2.component(
    "resnet_viz_live_chart",
    html='<div class="resnet-viz-chart" role="img"></div>\n',
    css=(_HERE / "live_chart.css").read_text(encoding="utf-8"),
    js=(_HERE / "live_chart.js").read_text(encoding="utf-8"),
    isolate_styles=False,  # plotly writes its style rules into the document
)


def live_chart(figure: go.Figure, key: str, height: int = 400) -> None:
    """Shows `figure`, `height` pixels tall and as wide as its container.

    The plot stays the same as long as `key` does: a zoom, a pan or a hidden trace survives new
    data. Where plotly's script is not served, Streamlit's own chart stands in.
    """
    if not _plotly_is_served():
        st.plotly_chart(figure.update_layout(height=height), key=key)
        return
    data = {
        "figure": figure.to_json(validate=False),
        "name": key,
        "height": height,
        "version": plotly.__version__,
    }
    _CHART(key=key, data=data, height=height)


def _plotly_is_served() -> bool:
    """Whether app.py could put the script where Streamlit serves files from."""
    from streamlit.runtime.scriptrunner import get_script_run_ctx  # noqa: PLC0415

    context = get_script_run_ctx()
    if context is None or not st.get_option("server.enableStaticServing"):
        return False
    return is_current(Path(context.main_script_path).parent / "static" / PLOTLY.name)
