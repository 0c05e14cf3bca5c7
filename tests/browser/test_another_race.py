"""Where one race follows the other on a page, nothing of the first is shown as the second's."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE_SECONDS, App
from tests.labs import tiny_spec, wait_until

Open = Callable[[str], Page]

expect.set_options(timeout=PATIENCE_SECONDS * 1000)

RANGES = """() => [...document.querySelectorAll('.resnet-viz-chart')].slice(0, 2)
    .map(chart => chart.layout?.xaxis.range ?? [])"""
ZOOM = """() => [...document.querySelectorAll('.resnet-viz-chart')].slice(0, 2)
    .map(chart => Plotly.relayout(chart, { 'xaxis.range[0]': 1.2, 'xaxis.range[1]': 1.8 }))"""
# The same picture, told of another race.
TELL = """() => [...document.querySelectorAll('.resnet-viz-chart')].slice(0, 2).map(({ id }) => {
    const { given, news, show } = window.resnetVizNews.get(id)
    const { version, ...rest } = news ?? JSON.parse(given)
    show({ ...rest, version, base: version, news: '[]', of: 'another' })
})"""


def test_another_race_is_not_shown_in_the_zoom_of_the_one_before(app: App, open_page: Open) -> None:
    lab = app.lab
    race = lab.race([tiny_spec(steps=3)])
    wait_until(lambda: lab.race_runs(race)[0].is_over)
    page = open_page(f"{app.url}/race?race={race}")
    page.set_viewport_size({"width": 1280, "height": 4000})  # the charts are in sight
    page.wait_for_function(f"() => ({RANGES})().flat().length === 4")
    before = page.evaluate(RANGES)
    page.evaluate(ZOOM)
    page.wait_for_function(f"() => ({RANGES})().every(([from]) => from === 1.2)")
    page.evaluate(TELL)
    is_whole = f"old => JSON.stringify(({RANGES})()) === JSON.stringify(old)"
    page.wait_for_function(is_whole, arg=before)
