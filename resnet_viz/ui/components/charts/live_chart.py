"""Live chart: a plotly chart that is updated in place, without flicker, and keeps its zoom.

`st.plotly_chart` mounts itself anew whenever its data change, which loses the zoom and blanks
the picture; a race changes its data twice a second. It also offers to send a chart to a service
outside, which this component does not.

A session is sent a figure once, and from then on what has changed since the last one that it was
sent. Streamlit may drop a message, and a chart may be mounted anew: the component then has
another figure than the changes begin with, says so, and is sent the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from resnet_viz.lru import LruDict
from resnet_viz.ui.components.charts import chart_scripts
from resnet_viz.ui.components.charts.figure_diff import Drawn
from resnet_viz.ui.components.component import APP_ROOT_SCRIPT, NEWEST_SCRIPT

_HERE = Path(__file__).parent
_SENT = "live_chart_sent"
_MOST_SENT = 40
_CHART = st.components.v2.component(
    "resnet_viz_live_chart",
    html='<div class="resnet-viz-chart" role="figure"></div>\n',
    css=(_HERE / "live_chart.css").read_text(encoding="utf-8"),
    js=NEWEST_SCRIPT
    + APP_ROOT_SCRIPT
    + (_HERE / "live_chart_loader.js")
    .read_text(encoding="utf-8")
    .replace("VERSION", chart_scripts.version()),
    isolate_styles=False,  # plotly writes its style rules into the document
)


def live_chart(
    drawn: go.Figure | Drawn,
    key: str,
    height: int,
    *,
    alt: str,
    of: str = "",
    on_point: Callable[[str], None] | None = None,
    on_window: Callable[[tuple[float, float] | None], None] | None = None,
) -> None:
    """Draw a figure, `height` pixels tall and as wide as its container; `alt` describes it.

    Colours follow the theme (`plots.colours.DARK`). On windows wider than 1400 pixels texts grow,
    to 20 pixels at 1920, and the chart with them (by at most a quarter). Where the chart is
    narrower than 500 pixels, what the figure has under `layout.meta["narrow"]` is merged into its
    layout; `layout.meta["heights"]` are factors of `height`, for wide and for narrow.

    The plot stays the same as long as `key` does, and a zoom or a hidden trace as long as what it
    is `of`: they survive new data. `on_point` is called once, here, in the run after a click on a
    point, with the first (or only) customdata of that point. Where the figure is
    `layout.meta["thinned"]`, `on_window` is called before the run that follows a zoom, with the
    range of x then shown, and with None when all is shown again. Where the charts'
    scripts are not served, Streamlit's own chart stands in.
    """
    drawn = drawn if isinstance(drawn, Drawn) else Drawn.of(drawn)
    if not chart_scripts.are_served():
        _streamlits_own(drawn.figure, key, height, alt, on_point)
        return

    def moved() -> None:
        event: Any = st.session_state[key].window
        if on_window is not None and event is not None:
            on_window(tuple(event["range"]) if event["range"] else None)

    def forget() -> None:
        _sent().pop(key, None)

    shown: Any = _CHART(
        key=key,
        data=chart_data(drawn, key, height, alt=alt, of=of, is_clickable=on_point is not None),
        height=height,
        on_point_change=lambda: None,
        on_window_change=moved,
        on_lack_change=forget,
    )
    if on_point is not None and shown.point is not None:
        on_point(shown.point)


def chart_data(
    drawn: Drawn, key: str, height: int, *, alt: str, of: str = "", is_clickable: bool = False
) -> Mapping[str, object]:
    """The data of a chart, for drawing or for an update; remembered as sent."""
    return {
        "name": key,
        "of": of,
        "alt": alt,
        "height": height,
        "clickable": is_clickable,
        **_news(drawn, key),
    }


def _news(drawn: Drawn, key: str) -> dict[str, str]:
    """What makes the browser's figure this one; `base` is the version that it has, "" for none."""
    sent = _sent()
    before = sent.get(key)
    sent[key] = drawn
    if before is None:
        return {"version": drawn.version, "base": "", "news": drawn.text}
    is_same = before.version == drawn.version
    news = "[]" if is_same else drawn.since(before)
    return {"version": drawn.version, "base": before.version, "news": news}


def _sent() -> LruDict[str, Drawn]:
    """What this session was sent last, by the charts' keys; of charts that it has left some."""
    sent: LruDict[str, Drawn] = st.session_state.setdefault(_SENT, LruDict(_MOST_SENT))
    return sent


def _streamlits_own(
    figure: go.Figure, key: str, height: int, alt: str, on_point: Callable[[str], None] | None
) -> None:
    chosen: Any = st.plotly_chart(
        figure,
        key=key,
        height=height,
        alt=alt,
        config={"showSendToCloud": False, "plotlyServerURL": "", "displaylogo": False},
        on_select="ignore" if on_point is None else "rerun",
        selection_mode="points",
    )
    if on_point is not None:
        for point in chosen["selection"]["points"][:1]:
            data = point["customdata"]
            on_point(str(data[0] if isinstance(data, list) else data))
