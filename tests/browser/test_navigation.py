"""From page to page in the browser: what one page leaves behind must not stand on the next."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from resnet_viz.scheduler import launcher_lock
from tests.browser.conftest import PAGES, PATIENCE_SECONDS, App, settle
from tests.labs import wait_until

Open = Callable[[str], Page]

expect.set_options(timeout=PATIENCE_SECONDS * 1000)


@pytest.mark.parametrize("folded", [False, True])
def test_no_empty_sidebar_after_the_first_press(app: App, open_page: Open, folded: bool) -> None:
    for _ in range(3):  # Streamlit forgets it only where the page is quick
        page = open_page(f"{app.url}/architecture")
        if folded:
            page.get_by_test_id("stSidebar").hover()
            page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
            expect(page.get_by_test_id("stExpandSidebarButton")).to_be_visible()
        race_these_two(page)
        expect(page.get_by_test_id("stSidebar")).to_be_hidden(timeout=2000)
        expect(page.get_by_test_id("stExpandSidebarButton")).to_be_hidden(timeout=2000)
        stop = page.get_by_role("button", name="Stop training", exact=True)
        expect(stop).to_be_enabled()
        stop.click(trial=True)  # nothing lies above it
        box = page.get_by_test_id("stMainBlockContainer").bounding_box()
        assert box
        assert (box["x"], box["width"]) == (0, 1280)
        app.lab.stop(page.url.partition("race=")[2])


def test_sidebar_of_a_narrow_window_holds_the_pages(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/_stcore/health")
    page.set_viewport_size({"width": 700, "height": 900})
    page.goto(f"{app.url}/architecture")
    race_these_two(page)
    page.get_by_test_id("stExpandSidebarButton").click()
    expect(page.get_by_test_id("stSidebar").get_by_role("link", name="Compare")).to_be_visible()


def race_these_two(page: Page) -> None:
    page.get_by_role("button", name="Race these two").click()
    page.wait_for_url(re.compile(r"/race\?race="))


def test_no_request_of_a_page_fails(app: App, browser: Browser) -> None:
    """Streamlit asks for the app's address in vain where the page does not say it."""
    context = browser.new_context()
    for title, path in PAGES.items():
        asked: list[str] = []
        failed: list[str] = []
        page = context.new_page()
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.on("requestfailed", lambda request, failed=failed: failed.append(request.url))
        page.on("response", lambda answer, failed=failed: _note(answer, failed))
        page.goto(f"{app.url}{path}?nothing=1")
        expect(page.get_by_role("heading").first).to_be_visible()
        settle(page)
        page.close()
        assert any(url.endswith("_stcore/health") for url in asked)
        assert failed == [], title
    context.close()


def _note(answer: Response, failed: list[str]) -> None:
    if not answer.ok and answer.status != 304:
        failed.append(f"{answer.status} {answer.url}")


def test_the_launcher_is_there_before_anybody_presses_start(own_app: App, open_page: Open) -> None:
    assert launcher_lock.is_free(own_app.lab.home), "a server that nobody visits needs none"
    open_page(own_app.url)
    wait_until(lambda: not launcher_lock.is_free(own_app.home), 30)


def test_back_leads_from_a_race_to_its_settings_and_forward_to_it_again(
    app: App, open_page: Open
) -> None:
    page = open_page(f"{app.url}/race?steps=5")
    start, again = (
        page.get_by_role("button", name=name, exact=True) for name in ("Start race", "Again")
    )
    expect(start).to_be_enabled()
    start.click()
    page.wait_for_url(re.compile("race="))
    race = page.url
    expect(again).to_be_visible()
    settle(page)  # it is over
    for _ in range(2):
        page.go_back()
        expect(start).to_be_enabled()
        settle(page)
        assert page.url.endswith("/race?steps=5")
        expect(page.get_by_label("Steps", exact=True)).to_have_value("5")
        expect(again).to_be_hidden()
        page.go_forward()
        expect(again).to_be_visible()
        settle(page)
        assert page.url == race
        page.reload()
        expect(again).to_be_visible()
