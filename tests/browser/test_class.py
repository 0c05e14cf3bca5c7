"""A class of thirty readers in the browser: a code, a teacher who sees all, a reader on a phone."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE_SECONDS, App, settle

Open = Callable[[str], Page]
OTHERS = 29

expect.set_options(timeout=PATIENCE_SECONDS * 1000)


def opened_by_a_teacher(page: Page) -> str:
    """Opens a class for a locked lesson; its code, as the large letters say it."""
    page.get_by_role("button", name="Teach with this").click()
    page.get_by_text("Lock the lessons").click()
    settle(page)
    page.get_by_role("button", name="Open a class").click()
    code = page.locator(".class-code").inner_text()
    letters = page.locator(".class-code").evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
    assert letters > 100
    link = page.locator(".class-link").inner_text()
    assert link.endswith(f"/lessons?class={code}")
    photo = Image.open(io.BytesIO(page.locator(".class-qr").screenshot()))
    assert [read.text for read in zxingcpp.read_barcodes(photo)] == [link]
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator(".class-code")).to_have_count(0)
    return code


def test_thirty_readers_predict_and_see_each_other_live(app: App, open_page: Open) -> None:
    teacher = open_page(f"{app.url}/lessons?lesson=race")
    settle(teacher)
    code = opened_by_a_teacher(teacher)
    for reader in range(OTHERS):
        choice = ("residual", "plain", "undecided")[reader % 3]
        app.lab.vote(code, "race.0", f"reader {reader}", choice)
    counts = teacher.locator(".class-view .count")
    expect(counts).to_have_text(["10", "10", "9"])

    reader = open_page(f"{app.url}/lessons?class={code}")
    reader.set_viewport_size({"width": 390, "height": 844})
    settle(reader)
    expect(reader.locator(".class-view")).to_have_count(0)
    expect(reader.get_by_test_id("stHeader")).to_be_hidden()
    expect(reader.get_by_role("button", name="Next")).to_be_disabled()
    choice = reader.get_by_role("radio", name="The one without")
    choice.focus()
    choice.press("Enter")
    expect(reader.locator(".class-view .count")).to_have_text(["10", "11", "9"])
    expect(counts).to_have_text(["10", "11", "9"])
    expect(reader.get_by_role("button", name="Next")).to_be_enabled()
    assert reader.evaluate("document.documentElement.scrollWidth") == 390

    reader.reload()
    settle(reader)
    expect(reader.get_by_role("radio", name="The one without")).to_be_checked()
    expect(reader.locator(".class-view .said")).to_have_text("Predictions of your class: 30")
    reader.get_by_role("radio", name="The one with shortcuts").click()
    expect(reader.locator(".class-view .count")).to_have_text(["11", "10", "9"])
    expect(counts).to_have_text(["11", "10", "9"])

    teacher.reload()
    settle(teacher)
    expect(teacher.get_by_role("button", name=f"Class {code}")).to_be_visible()
    teacher.get_by_role("button", name="Teach with this").click()
    teacher.get_by_role("button", name="Close the class").click()
    teacher.wait_for_url(re.compile(r"lesson=race$"))
    expect(reader.get_by_text("This class is over.")).to_be_visible()


def test_a_locked_lesson_is_read_to_its_end_and_nowhere_else(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/lessons?lesson=before_training&only=before_training&locked=1")
    settle(page)
    following = page.get_by_role("button", name="Next")
    expect(following).to_be_disabled()
    page.get_by_role("button", name="This is my prediction").click()
    page.get_by_role("radio").first.click()
    expect(following).to_be_enabled()
    page.keyboard.press("n")
    expect(page.get_by_text("Step 2 of 4")).to_be_visible()
    expect(following).to_be_disabled()
    page.get_by_role("button", name="Measure it").click()
    expect(following).to_be_enabled()
    for step in (3, 4):
        page.keyboard.press("n")
        expect(page.get_by_text(f"Step {step} of 4")).to_be_visible()
    for name in ("All lessons", "Teach with this"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    expect(page.get_by_test_id("stHeader")).to_be_hidden()
    expect(
        page.get_by_test_id("stMain").get_by_role("link", name=re.compile("^(?!.*arXiv)"))
    ).to_have_count(0)
