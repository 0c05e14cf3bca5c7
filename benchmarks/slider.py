"""The Initialisation page: from the slider's release to the picture of another depth."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from statistics import median

from playwright.sync_api import Page, sync_playwright

from benchmarks.first_point import FLAGS, NAMES, served
from benchmarks.result import Result

WHAT = "slider of the Initialisation page to the picture at depth"
GOALS = ((44, 56, 0.5), (86, 110, 1.0))
"""The depth before, the one that a key leads to, and the seconds that it may take."""
IS_DRAWN = """depth => [...document.querySelectorAll('.resnet-viz-chart')].some(
    chart => (chart._fullData || []).some(t => t.line?.width === 3 && t.x?.[0] === depth - 1))"""


def run() -> Iterator[Result]:
    """Medians of three, the page being open: net and twin are measured anew each time."""
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None:
        yield Result(WHAT, "not measured: there is no Chromium")
        return
    with served() as (url, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        for before, after, goal in GOALS:
            times = [
                _measure(browser.new_page(), f"{url}/initialisation?batch={batch}", before, after)
                for batch in (16, 128, 64)
            ]
            seconds = median(times)
            yield Result(f"{WHAT} {after}", f"{seconds:.2f} s", f"< {goal} s", seconds < goal)
        browser.close()


def _measure(page: Page, url: str, before: int, after: int) -> float:
    page.set_default_timeout(120_000)
    page.goto(f"{url}&depth={before}")
    page.wait_for_function(IS_DRAWN, arg=before)
    page.get_by_text("Mean cosine of neighbours").wait_for()
    slider = page.get_by_role("slider").first
    slider.focus()
    begin = time.perf_counter()
    slider.press("ArrowRight")
    page.wait_for_function(IS_DRAWN, arg=after, polling=20)
    seconds = time.perf_counter() - begin
    page.close()
    return seconds
