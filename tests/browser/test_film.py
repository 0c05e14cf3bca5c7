"""A race is recorded by a press and by the command: the film shows what the stage shows."""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from resnet_viz.__main__ import main
from resnet_viz.lab.lab import Lab
from resnet_viz.lab.race_feed import Feed
from resnet_viz.stage.film.film import film_page
from resnet_viz.stage.page import stage_page
from resnet_viz.stage.recording import recording
from tests.browser.conftest import PATIENCE_SECONDS, App, settle
from tests.stage.test_film import read

Open = Callable[[str], Page]
LOSS = {"MP4": 2.5, "GIF": 2.0, "WebP": 2.5}
"""What a format loses: `apart` of a picture and what it shows, at most."""
RACES = Path(__file__).parents[2] / "docs" / "races"

expect.set_options(timeout=PATIENCE_SECONDS * 1000)


def recorded(lab: Lab, folder: Path, name: str = "default-race") -> str:
    """A race of the documentation, brought into a lab."""
    file = folder / "race.sqlite3"
    file.write_bytes(gzip.decompress((RACES / f"{name}.sqlite3.gz").read_bytes()))
    return lab.import_(file)


def in_a_thread(arguments: tuple[str, ...]) -> int:
    """The command, which drives a browser as this thread already does."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(main, arguments).result()


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).last.click()
    page.get_by_role("option", name=option, exact=True).click()
    settle(page)


def opened(open_page: Open, app: App, race: str) -> Page:
    """The Race page, where a film of it is recorded."""
    page = open_page(f"{app.url}/race?race={race}")
    settle(page)
    page.get_by_text("Record a film of the race").click()
    return page


def apart(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures, of 255."""
    a, b = (np.asarray(picture.convert("RGB"), float) for picture in (one, other))
    return float(np.abs(a - b).mean())


def stage(browser: Browser, file: Path, size: tuple[int, int], theme: str) -> list[Image.Image]:
    """The page of a stage, photographed at its first step and at its last."""
    scheme: Literal["light", "dark"] = "dark" if theme == "Dark" else "light"
    page = browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    page.goto(file.as_uri())
    page.add_style_tag(content=".transport :is(button, select) { display: none }")
    pictures = []
    for step in ("first", "last"):
        page.wait_for_timeout(500)  # until what its texts take is known
        page.evaluate(f"() => {{ stage.act('{step}'); stage.draw() }}")
        pictures.append(Image.open(io.BytesIO(page.screenshot())))
    page.close()
    return pictures


@pytest.mark.slow
@pytest.mark.parametrize(
    "chosen",
    [
        ("default-race", "MP4", (1280, 720), "Light", (1280, 90)),
        ("shortcut-transforms", "GIF", (960, 540), "Dark", (160, 405)),
    ],
)
def test_a_press_records_what_the_stage_shows(
    app: App,
    open_page: Open,
    browser: Browser,
    tmp_path: Path,
    chosen: tuple[str, str, tuple[int, int], str, tuple[int, int]],
) -> None:
    name, form, size, theme, cards = chosen
    race = recorded(app.lab, tmp_path, name)
    page = opened(open_page, app, race)
    choose(page, "Format", form)
    choose(page, "Size", f"{size[0]}x{size[1]}")
    choose(page, "Colours", theme)
    with page.expect_download(timeout=3 * PATIENCE_SECONDS * 1000) as download:
        page.get_by_role("button", name="Record the film").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    said = page.get_by_role("status").filter(has_text="pictures,")
    expect(said).to_have_text(re.compile(rf"race-.*\.{form.lower()}: 61 pictures, \d+\.\d MB"))
    expect(page.locator("iframe[aria-hidden]")).to_have_count(0)
    pictures, times = read(file)
    assert pictures[0].size == size
    assert len(pictures) >= 61
    assert 12_000 <= times[-1] <= 14_500
    look = Feed(app.lab, race).look()
    (tmp_path / "stage.html").write_text(film_page(look, "Race"), encoding="utf-8")
    first, end = stage(browser, tmp_path / "stage.html", size, theme)
    most = LOSS[form]
    assert apart(pictures[0], first) < most < 4 < apart(pictures[0], end)
    assert apart(pictures[-1], end) < most
    # Where the figures are, the step before the last is another picture than the end.
    last, before, figures = (one.crop((0, 0, *cards)) for one in (*pictures[60:58:-1], end))
    assert 2 * apart(last, figures) < apart(before, figures)


def test_what_a_browser_cannot_do_is_said(app: App, open_page: Open, tmp_path: Path) -> None:
    page = opened(open_page, app, recorded(app.lab, tmp_path))
    page.evaluate(
        """() => { HTMLCanvasElement.prototype.toBlob = () => {
          throw new DOMException("tainted", "SecurityError")
        } }"""
    )
    page.get_by_role("button", name="Record the film").click()
    expect(page.get_by_text("This browser cannot record the stage.")).to_be_visible()
    expect(page.get_by_role("button", name="Record the film")).to_be_visible()
    expect(page.locator("iframe[aria-hidden]")).to_have_count(0)


@pytest.mark.parametrize("status", [413, None])
def test_a_server_that_gives_nothing_is_said(
    app: App, open_page: Open, tmp_path: Path, status: int | None
) -> None:
    page = opened(open_page, app, recorded(app.lab, tmp_path))
    answer = "throw new TypeError('Failed to fetch')"
    if status:  # as a proxy does
        head = f"{{ status: {status}, headers: {{ 'content-type': 'text/html' }} }}"
        answer = f"return new Response('<html>Too large</html>', {head})"
    page.evaluate(f"() => {{ window.fetch = async () => {{ {answer} }} }}")
    page.get_by_role("button", name="Record the film").click()
    said = "cannot be reached" if status is None else f"answers {status}"
    expect(page.get_by_text(f"There is no film: the server {said}.")).to_be_visible()
    expect(page.get_by_role("button", name="Record the film")).to_be_visible()


def test_a_film_of_a_long_race_shows_some_of_its_steps(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "stage.html"
    message = recording()
    file.write_text(stage_page(message, "Race"), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(file.as_uri())
    page.wait_for_function("() => window.stage?.isBuilt")
    shown = """([newest, speed]) => {
      Object.defineProperty(stage.history, "newest", { get: () => newest, configurable: true })
      const { steps, ms } = filmSteps(stage, speed)
      return [steps.length, steps[0], steps.at(-1), ms, new Set(steps).size]
    }"""
    for newest, speed, count, ms in (
        (60, 1, 61, 197),
        (5000, 1, 120, 100),
        (5000, 0.5, 120, 200),
        (5000, 4, 60, 50),
        (0, 1, 1, 12_000),
    ):
        assert page.evaluate(shown, [newest, speed]) == [count, 0, newest, ms, count]
    page.close()


def test_a_recording_can_be_stopped(app: App, open_page: Open, tmp_path: Path) -> None:
    page = opened(open_page, app, recorded(app.lab, tmp_path))
    page.get_by_role("button", name="Record the film").click()
    page.get_by_role("button", name="Stop recording").click()
    expect(page.get_by_role("button", name="Record the film")).to_be_visible()
    expect(page.locator("iframe[aria-hidden]")).to_have_count(0)


def test_the_page_plays_by_itself(
    app: App, open_page: Open, browser: Browser, tmp_path: Path
) -> None:
    page = opened(open_page, app, recorded(app.lab, tmp_path))
    choose(page, "Format", "Web page")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the page").click()
    file = tmp_path / "stage.html"
    download.value.save_as(file)
    assert file.stat().st_size < 1e6
    asked: list[str] = []
    alone = browser.new_page()
    alone.on("request", lambda request: asked.append(request.url))
    alone.goto(file.as_uri())
    alone.wait_for_function("() => stage.state.plays && stage.state.step > 0")
    alone.close()
    assert asked == [file.as_uri()]


@pytest.mark.slow
def test_the_command_records_a_race(
    browser: Browser,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path / "home"))
    race, file = recorded(Lab(), tmp_path), tmp_path / "film.webp"
    options = ("--size", "960x540", "--theme", "dark", "--speed", "4")
    assert in_a_thread(("runs", "film", race, "-o", str(file), *options)) == 0
    pictures, times = read(file)
    assert len(pictures) == 60
    assert pictures[0].size == (960, 540)
    assert times[-1] == pytest.approx(59 * 50 + 2000)
    assert capsys.readouterr().err == "note: drawing 60 pictures...\n"
    main(("runs", "film", race, "-o", str(tmp_path / "stage.html")))
    first, end = stage(browser, tmp_path / "stage.html", (960, 540), "Dark")
    assert apart(pictures[0], first) < LOSS["WebP"] < 4 < apart(pictures[0], end)
    assert apart(pictures[-1], end) < LOSS["WebP"]
