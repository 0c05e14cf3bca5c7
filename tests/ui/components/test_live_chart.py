"""What a session remembers of the charts that it was sent."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version
from streamlit.testing.v1 import AppTest


def test_of_many_charts_only_the_newest_figures_are_remembered() -> None:
    """Those of measurements have a key of their own in each race: a long lesson looks at many."""

    def script() -> None:
        import plotly.graph_objects as go
        import streamlit as st

        from resnet_viz.ui.components.charts.figure_diff import Drawn
        from resnet_viz.ui.components.charts.live_chart import chart_data

        drawn = Drawn.of(go.Figure(go.Scatter(y=[1, 2])))
        keys = ["stays" if i % 2 else f"chart {i}" for i in range(200)]
        told = [chart_data(drawn, key, 300, alt="") for key in keys]
        st.session_state["whole"] = [
            key for key, one in zip(keys, told, strict=True) if not one["base"]
        ]

    app = AppTest.from_function(script).run()
    assert not app.exception
    assert len(app.session_state["live_chart_sent"]) == 40
    assert app.session_state["whole"].count("stays") == 1, "it is sent what has changed"


def test_plotly_is_of_the_major_version_that_it_was_tested_with() -> None:
    """chart_moving.js draws with parts that are plotly's own; tests/browser/test_feed.py sees that
    it does, with the version that is installed.
    """
    installed = Version(version("plotly"))
    file = Path(__file__).parents[3] / "requirements.txt"
    wanted = [Requirement(line) for line in file.read_text().splitlines()]
    (allowed,) = (one.specifier for one in wanted if one.name == "plotly")
    assert installed in allowed
    assert f"{installed.major + 1}.0" not in allowed
    assert f"{installed.major}.999" in allowed
