"""The chart component: no way out of the machine, both themes, and texts that grow."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from resnet_viz import RunSpec, preset
from resnet_viz.findings.colours import DARK, PLAIN, RESIDUAL
from tests.browser.conftest import PATIENCE_SECONDS, App

Open = Callable[[str], Page]

expect.set_options(timeout=PATIENCE_SECONDS * 1000)

NETS = ("resnet20-cifar", "plain20-cifar")
HERO = "document.querySelectorAll('.resnet-viz-chart')[0]"
TEXT = f"{HERO}._fullLayout?.font?.size"
MAPS = "document.querySelectorAll('.resnet-viz-chart')[3]"
BOX = "'[data-testid=stElementContainer]'"
LOOKS = (
    "colour => [...document.querySelectorAll('.resnet-viz-chart .scatterlayer path.js-line')]"
    ".some(line => getComputedStyle(line).stroke === colour)"
)


@pytest.fixture
def race(app: App) -> str:
    """The address of a race that is over."""
    specs = [RunSpec(config=preset(name), steps=6, batch_size=16) for name in NETS]
    race_id = app.lab.race(specs)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not all(run.is_over for run in app.lab.race_runs(race_id)):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return f"{app.url}/race?race={race_id}"


def _css(colour: str) -> str:
    return "rgb({}, {}, {})".format(*(int(colour[i : i + 2], 16) for i in (1, 3, 5)))


def test_charts(race: str, open_page: Open, tmp_path: Path) -> None:
    page = open_page(race)
    away: list[str] = []
    page.on("request", lambda request: away.append(request.url))
    chart = page.locator(".resnet-viz-chart").first
    expect(chart).to_have_attribute("aria-label", re.compile("ResNet-20 against Plain-20"))
    chart.scroll_into_view_if_needed()
    page.wait_for_function(LOOKS, arg=_css(RESIDUAL))
    page.wait_for_function(LOOKS, arg=_css(PLAIN))
    page.wait_for_function(f"() => {TEXT} === 14")  # those in sight are drawn one after the other

    chart.hover()
    titles = chart.locator(".modebar-btn").evaluate_all(
        "buttons => buttons.map(b => b.dataset.title)"
    )
    assert "Zoom" in titles
    assert not [title for title in titles if "hare" in title or "loud" in title]

    starts = {"PNG": b"\x89PNG", "SVG": b"<svg", "HTML": b"<!doctype html>"}
    for kind, start in starts.items():
        with page.expect_download() as waiting:
            chart.locator(f'.modebar-btn[data-title*="({kind})"]').click()
        assert waiting.value.suggested_filename == f"gradients.{kind.lower()}"
        assert Path(waiting.value.path()).read_bytes().startswith(start)
    waiting.value.save_as(tmp_path / "alone.html")
    alone = page.context.new_page()
    alone.goto((tmp_path / "alone.html").as_uri())  # without a server
    expect(alone.locator(".scatterlayer path.js-line").first).to_be_attached()
    alone.close()

    page.emulate_media(color_scheme="dark")
    page.wait_for_function(LOOKS, arg=_css(DARK[RESIDUAL]))
    page.wait_for_function(LOOKS, arg=_css(DARK[PLAIN]))
    page.set_viewport_size({"width": 1920, "height": 1080})
    chart.scroll_into_view_if_needed()
    page.wait_for_function(f"() => {TEXT} === 20")
    page.wait_for_function(f"() => {HERO}.clientHeight === {HERO}.closest({BOX}).clientHeight")
    page.set_viewport_size({"width": 390, "height": 800})
    page.locator(".resnet-viz-chart").nth(3).scroll_into_view_if_needed()
    page.wait_for_function(f"() => {MAPS}._fullLayout.xaxis.domain[1] === 1")
    assert page.evaluate(f"() => {MAPS}.clientHeight > 1.5 * {MAPS}.clientWidth")
    own = race.partition("/race")[0]
    assert [url for url in away if not url.startswith((own, f"blob:{own}"))] == []


MARKED = (
    "() => [...document.querySelectorAll('.resnet-viz-chart')].map("
    "chart => chart.querySelectorAll('.resnet-viz-chart-mark').length)"
)
"""How many marks each chart has: the profile is the first, the maps are the last."""
AT = (
    f"x => Math.abs({MAPS}.querySelector('.resnet-viz-chart-mark')"
    "?.getBoundingClientRect().x - x) < 3"
)


@pytest.mark.parametrize("quantity", ["grad_norm", "effective_rank"])
def test_a_layer_or_block_that_is_pointed_at_anywhere_is_marked_everywhere_else(
    race: str, open_page: Open, quantity: str
) -> None:
    page = open_page(f"{race}&quantity={quantity}&open=graphs")
    page.set_viewport_size({"width": 1280, "height": 5000})  # all plots are in sight
    charts = page.locator(".resnet-viz-chart")
    maps = charts.nth(3).locator(".nsewdrag")
    expect(maps).to_have_count(2)
    boxes = [one.bounding_box() for one in maps.all()]
    left, right = (box for box in boxes if box)
    # On a column of step 0: a quantity of blocks has been taken there alone.
    places = [
        (box["x"] + 0.02 * box["width"], box["y"] + box["height"] / 2) for box in (left, right)
    ]

    def marked(*counts: int) -> None:
        page.wait_for_function(f"counts => String(({MARKED})()) === String(counts)", arg=[*counts])

    # From one map to the other, as a hand moves: only the one that is not under it has a mark.
    for here, there in ((0, right), (1, left), (0, right)):
        page.mouse.move(*places[here], steps=25)
        page.wait_for_function(AT, arg=there["x"])
        marked(1, 0, 0, 1)
        expect(page.locator(".graph g.block.hot")).to_have_count(2)
    page.mouse.move(5, 5)
    marked(0, 0, 0, 0)
    expect(page.locator(".graph g.block.hot")).to_have_count(0)
    charts.nth(0).locator(".nsewdrag").hover()
    marked(0, 0, 0, 2)
    page.locator(".graph g.block").nth(4).hover()
    marked(1, 0, 0, 2)
    page.mouse.move(5, 5)
    marked(0, 0, 0, 0)


UNCOVERED = """() => [...document.querySelectorAll('.resnet-viz-chart')].every(chart => {
  const bar = chart.querySelector('.modebar')?.getBoundingClientRect()
  const parts = [...chart.querySelectorAll('.legend .traces, .annotation-text-g, .nsewdrag')]
  return bar && parts.length && parts.every(part => {
    const { left, right, top, bottom } = part.getBoundingClientRect()
    return left >= bar.right || right <= bar.left || top >= bar.bottom || bottom <= bar.top
  })
})"""


def test_in_a_narrow_chart_the_buttons_lie_over_nothing(race: str, open_page: Open) -> None:
    page = open_page(race)
    page.wait_for_function("() => document.querySelectorAll('.legend .legendtext').length > 4")
    page.set_viewport_size({"width": 390, "height": 5000})  # all plots are in sight
    page.wait_for_function(UNCOVERED)
    page.wait_for_function(f"() => {HERO}.clientHeight === {HERO}.closest({BOX}).clientHeight")


def test_a_legend_of_one_row_has_no_scrollbar(race: str, open_page: Open) -> None:
    page = open_page(race)
    page.wait_for_function("() => document.querySelectorAll('.legend .legendtext').length > 4")
    wide = "bars => bars.filter(bar => Number(bar.getAttribute('width'))).length"
    assert page.locator(".legend .scrollbar").evaluate_all(wide) == 0
