"""Drawing: the stage at one step after the other, in a browser that is on this computer."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from resnet_viz.extras import missing
from resnet_viz.stage.film.film import Film
from resnet_viz.stage.page import stage_page

if TYPE_CHECKING:
    from playwright.sync_api import Page

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
"""The programs that are looked for; a browser that playwright has installed itself will do, too."""
# The page is our own, and needs no sandbox against itself: without one root can start it as well.
_FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")


class NoBrowserError(RuntimeError):
    """No browser can draw the stage; the text is a sentence for the user."""


@dataclass(frozen=True)
class Drawn:
    """A stage in a browser: the steps that a film of it shows, each for `frame_ms`."""

    page: Page
    steps: list[int]
    frame_ms: int

    def pictures(self) -> Iterator[bytes]:
        """The stage at each of the steps, as PNG."""
        for step in self.steps:
            self.page.evaluate("step => { stage.act('step', step); stage.draw() }", step)
            yield self.page.screenshot(animations="disabled")


@contextmanager
def drawn(message: Mapping[str, Any], film: Film, quantity: str = "") -> Iterator[Drawn]:
    """The stage of a whole message, for a quantity that it has.

    Raises:
        ModuleNotFoundError: where playwright is not installed.
        NoBrowserError: where there is no Chromium or Chrome.
        ValueError: for a quantity that the race does not have.
    """
    with TemporaryDirectory() as folder, _page(film) as page:
        file = Path(folder) / "stage.html"
        html = stage_page(message, "Stage", {"isFilmed": True, "keys": False})
        file.write_text(html, encoding="utf-8")
        page.goto(file.as_uri())
        page.wait_for_function("() => window.stage?.isBuilt && !stage.isStale")
        if quantity:
            page.evaluate("name => { stage.act('quantity', name); stage.paint() }", quantity)
        plan = page.evaluate("speed => filmSteps(stage, speed)", film.speed)
        yield Drawn(page, plan["steps"], plan["ms"])


@contextmanager
def _page(film: Film) -> Iterator[Page]:
    try:
        from playwright.sync_api import Error, sync_playwright
    except ModuleNotFoundError as error:
        raise missing("a film on the command line", error) from error
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    width, height = film.pixels
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        except Error as error:
            raise NoBrowserError(
                "a film needs a browser that draws the stage, and there is no Chromium or Chrome "
                "here; the Race page of the app records it in your own browser, and a film.html "
                "needs none"
            ) from error
        yield browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme="dark" if film.theme == "dark" else "light",
        )
        browser.close()
