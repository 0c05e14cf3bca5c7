"""The Runs page in the browser: named, noted, opened together, taken away, brought in, deleted."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE_SECONDS, App
from tests.labs import ENDLESS, tiny_spec, wait_until

Open = Callable[[str], Page]

expect.set_options(timeout=PATIENCE_SECONDS * 1000)


def test_runs_from_the_first_to_the_last(app: App, open_page: Open, tmp_path: Path) -> None:
    lab = app.lab
    page = open_page(f"{app.url}/runs")
    expect(page.get_by_text("Nothing was trained or watched yet")).to_be_visible()
    first = lab.race([tiny_spec(name="one"), tiny_spec(name="two")])
    expect(page.get_by_text("one against two")).to_be_visible()  # without a reload
    wait_until(lambda: all(run.is_over for run in lab.race_runs(first)), PATIENCE_SECONDS)
    expect(page.get_by_text("2 finished")).to_be_visible()

    page.get_by_role("button", name="Name").click()
    page.get_by_role("textbox", name="Name").fill("Mine")
    page.get_by_role("textbox", name="Note").fill("lr was too high")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("Mine", exact=True)).to_be_visible()
    expect(page.get_by_text("lr was too high").first).to_be_visible()
    expect(page.get_by_role("button", name="Keep")).to_be_hidden()
    assert (lab.race_name(first), lab.notes()) == ("Mine", {first: "lr was too high"})

    second = lab.race([tiny_spec(name="three")])
    page.get_by_text(re.compile("^two: finished")).click()
    page.get_by_text(re.compile("^three: ")).click()
    page.get_by_role("button", name="Open 2 together").click()
    page.wait_for_url(re.compile(r"/race\?runs="))
    expect(page.locator(".net")).to_have_count(2)
    expect(page.get_by_role("heading", name="three against two")).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)

    page.goto(f"{app.url}/runs")
    page.get_by_label("Find").fill("Mine")
    page.get_by_label("Find").press("Enter")
    expect(page.get_by_text(re.compile("^three: "))).to_have_count(0)
    page.get_by_role("button", name="Take away").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="All of it, for Bring in").click()
    file = tmp_path / "mine.sqlite3"
    download.value.save_as(file)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("Mine was deleted: 2 nets")).to_be_visible()
    assert {run.race_id for run in lab.list()} == {second}

    page.get_by_text("Bring in a race").click()
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Bring it in").click()
    page.wait_for_url(re.compile(r"/race\?race="))
    expect(page.locator(".net .status")).to_have_text(["finished", "finished"])
    brought = {run.race_id for run in lab.list()} - {second}
    assert [lab.race_name(str(race_id)) for race_id in brought] == ["Mine"]


def test_what_is_under_way_is_not_deleted_and_moves(app: App, open_page: Open) -> None:
    run_id = app.lab.start(tiny_spec(steps=ENDLESS, name="long"))
    page = open_page(f"{app.url}/runs")
    box = page.get_by_text(re.compile("^long: running, step"))
    expect(box).to_be_visible()
    said = box.inner_text()
    expect(box).not_to_have_text(said)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("It is under way. Stop it first.")).to_be_visible()
    expect(page.get_by_role("button", name="Delete for good")).to_have_count(0)
    app.lab.stop(run_id)
    expect(page.get_by_role("button", name="Delete for good")).to_be_visible()
