"""Back and Forward on the Architecture page: through the changes of the net, one by one."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE_SECONDS, App, settle

Open = Callable[[str], Page]

expect.set_options(timeout=PATIENCE_SECONDS * 1000)


def is_headed(page: Page, heading: str) -> None:
    expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    settle(page)


def test_back_and_forward_go_through_the_changes(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/race")
    settle(page)
    links = page.get_by_test_id("stTopNavLink")
    links.filter(has_text="Architecture").click()
    is_headed(page, "ResNet-34")
    expect(page).to_have_url(re.compile(r"/architecture\?net=resnet34$"))
    page.get_by_test_id("stCheckbox").filter(has_text="Shortcuts").locator("label").first.click()
    is_headed(page, "Plain-34")
    depths = page.get_by_role("textbox", name="depths")
    depths.fill("3, 4, 6, 4")
    depths.press("Enter")
    is_headed(page, "Plain-36, changed from Plain-34:")

    page.go_back()
    is_headed(page, "Plain-34")
    expect(depths).to_have_value("3, 4, 6, 3")
    page.go_back()
    is_headed(page, "ResNet-34")
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    for heading in ("Plain-34", "Plain-36, changed from Plain-34:"):
        page.go_forward()
        is_headed(page, heading)
    expect(depths).to_have_value("3, 4, 6, 4")
    for _ in range(2):
        page.go_back()
        settle(page)
    is_headed(page, "ResNet-34")
    page.go_back()  # nothing else to go back through: the page before
    expect(page).to_have_url(re.compile(r"/race$"))
    expect(page.get_by_role("button", name="Start race", exact=True)).to_be_visible()


def test_a_link_that_was_mended_is_one_entry_of_the_history(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/runs")
    settle(page)
    page.goto(f"{app.url}/architecture?net=resnet50&norm=none&depths=0")
    is_headed(page, "ResNet-50, changed:")
    expect(page.get_by_test_id("stAlert")).to_contain_text("depths")
    expect(page).to_have_url(re.compile(r"/architecture\?net=resnet50&norm=none$"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"/runs$"))
    expect(page.get_by_role("heading", name="Runs", exact=True)).to_be_visible()


def test_a_list_that_is_being_typed_is_no_error(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/architecture?net=resnet34")
    is_headed(page, "ResNet-34")
    expect(page.locator(".graph g.add")).to_have_count(16)
    depths = page.get_by_role("textbox", name="depths")
    depths.click()
    depths.press("Control+a")
    depths.press_sequentially("3, 4, ", delay=150)
    settle(page)
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    is_headed(page, "ResNet-34")
    depths.press_sequentially("6, 4", delay=150)
    depths.press("Tab")
    is_headed(page, "ResNet-36, changed from ResNet-34:")
    depths.fill("3, 4,")
    depths.press("Tab")
    expect(page.get_by_test_id("stAlert")).to_contain_text("Still showing ResNet-36")
    expect(page.locator(".graph g.add")).to_have_count(17)
