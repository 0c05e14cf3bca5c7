"""A race is recorded by a press and by the command: the film shows what the stage shows."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from resnet_viz.__main__ import main
from resnet_viz.lab.lab import Lab
from tests.browser.conftest import PATIENCE_SECONDS, App, settle
from tests.stage.test_film import read

Open = Callable[[str], Page]
LOSS = {"MP4": 2.5, "GIF": 2.0, "WebP": 2.5}
"""What a format loses: `apart` of a picture and what it shows, at most."""
RACES = Path(__file__).parents[2] / "docs" / "races"

expect.set_options(timeout=PATIENCE_SECONDS * 1000)


def recorded(lab: Lab, folder: Path) -> str:
    file = folder / "race.sqlite3"
    file.write_bytes(gzip.decompress((RACES / "default-race.sqlite3.gz").read_bytes()))
    return lab.import_(file)


def in_a_thread(arguments: tuple[str, ...]) -> int:
    """The command, which drives a browser as this thread already does."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(main, arguments).result()


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).last.click()
    page.get_by_role("option", name=option, exact=True).click()
    settle(page)


def pressed(page: Page, folder: Path) -> Path:
    with page.expect_download(timeout=3 * PATIENCE_SECONDS * 1000) as download:
        page.get_by_role("button", name="Record the film").click()
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    return file


def apart(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures, of 255."""
    a, b = (np.asarray(picture.convert("RGB"), float) for picture in (one, other))
    return float(np.abs(a - b).mean())


def stage_at_the_end(
    browser: Browser, page_file: Path, size: tuple[int, int], dark: bool
) -> Image.Image:
    page = browser.new_page(
        viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light"
    )
    page.goto(page_file.as_uri())
    page.wait_for_function("() => window.stage?.isBuilt")
    page.add_style_tag(content=".transport :is(button, select) { display: none }")
    page.evaluate("() => { stage.act('last'); stage.paint() }")
    file = page_file.with_suffix(".png")
    page.screenshot(path=file)
    page.close()
    return Image.open(file)


@pytest.mark.slow
def test_a_press_records_what_the_stage_shows(
    app: App, open_page: Open, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    race = recorded(app.lab, tmp_path)
    page = open_page(f"{app.url}/race?race={race}")
    settle(page)
    page.get_by_text("Record a film of the race").click()
    page_file = tmp_path / "stage.html"
    monkeypatch.setenv("RESNET_VIZ_HOME", str(app.home))
    assert main(("runs", "film", race, "-o", str(page_file))) == 0
    for form, size, theme in (("MP4", "1280x720", "Light"), ("GIF", "960x540", "Dark")):
        choose(page, "Format", form)
        choose(page, "Size", size)
        choose(page, "Colours", theme)
        file = pressed(page, tmp_path)
        said = page.get_by_role("status").filter(has_text="pictures,")
        expect(said).to_have_text(re.compile(rf"race-.*\.{form.lower()}: 61 pictures, \d+\.\d MB"))
        pictures, times = read(file)
        width, height = map(int, size.split("x"))
        assert pictures[0].size == (width, height)
        assert len(pictures) >= 61
        assert 12_000 <= times[-1] <= 14_500
        wanted = stage_at_the_end(browser, page_file, (width, height), theme == "Dark")
        assert apart(pictures[-1], wanted) < LOSS[form] < 4 < apart(pictures[0], wanted)
        # The cards have the figures of the end, which the step before does not.
        last, before, end = (
            one.crop((0, 0, width, height // 8)) for one in (*pictures[60:58:-1], wanted)
        )
        assert apart(last, end) < LOSS[form] < 4 < apart(before, end)
    expect(page.locator("iframe[aria-hidden]")).to_have_count(0)


def test_a_recording_can_be_stopped(app: App, open_page: Open, tmp_path: Path) -> None:
    page = open_page(f"{app.url}/race?race={recorded(app.lab, tmp_path)}")
    settle(page)
    page.get_by_text("Record a film of the race").click()
    page.get_by_role("button", name="Record the film").click()
    page.get_by_role("button", name="Stop recording").click()
    expect(page.get_by_role("button", name="Record the film")).to_be_visible()
    expect(page.locator("iframe[aria-hidden]")).to_have_count(0)


def test_the_page_plays_by_itself(
    app: App, open_page: Open, browser: Browser, tmp_path: Path
) -> None:
    page = open_page(f"{app.url}/race?race={recorded(app.lab, tmp_path)}")
    settle(page)
    page.get_by_text("Record a film of the race").click()
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
    wanted = stage_at_the_end(browser, tmp_path / "stage.html", (960, 540), dark=True)
    assert apart(pictures[-1], wanted) < LOSS["WebP"] < 4 < apart(pictures[0], wanted)
