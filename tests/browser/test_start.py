"""The start page in the browser: a race plays, and a press runs it live."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE_SECONDS, App, settle

Open = Callable[[str], Page]

expect.set_options(timeout=PATIENCE_SECONDS * 1000)
COUNT = ".recorded-host .count"


def playing(page: Page) -> None:
    """Waits until the race is shown at another step than it was."""
    expect(page.locator(COUNT)).to_contain_text("60")
    before = page.locator(COUNT).inner_text()
    expect(page.locator(COUNT)).not_to_have_text(before)


def test_a_recorded_race_plays_for_ever_and_needs_no_plotly(own_app: App, open_page: Open) -> None:
    page = open_page(f"{own_app.url}/_stcore/health")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(own_app.url)
    playing(page)
    expect(page.get_by_text("Recorded on")).to_be_visible()
    assert not [url for url in asked if "plotly" in url]
    assert page.get_by_test_id("stSidebar").count() == 0
    slider = page.get_by_role("slider", name="Step shown")
    page.get_by_role("button", name="Stop playing", exact=True).click()
    slider.focus()
    slider.press("End")
    expect(page.locator(COUNT)).to_have_text("step 60 of 60")
    page.get_by_role("button", name="Play recording", exact=True).click()
    expect(page.locator(COUNT)).to_have_text(re.compile(r"step \d of 60"))


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1366, 768), (1920, 1080)])
def test_all_of_it_is_on_the_first_screen(
    app: App, open_page: Open, width: int, height: int
) -> None:
    page = open_page(f"{app.url}/_stcore/health")
    page.set_viewport_size({"width": width, "height": height})
    page.goto(app.url)
    playing(page)
    for name in ("Lessons", "Race", "Architecture", "Design space"):
        way = page.get_by_test_id("stPageLink").get_by_role("link", name=name, exact=True).last
        expect(way).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Race it live")).to_be_in_viewport(ratio=1)
    expect(page.get_by_text("Recorded on")).to_be_in_viewport(ratio=1)


def test_a_phone_has_the_race_and_its_button_on_the_first_screen(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/_stcore/health")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(app.url)
    playing(page)
    expect(page.get_by_role("button", name="Race it live")).to_be_in_viewport(ratio=1)
    expect(page.locator(".recorded-host .figure").last).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("language", ["en", "ko"])
def test_on_a_phone_the_title_has_the_whole_width(app: App, open_page: Open, language: str) -> None:
    page = open_page(f"{app.url}/_stcore/health")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{app.url}/?lang={language}")
    playing(page)
    title = page.get_by_role("heading", level=1).bounding_box()
    assert title is not None
    assert title["width"] > 350


def test_who_wants_less_motion_starts_it(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/_stcore/health")
    page.emulate_media(reduced_motion="reduce")
    page.goto(app.url)
    expect(page.locator(COUNT)).to_have_text("step 0 of 60")
    page.get_by_role("button", name="Play recording", exact=True).click()
    playing(page)


def test_by_keyboard_to_a_race_that_runs(app: App, open_page: Open) -> None:
    page = open_page(app.url)
    playing(page)
    settle(page)
    for _ in range(20):  # past the menu and the languages
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "[document.activeElement.tagName, document.activeElement.innerText]"
        )
        if focused[0] == "BUTTON" and "Race it live" in focused[1]:
            break
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/race\?race="))
    expect(page.get_by_role("button", name="Stop training", exact=True)).to_be_visible()
    race_id = page.url.partition("race=")[2]
    assert [run.spec.display_name for run in app.lab.race_runs(race_id)] == [
        "resnet56-cifar",
        "plain56-cifar",
    ]
    app.lab.stop(race_id)


def test_a_way_on_is_a_link_as_a_whole(app: App, open_page: Open) -> None:
    page = open_page(app.url)
    playing(page)
    box = page.locator(".st-key-way_architecture .thumbnail").bounding_box()
    assert box
    page.mouse.click(box["x"] + 10, box["y"] + 10)
    page.wait_for_url(re.compile("/architecture"))
    expect(page.get_by_role("button", name="Race these two")).to_be_visible()


def test_an_old_link_to_a_net_opens_it(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/?net=resnet50&norm=none")
    expect(page.get_by_text("no norm (was batch norm)", exact=True)).to_be_visible()
    assert page.url == f"{app.url}/architecture?net=resnet50&norm=none"
