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
_QUIET_MS = 500
IS_DRAWN = """depth => [...document.querySelectorAll('.resnet-viz-chart')].some(
    chart => (chart._fullData || []).some(t => t.line?.width === 3 && t.x?.[0] === depth - 1))"""


# The maps' second row: another net's has other cosines.
SHATTERING = """() => JSON.stringify([...document.querySelectorAll('.resnet-viz-chart')]
    .flatMap(chart => (chart._fullData || []).filter(t => t.type === 'heatmap'))
    .map(t => Array.from(t.z[1])))"""
IS_ALL_DRAWN = f"""([depth, before]) =>
    ({IS_DRAWN})(depth) && ![before, '[]'].includes(({SHATTERING})())"""


def run() -> Iterator[Result]:
    """Medians of three, the page being open: net and twin are measured anew each time.

    The shattering, the last picture on the page, follows the others; it has a figure of its own.
    """
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None:
        yield Result(WHAT, "not measured: there is no Chromium")
        return
    with served() as (url, *_), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        for before, after, goal in GOALS:
            times = [
                _measure(browser.new_page(), f"{url}/initialisation?batch={batch}", before, after)
                for batch in (16, 128, 64)
            ]
            first, last = (median(seconds) for seconds in zip(*times, strict=True))
            yield Result(f"{WHAT} {after}", f"{first:.2f} s", f"< {goal} s", first < goal)
            yield Result(f"{WHAT} {after}, shattering too", f"{last:.2f} s")
        browser.close()


def _measure(page: Page, url: str, before: int, after: int) -> tuple[float, float]:
    """Seconds to the gradient's profile, and until all is there."""
    page.set_default_timeout(120_000)
    page.goto(f"{url}&depth={before}")
    page.wait_for_function(IS_DRAWN, arg=before)
    page.get_by_text("Mean cosine of neighbours").wait_for()
    page.wait_for_timeout(_QUIET_MS)
    shattering = page.evaluate(SHATTERING)
    slider = page.get_by_role("slider").first
    slider.focus()
    begin = time.perf_counter()
    slider.press("ArrowRight")
    page.wait_for_function(IS_DRAWN, arg=after, polling=20)
    first = time.perf_counter() - begin
    page.wait_for_function(IS_ALL_DRAWN, arg=[after, shattering], polling=20)
    last = time.perf_counter() - begin
    page.close()
    return first, last
