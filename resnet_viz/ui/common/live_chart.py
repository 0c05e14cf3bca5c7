"""A plotly chart that is updated in place: no flicker, and a zoom that stays.

`st.plotly_chart` mounts itself anew whenever its data change, which loses the zoom and blanks
the picture; a race changes its data twice a second. It also offers to send a chart to a service
outside, which this component does not.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import plotly
import plotly.graph_objects as go
import streamlit as st

from resnet_viz.plots.colours import DARK
from resnet_viz.ui.common.static import PLOTLY, is_current

_HERE = Path(__file__).parent
_CHART = st.components.v2.component(
    "resnet_viz_live_chart",
    html='<div class="resnet-viz-chart" role="figure"></div>\n',
    css=(_HERE / "live_chart.css").read_text(encoding="utf-8"),
    js=(_HERE / "live_chart.js").read_text(encoding="utf-8"),
    isolate_styles=False,  # plotly writes its style rules into the document
)


class Drawn(NamedTuple):
    """A figure and its JSON, which takes longer than the figure: made once, shown many times."""

    figure: go.Figure
    text: str

    @classmethod
    def of(cls, figure: go.Figure) -> Drawn:
        """`figure`, ready to be shown."""
        return cls(figure, str(figure.to_json(validate=False)))


def live_chart(
    drawn: go.Figure | Drawn,
    key: str,
    height: int,
    *,
    alt: str,
    on_point: Callable[[str], None] | None = None,
) -> None:
    """Shows a figure, `height` pixels tall and as wide as its container; `alt` says what it shows.

    Colours follow the theme (`plots.colours.DARK`). On windows wider than 1400 pixels texts grow,
    to 20 pixels at 1920, and the chart with them (by at most a quarter). Where the chart is
    narrower than 500 pixels, what the figure has under `layout.meta["narrow"]` is merged into its
    layout; `layout.meta["heights"]` are factors of `height`, for wide and for narrow.

    The plot stays the same as long as `key` does: a zoom, a pan or a hidden trace survives new
    data. `on_point` is called once, here, in the run after a click on a point, with the first (or
    only) customdata of that point. Where plotly's script is not served, Streamlit's own chart
    stands in.
    """
    figure, text = drawn if isinstance(drawn, Drawn) else Drawn.of(drawn)
    if not _plotly_is_served():
        _streamlits_own(figure, key, height, alt, on_point)
        return
    data = {
        "figure": text,
        "name": key,
        "alt": alt,
        "height": height,
        "heights": (figure.layout.meta or {}).get("heights", (1, 1)),
        "dark": dict(DARK),
        "clickable": on_point is not None,
        "version": plotly.__version__,
    }
    shown: Any = _CHART(key=key, data=data, height=height, on_point_change=lambda: None)
    if on_point is not None and shown.point is not None:
        on_point(shown.point)


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


def _plotly_is_served() -> bool:
    """Whether app.py could put the script where Streamlit serves files from."""
    from streamlit.runtime.scriptrunner import get_script_run_ctx  # noqa: PLC0415

    context = get_script_run_ctx()
    if context is None or not st.get_option("server.enableStaticServing"):
        return False
    return is_current(Path(context.main_script_path).parent / "static" / PLOTLY.name)
