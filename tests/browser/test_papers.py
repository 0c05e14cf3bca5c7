"""The Papers page in the browser: a press that measures, every part by axe-core, and a phone."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from resnet_viz.papers.paper import PARTS
from tests.browser.conftest import PATIENCE_SECONDS, App, settle
from tests.browser.test_access import faults
from tests.browser.test_sweeps import OVERFLOW

Open = Callable[[str], Page]
# The right edge of the verdict that is furthest to the right.
VERDICTS = """() => Math.max(...[...document.querySelectorAll(".papers-verdict")].map(
    (verdict) => verdict.getBoundingClientRect().right))"""

expect.set_options(timeout=PATIENCE_SECONDS * 1000)


def test_a_press_measures_new_nets_and_the_verdict_follows(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/papers?paper=later")
    card = page.locator(".st-key-papers_card_yang2019-theory")
    expect(card.get_by_text("Not measured yet.")).to_be_visible()
    card.get_by_role("button", name="Measure 1 new net").click()
    expect(card.get_by_text("✓ agrees")).to_be_visible()
    expect(card.get_by_role("figure")).to_be_visible()
    page.get_by_role("radio", name="He et al. 2016").click()
    page.wait_for_url("**/papers?paper=he2016")
    page.go_back()
    expect(card.get_by_text("✓ agrees")).to_be_visible()


def test_each_part_is_accessible_and_fits_a_phone(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/_stcore/health")
    found: list[str] = []
    for part in PARTS:
        page.goto(f"{app.url}/papers?paper={part}")
        settle(page)
        found += faults(page, part)
        for width in (390, 700):
            page.set_viewport_size({"width": width, "height": 844})
            settle(page)
            assert page.evaluate(OVERFLOW) <= width, part
            assert page.evaluate(VERDICTS) < width, part
        page.set_viewport_size({"width": 1280, "height": 1000})
    assert found == []
