"""Without a mouse from the start page to a verdict and its reasons; every page at 200 % zoom."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE_SECONDS, App, settle
from tests.browser.test_access import finished
from tests.labs import TINY, tiny_spec, wait_until

Open = Callable[[str], Page]

expect.set_options(timeout=PATIENCE_SECONDS * 1000)

FOCUS = """() => {
    const { activeElement: it } = document
    const { left, top, right, bottom } = it.getBoundingClientRect()
    return [it.tagName, (it.getAttribute("aria-label") || it.innerText || "").trim(),
        right > left && bottom > top && bottom > 0 && top < innerHeight && it !== document.body]
}"""
PAGES = (
    "/",
    "/architecture",
    "/race",
    "/sweeps",
    "/runs",
    "/initialisation",
    "/compare",
    "/design_space",
)


def tab_to(page: Page, name: str, most: int = 80) -> int:
    """Presses Tab until the focus is on what is called `name`; how often. It is always in sight."""
    for pressed in range(1, most + 1):
        page.keyboard.press("Tab")
        tag, text, is_seen = page.evaluate(FOCUS)
        assert is_seen or tag == "BODY", f"the focus is out of sight on {tag} {text!r}"
        if name in text and tag in ("A", "BUTTON", "SUMMARY"):
            return pressed
    raise AssertionError(f"{name} is not reached by {most} presses of Tab")


def test_without_a_mouse_from_the_start_to_the_reasons(app: App, open_page: Open) -> None:
    page = open_page(app.url)
    expect(page.get_by_text("Recorded on")).to_be_visible()
    settle(page)
    tab_to(page, "Race it live", most=20)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/race\?race="))
    expect(page.get_by_role("button", name="Play recording", exact=True)).to_be_visible()
    expect(page.locator(".sentence")).to_contain_text("In this run")
    settle(page)
    page.keyboard.press("Home")
    expect(page.locator(".count")).to_have_text("step 0 of 60")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".count")).to_have_text("step 1 of 60")
    tab_to(page, "Why?")  # beside the verdict
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.className") == "why"
    for title in ("1. The gradient at the start", "2. The features", "3. The updates"):
        expect(page.get_by_text(title, exact=True)).to_be_visible()
    expect(page.get_by_text("From the last block back to the first")).to_be_visible()


def test_every_page_at_twice_its_size(app: App, open_page: Open) -> None:
    """1280 pixels at 200 % are 640 of the page's own: nothing is cut off or scrolls sideways."""
    over = finished(app)
    page = open_page(f"{app.url}/_stcore/health")
    page.set_viewport_size({"width": 640, "height": 360})
    wide = []
    for path in (*PAGES, f"/race?race={over}", f"/race?race={over}&open=why,graphs,diagnosis"):
        page.goto(app.url + path)
        settle(page)
        page.wait_for_timeout(500)
        width = page.evaluate(
            "Math.max(document.documentElement.scrollWidth,"
            " document.querySelector('[data-testid=stMain]').scrollWidth)"
        )
        if width > 640:
            wide.append(f"{path}: {width}")
        cut = page.evaluate(
            "[...document.querySelectorAll('button')].filter(b => b.offsetParent"
            " && (b.getBoundingClientRect().right > 641)).map(b => b.innerText)"
        )
        wide += [f"{path}: {name!r} is cut off" for name in cut]
    assert wide == []


@pytest.mark.parametrize("count", [1, 2, 6])
def test_the_stage_of_a_race_is_on_the_first_screen(app: App, open_page: Open, count: int) -> None:
    lab = app.lab
    plain = TINY.model_copy(update={"shortcut": "none"})
    nets = [("resnet20-cifar", TINY), ("plain20-cifar", plain), ("resnet56-cifar", TINY)]
    nets += [("plain56-cifar", plain), ("resnet110-cifar", TINY), ("plain110-cifar", plain)]
    specs = [tiny_spec(steps=30, config=config, name=name) for name, config in nets[:count]]
    race_id = lab.race(specs)
    wait_until(lambda: all(run.is_over for run in lab.race_runs(race_id)), PATIENCE_SECONDS)
    page = open_page(f"{app.url}/_stcore/health")
    page.goto(f"{app.url}/race?race={race_id}")
    expect(page.locator(".card")).to_have_count(count)
    for width, height in ((1280, 720), (1366, 768), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        for part in (".board", ".picture", ".transport"):
            expect(page.locator(part)).to_be_in_viewport(ratio=1)


def test_plotly_is_fetched_when_a_chart_comes_into_view(app: App, browser: Browser) -> None:
    over = finished(app)
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{app.url}/race?race={over}")
    expect(page.locator(".card")).to_have_count(2)
    settle(page)
    chart = page.locator(".resnet-viz-chart").first
    expect(chart).to_have_attribute("aria-label", re.compile("."))
    assert not [url for url in asked if "plotly" in url]
    chart.scroll_into_view_if_needed()
    expect(chart.locator(".main-svg").first).to_be_visible()
    assert len([url for url in asked if "plotly" in url]) == 1
    page.close()
