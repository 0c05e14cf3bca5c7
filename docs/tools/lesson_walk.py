"""A newcomer's walk through the first lessons, with its pictures and times.

    python -m docs.tools.lesson_walk

walks from the start page of an app of its own to the end of lesson 3, writes
docs/images/lesson-*.webp, and prints for each lesson how many presses it took, how long its
measurements did, and how many words there are to read.
"""

from __future__ import annotations

import io
import shutil
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from benchmarks.first_point import served
from resnet_viz.lessons.lesson import Lesson, Text
from resnet_viz.lessons.library import library
from resnet_viz.lessons.slots import Choices

IMAGES = Path(__file__).parents[1] / "images"
IS_OVER = "!document.querySelector('[data-testid=stProgress]')"
WORDS_A_MINUTE = 200
"""A slow reader of a text that explains something."""
PRESSES = "[class*='st-key-lesson_press_'] button:enabled"


def picture(page: Page, name: str) -> None:
    """The page as it stands, as a small file."""
    page.wait_for_timeout(900)
    shot = Image.open(io.BytesIO(page.screenshot()))
    shot.convert("RGB").save(IMAGES / f"lesson-{name}.webp", quality=80, method=6)


def settle(page: Page) -> None:
    """Until the page has drawn what a press asked for."""
    page.wait_for_timeout(500)
    page.wait_for_selector("[data-test-script-state=notRunning]")


def predict(page: Page) -> int:
    """Give every prediction of a step; how many presses that took."""
    presses = 0
    for slot in page.locator(".prediction").all():
        if slot.get_by_role("radio").count():
            if slot.get_by_role("radio").first.is_disabled():
                continue
            slot.get_by_role("radio").first.click()
        elif slot.get_by_role("slider").count():
            slot.get_by_role("slider").last.focus()
            for _ in range(4):
                page.keyboard.press("PageUp")
            slot.locator("button").click()
        else:
            continue  # one that is held against what was measured
        presses += 1
        settle(page)
    return presses


def measure(page: Page) -> tuple[int, float]:
    """Press what there is to press; how often, and the seconds until it was over."""
    presses, begun = 0, time.monotonic()
    while page.locator(PRESSES).count():
        page.locator(PRESSES).first.click()
        presses += 1
        page.wait_for_timeout(1000)
        page.wait_for_function(
            "!document.querySelector('[data-testid=stProgress]')", timeout=300_000
        )
        settle(page)
    return presses, (time.monotonic() - begun) if presses else 0.0


def words_of(lesson: Lesson) -> int:
    """How many words of text and predictions a lesson has."""
    parts = [part for step in lesson.steps for part in step.parts]
    texts = [part.markdown for part in parts if isinstance(part, Text)]
    for slot in lesson.predictions:
        texts += [slot.ask, *(slot.choices.values() if isinstance(slot, Choices) else ())]
    return len(" ".join(texts).split())


def walk(page: Page, lesson: Lesson, prefix: str) -> None:
    """One lesson from its first to its last step, with a picture of each."""
    presses, seconds = 0, 0.0
    for number in range(len(lesson.steps)):
        presses += predict(page)
        if number == 0:
            picture(page, f"{prefix}-predict")
        pressed, took = measure(page)
        presses, seconds = presses + pressed, seconds + took
        if pressed:
            picture(page, f"{prefix}-measure")
        elif page.locator(".prediction .theirs").count() or number == len(lesson.steps) - 2:
            picture(page, f"{prefix}-told")
        if number < len(lesson.steps) - 1:
            page.get_by_role("button", name="Next", exact=False).first.click()
            presses += 1
            settle(page)
    words = words_of(lesson)
    minutes = words / WORDS_A_MINUTE + seconds / 60 + presses / 30
    print(
        f"{lesson.head.title}: {presses} presses, {seconds:.0f} s measured, {words} words,"
        f" about {minutes:.1f} min"
    )


def main() -> None:
    """All walks."""
    lessons = library("en").lessons[:3]
    path = shutil.which("chromium")
    with served() as (url, _, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(url)
        page.get_by_text("Recorded on").wait_for()
        settle(page)
        page.get_by_role("link", name="Lessons").last.click()
        page.get_by_text("Each lesson asks").wait_for()
        settle(page)
        picture(page, "list")
        page.get_by_role("button", name=lessons[0].head.title).click()
        for number, lesson in enumerate(lessons, 1):
            page.locator(".st-key-lesson_buttons").wait_for()
            settle(page)
            walk(page, lesson, str(number))
            if number < len(lessons):
                page.get_by_role("button", name="Next lesson").click()
        browser.close()


if __name__ == "__main__":
    main()
