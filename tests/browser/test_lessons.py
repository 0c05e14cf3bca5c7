"""Lessons in a real browser: read, predicted, pressed and measured, in both languages."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from resnet_viz.lessons.library import library
from tests.browser.conftest import App, settle
from tests.browser.test_access import faults
from tests.browser.test_walk import Open, tab_to

BUTTONS = ".st-key-lesson_buttons"
KEYS = [lesson.key for lesson in library("en").lessons]
# Pixels of each Hangul letter of a page that look like those of a letter that no font has.
MISSING = """() => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 40, height: 40 })
  const context = canvas.getContext("2d", { willReadFrequently: true })
  context.font = `24px ${getComputedStyle(document.querySelector(".stMain p")).fontFamily}`
  const drawn = (letter) => {
    context.clearRect(0, 0, 40, 40)
    context.fillText(letter, 4, 30)
    return context.getImageData(0, 0, 40, 40).data.join()
  }
  const nothing = drawn(String.fromCodePoint(0x10FFFE))
  const letters = new Set(document.body.innerText.match(/[\\uac00-\\ud7a3]/g) ?? [])
  return [letters.size, [...letters].filter((letter) => drawn(letter) === nothing)]
}"""


def open_lesson(app: App, open_page: Open, key: str, more: str = "") -> Page:
    page = open_page(f"{app.url}/lessons?lesson={key}{more}")
    expect(page.locator(BUTTONS)).to_be_visible()
    settle(page)
    return page


def test_a_lesson_by_keyboard_alone(app: App, open_page: Open) -> None:
    """From the list to what was measured: the prediction is drawn by arrow keys."""
    page = open_page(f"{app.url}/lessons")
    lesson = library("en").lesson("before_training")
    assert lesson is not None
    expect(page.get_by_role("button", name=lesson.head.title)).to_be_visible()
    settle(page)
    tab_to(page, lesson.head.title, most=60)
    page.keyboard.press("Enter")
    point = page.get_by_role("slider").last
    expect(point).to_be_visible()
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('role')") == "slider":
            break
    before = page.evaluate("document.activeElement.getAttribute('aria-valuenow')")
    page.keyboard.press("PageUp")
    after = page.evaluate("document.activeElement.getAttribute('aria-valuenow')")
    assert after != before
    tab_to(page, "This is my prediction", most=10)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your prediction is kept in this browser.")).to_be_visible()
    page.keyboard.press("n")
    expect(page.get_by_text("Step 2 of")).to_be_visible()
    settle(page)
    tab_to(page, "Measure it", most=60)
    page.keyboard.press("Enter")
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    settle(page)
    page.keyboard.press("n")
    expect(page.get_by_text("Step 3 of")).to_be_visible()
    expect(page.get_by_text("The measured one").first).to_be_visible()
    expect(page.locator(".prediction .theirs")).to_be_visible()


def test_a_race_is_watched_and_told_and_a_prediction_outlives_a_reload(
    app: App, open_page: Open
) -> None:
    page = open_lesson(app, open_page, "race")
    choice = page.get_by_role("radio").first
    choice.click()
    expect(choice).to_have_attribute("aria-checked", "true")
    page.wait_for_timeout(500)
    page.reload()
    expect(page.get_by_role("radio").first).to_have_attribute("aria-checked", "true")
    settle(page)
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Start the race").click()
    expect(page.locator(".resnet-viz-stage .board")).to_be_visible()
    page.wait_for_url(re.compile("main="))
    expect(page.get_by_test_id("stProgress")).to_have_count(0)
    settle(page)
    link = page.locator('a[href="#stage.shortcuts"]')
    link.hover()
    expect(page.locator(".lit-frame")).to_have_count(2)
    page.mouse.move(2, 2)
    expect(page.locator(".lit-frame")).to_have_count(0)
    link.focus()
    expect(page.locator(".lit-frame")).to_have_count(2)
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("You predicted:")).to_be_visible()
    page.reload()
    expect(page.get_by_text("You predicted:")).to_be_visible()
    expect(page.get_by_text("Step 3 of")).to_be_visible()
    settle(page)
    page.go_back()
    expect(page.get_by_text("Step 2 of")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_lesson_fits_a_phone_and_has_all_its_letters(
    app: App, open_page: Open, language: str
) -> None:
    page = open_page(f"{app.url}/_stcore/health")
    page.set_viewport_size({"width": 390, "height": 844})
    for key in KEYS if language == "ko" else KEYS[:3]:
        page.goto(f"{app.url}/lessons?lesson={key}&lang={language}")
        expect(page.locator(BUTTONS)).to_be_visible()
        settle(page)
        assert page.evaluate("document.documentElement.scrollWidth") == 390, key
        header = page.get_by_test_id("stHeader").bounding_box()
        menu = page.locator(".st-key-narrow_pages").bounding_box()
        assert header is not None
        assert menu is not None
        assert menu["y"] >= header["y"] + header["height"], key
        letters, missing = page.evaluate(MISSING)
        assert not missing, key
        assert (letters > 30) is (language == "ko"), key


def test_nothing_is_found_by_axe(app: App, open_page: Open) -> None:
    """The list; a curve and choices to predict; counts, which are there at once."""
    page = open_page(f"{app.url}/lessons")
    expect(page.get_by_text("Each lesson asks")).to_be_visible()
    settle(page)
    assert faults(page, "list") == []
    for key in ("deeper", "race", "before_training"):
        page.goto(f"{app.url}/lessons?lesson={key}")
        expect(page.locator(BUTTONS)).to_be_visible()
        settle(page)
        assert faults(page, key) == []


def test_the_start_page_speaks_korean(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/?lang=ko")
    expect(page.get_by_text("층을 더 쌓으면")).to_be_visible()
    expect(page.locator(".key .reading")).to_contain_text("층별 기울기 노름")
    page.get_by_role("radio", name="English").or_(
        page.get_by_text("English", exact=True)
    ).first.click()
    expect(page.get_by_text("Stack more layers")).to_be_visible()
    expect(page.locator(".key .reading")).to_contain_text("Gradient norm of each layer")
    page.get_by_role("link", name="Lessons").last.click()
    expect(page.get_by_text("Each lesson asks")).to_be_visible()


def test_a_fault_is_mended_by_keyboard_and_axe_finds_nothing(app: App, open_page: Open) -> None:
    page = open_lesson(app, open_page, "forgotten_addition", "&part=4")
    program = page.get_by_role("region", name="The program, with its faults marked")
    expect(program.locator(".wrong")).to_have_count(9)
    tab_to(page, "Mend 2", most=80)
    expect(program.locator('[data-fault="addition"]')).to_have_css("outline-style", "solid")
    page.keyboard.press("Enter")
    expect(program.locator(".mended")).to_contain_text("self.relu(out + shortcut)")
    page.wait_for_url(re.compile("mended=addition"))
    page.get_by_role("button", name="Run the program").click()
    expect(page.get_by_text("Your program stops at line 18")).to_be_visible()
    expect(program.locator(".error")).to_contain_text("NameError: name 'dim_inc' is not defined")
    expect(page.get_by_test_id("stProgress")).to_have_count(0, timeout=120_000)
    settle(page)
    assert faults(page, "program") == []
