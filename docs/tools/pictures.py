"""`python -m docs.tools.pictures`: the README's other pictures, of the app in Chromium."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.first_point import served
from resnet_viz import Lab
from resnet_viz.experiments.starting_points.default_race import STARTING_POINT

DOCS = Path(__file__).parents[1]
IMAGES = DOCS / "images"
DESK, HIGH, LONG, PHONE = (1280, 720), (1280, 900), (1280, 2400), (390, 844)
DRAWING_MS = 4000
AT_STEP, STEPS_A_SECOND = 35, 4.0
IS_THERE = "at => parseInt(document.querySelector('.count')?.textContent.slice(5)) >= at"


def main() -> None:
    """Take the pictures: of the recorded default race, and of one under way."""
    with served() as (url, home, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        race = f"{url}/race?race={_recorded(Lab(home))}&step={AT_STEP}"
        for name, size, scheme in (
            ("race", DESK, "light"),
            ("race-dark", DESK, "dark"),
            ("race-390", PHONE, "light"),
        ):
            with _opened(browser, race, size, scheme) as page:
                page.locator(".count").get_by_text(f"step {AT_STEP}").wait_for()
                _take(page, name)
        with _opened(browser, f"{race}&open=why", HIGH, "light") as page:
            page.wait_for_timeout(DRAWING_MS)
            page.locator(".st-key-race_outcome").evaluate("one => one.scrollIntoView()")
            _take(page, "race-why")
        with _opened(browser, f"{url}/initialisation", LONG, "light") as page:
            _take(page, "initialisation")
        live = Lab(home).race(STARTING_POINT.specs, pace=STEPS_A_SECOND)
        with _opened(browser, f"{url}/race?race={live}", DESK, "light") as page:
            page.wait_for_function(IS_THERE, arg=AT_STEP)
            page.screenshot(path=IMAGES / "race-during.png")
        browser.close()


def _recorded(lab: Lab) -> str:
    """The race that comes with the documentation, brought into a lab."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "race.sqlite3"
        packed = DOCS / "races" / "default-race.sqlite3.gz"
        file.write_bytes(gzip.decompress(packed.read_bytes()))
        return lab.import_(file)


@contextmanager
def _opened(browser: Browser, url: str, size: tuple[int, int], scheme: str) -> Iterator[Page]:
    """The page in a window of that size, once its script has run."""
    width, height = size
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(url)
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    yield page
    page.close()


def _take(page: Page, name: str) -> None:
    page.wait_for_timeout(DRAWING_MS)  # charts come in one after the other
    page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
