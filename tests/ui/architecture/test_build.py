"""The Build tab: what was measured, or why not."""

from __future__ import annotations

import subprocess
import sys

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.arch.config import revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.ui.widgets.markdown import plain
from tests.ui.jobs import settled

SMALL = revise(preset("resnet20-cifar"), image_size=8)


def page() -> None:
    import streamlit as st

    from resnet_viz.arch.config import revise
    from resnet_viz.arch.presets import preset
    from resnet_viz.ui.pages.architecture.build_panel import build_panel

    size = st.session_state.get("size", 8)
    build_panel(revise(preset("resnet20-cifar"), image_size=size))


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_one_press_shows_what_was_measured_on_this_net() -> None:
    app = AppTest.from_function(page, default_timeout=60).run()
    assert "Nothing built yet" in app.info[0].value
    app.number_input[0].set_value(4)
    app.button[0].click().run()
    settled(app)
    numbers = {metric.label: metric.value for metric in app.metric}
    assert numbers["Output shape"] == "4 x 10"
    assert numbers["Parameters"] == f"{plan(SMALL).params:,}"
    assert not app.warning
    app.session_state["size"] = 16
    app.run()
    assert "press Build to measure this net" in app.warning[0].value
    assert len(app.metric) == len(numbers)


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_what_failed_is_a_sentence() -> None:
    app = AppTest.from_function(page, default_timeout=60)
    app.session_state["size"] = 4096
    app.run()
    app.number_input[0].set_value(65_536)
    app.button[0].click().run()
    settled(app)
    [error] = app.error
    assert plain("Out of memory on cpu") in error.value


def test_the_panel_needs_no_torch() -> None:
    script = (
        "import sys, resnet_viz.ui.pages.architecture.build_panel;"
        + "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
