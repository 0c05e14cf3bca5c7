"""The Runs page in the browser: named, noted, opened together, exported, imported, deleted,
stopped, sorted."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PATIENCE_SECONDS, App
from tests.labs import ENDLESS, tiny_spec, wait_until

Open = Callable[[str], Page]

expect.set_options(timeout=PATIENCE_SECONDS * 1000)


def row(page: Page, title: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=title, exact=True))


def tick(page: Page, title: str) -> None:
    page.get_by_role("checkbox", name=f"Select {title}", exact=True).check()


def test_runs_from_the_first_to_the_last(own_app: App, open_page: Open, tmp_path: Path) -> None:
    lab = own_app.lab
    page = open_page(f"{own_app.url}/runs")
    expect(page.get_by_text("No runs yet")).to_be_visible()
    first = lab.race([tiny_spec(name="one"), tiny_spec(name="two")])
    expect(row(page, "one against two")).to_be_visible()  # without a reload
    wait_until(lambda: all(run.is_over for run in lab.race_runs(first)), PATIENCE_SECONDS)
    expect(row(page, "one against two")).to_contain_text("finished")

    tick(page, "one against two")
    page.get_by_role("button", name="Name", exact=True).click()
    page.get_by_role("textbox", name="Note").fill("lr was too high")
    page.get_by_role("textbox", name="Name").fill("Mine")
    page.get_by_role("textbox", name="Name").press("Enter")
    expect(row(page, "Mine")).to_contain_text("lr was too high")
    expect(page.get_by_role("textbox", name="Note")).to_be_hidden()
    assert (lab.race_name(first), lab.notes()) == ("Mine", {first: "lr was too high"})

    second = lab.race([tiny_spec(name="three")])
    tick(page, "three")
    page.get_by_role("button", name="Nets", exact=True).click()
    page.locator("label").filter(has_text=re.compile("^one$")).click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Open 2 nets together").click()
    page.wait_for_url(re.compile(r"/race\?runs="))
    expect(page.locator(".card")).to_have_count(2)
    expect(page.get_by_role("heading", name="three against two")).to_be_visible()
    expect(page.get_by_role("button", name="Play recording")).to_be_visible()

    page.goto(f"{own_app.url}/runs")
    page.get_by_label("Find").fill("Mine")
    page.get_by_label("Find").press("Enter")
    expect(row(page, "three")).to_have_count(0)
    tick(page, "Mine")
    page.get_by_role("button", name="Export", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Complete race file (for import)").click()
    file = tmp_path / "mine.sqlite3"
    download.value.save_as(file)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete race").click()
    expect(page.get_by_text("Deleted Mine: 2 nets")).to_be_visible()
    assert {run.race_id for run in lab.list()} == {second}

    page.get_by_text("Import a race").click()
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Import", exact=True).click()
    page.wait_for_url(re.compile(r"/race\?race="))
    expect(page.locator(".card .about")).to_have_text([re.compile("^right on")] * 2)
    brought = {run.race_id for run in lab.list()} - {second}
    assert [lab.race_name(str(race_id)) for race_id in brought] == ["Mine"]


def test_what_is_under_way_moves_and_is_stopped_in_its_row(own_app: App, open_page: Open) -> None:
    own_app.lab.start(tiny_spec(steps=ENDLESS, name="long"))
    page = open_page(f"{own_app.url}/runs")
    progress = row(page, "long").locator(".progress")
    expect(progress).to_have_text(re.compile("of 1,000,000"))
    expect(progress).not_to_have_text(progress.inner_text())
    tick(page, "long")
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("Still training. Stop it first.")).to_be_visible()
    expect(page.get_by_role("button", name="Delete race")).to_have_count(0)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Stop long", exact=True).click()
    expect(page.get_by_text("Stopped long.")).to_be_visible()
    expect(row(page, "long")).to_contain_text("stopped")
    assert [run.status for run in own_app.lab.list()] == ["stopped"]
    expect(page.get_by_role("button", name="Stop long", exact=True)).to_be_hidden()


def test_forty_races_fit_two_screens_and_are_sorted_by_keyboard(
    own_app: App, open_page: Open
) -> None:
    begun = [own_app.lab.race([tiny_spec(name=f"net {i:02}")]) for i in range(42)]
    for race_id in begun:
        own_app.lab.stop(race_id)
    page = open_page(f"{own_app.url}/runs")
    page.set_viewport_size({"width": 1280, "height": 720})
    boxes = page.locator("tbody tr")
    expect(boxes).to_have_count(40)
    last = boxes.last.bounding_box()
    assert last
    assert last["y"] + last["height"] <= 2 * 720
    expect(boxes.first).to_contain_text("net 41")
    page.get_by_role("button", name="Race", exact=True).focus()
    page.keyboard.press("Enter")
    expect(boxes.first).to_contain_text("net 00")
    expect(page.get_by_role("columnheader", name="Race")).to_have_attribute(
        "aria-sort", "ascending"
    )
    boxes.first.get_by_role("checkbox").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Open 2 nets together")).to_be_visible()
    expect(boxes.nth(1).get_by_role("checkbox")).to_be_focused()
    boxes.nth(2).get_by_role("link").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/race\?race="))
    assert page.url.endswith(begun[2])
    page.go_back()
    page.wait_for_url(f"{own_app.url}/runs?sort=-title")
    expect(boxes.first).to_contain_text("net 00")
    expect(boxes.first.get_by_role("checkbox")).to_be_checked()


def test_a_long_title_is_read_to_its_end_in_a_narrow_window(own_app: App, open_page: Open) -> None:
    nets = [tiny_spec(name=f"The residual net with rate {rate}, five seeds") for rate in (0.1, 0.2)]
    own_app.lab.stop(own_app.lab.race(nets))
    page = open_page(f"{own_app.url}/runs")
    for width in (700, 780):
        page.set_viewport_size({"width": width, "height": 800})
        title = page.locator("tbody .title")
        expect(title).to_have_count(1)
        assert title.evaluate("one => one.scrollWidth <= one.clientWidth"), width
