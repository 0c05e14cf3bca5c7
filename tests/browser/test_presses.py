"""Presses as hands do them: one button twice does what one press does; of two none is lost."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE_SECONDS, App, settle
from tests.labs import ENDLESS, tiny_spec

Open = Callable[[str], Page]

expect.set_options(timeout=PATIENCE_SECONDS * 1000)


def test_start_that_is_pressed_twice_begins_one_race(own_app: App, open_page: Open) -> None:
    page = open_page(f"{own_app.url}/race")
    settle(page)
    start = page.get_by_role("button", name="Start race")
    expect(start).to_be_enabled()
    start.scroll_into_view_if_needed()
    box = start.bounding_box()
    assert box
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.click(*middle)
    page.wait_for_timeout(100)
    page.mouse.click(*middle)
    page.wait_for_url(re.compile("race="))
    expect(page.get_by_role("button", name="Stop training")).to_be_visible()
    settle(page)
    races = {run.race_id for run in own_app.lab.list()}
    assert len(races) == 1, page.url
    assert races.pop() in page.url


def test_of_two_races_stopped_at_once_neither_goes_on(own_app: App, open_page: Open) -> None:
    for name in ("one", "other"):
        own_app.lab.start(tiny_spec(steps=ENDLESS, name=name))
    page = open_page(f"{own_app.url}/runs")
    stops = page.get_by_role("button", name=re.compile("^Stop (one|other)$"))
    expect(stops).to_have_count(2)
    stops.evaluate_all("buttons => buttons.forEach((button) => button.click())")
    expect(stops).to_have_count(0)
    assert [run.status for run in own_app.lab.list()] == ["stopped", "stopped"]


def test_of_two_blocks_clicked_at_once_both_open(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/compare")
    graph = page.locator(".graph").first
    blocks = graph.locator("g.block[data-unit^='stages.'][data-unit$='.0']")
    expect(blocks).to_have_count(4)
    settle(page)
    click = "block => block.dispatchEvent(new MouseEvent('click', { bubbles: true }))"
    blocks.evaluate_all(f"blocks => blocks.slice(2).forEach({click})")
    expect(graph.locator(".opened")).to_have_count(2)


def test_a_lesson_s_press_that_bounces_begins_one_race(own_app: App, open_page: Open) -> None:
    page = open_page(f"{own_app.url}/lessons?lesson=race&part=2")
    settle(page)
    start = page.get_by_role("button", name="Start the race")
    expect(start).to_be_enabled()
    start.evaluate(
        """async (button) => {
          for (const _ of Array(5)) {
            button.click()
            await new Promise((done) => setTimeout(done, 20))
          }
        }"""
    )
    page.wait_for_url(re.compile("main="))
    settle(page)
    races = {run.race_id for run in own_app.lab.list()}
    assert len(races) == 1, page.url
    assert races.pop() in page.url
