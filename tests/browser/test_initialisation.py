"""The Initialisation page in the browser: a key on the slider, and the picture of another depth."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE_SECONDS, App, settle

Open = Callable[[str], Page]

# The first chart's traces, once they are drawn.
NAMES_AND_POINTS = """() => document.querySelector('.resnet-viz-chart')?._fullData
  ?.map(trace => [trace.name, trace.x.length])"""

expect.set_options(timeout=PATIENCE_SECONDS * 1000)


def test_a_key_on_the_slider_shows_another_depth_and_keeps_the_first(
    app: App, open_page: Open
) -> None:
    page = open_page(f"{app.url}/initialisation?depth=8&norm=none")
    expect(page.get_by_text("Plain twin, depth 8")).to_be_visible()
    expect(page.get_by_text("Mean cosine of neighbours")).to_be_visible()
    page.get_by_role("slider").first.press("ArrowRight")
    expect(page.get_by_text("Plain twin, depth 14")).to_be_visible()
    expect(page).to_have_url(re.compile(r"initialisation\?depth=14&norm=none$"))
    settle(page)
    page.wait_for_function(NAMES_AND_POINTS)  # plotly's script comes with the first chart
    drawn = page.evaluate(NAMES_AND_POINTS)
    assert drawn[:2] == [["depth 8", 3], ["depth 8", 3]]
    assert ["plain twin", 6] in drawn
    assert ["theory", 6] in drawn
