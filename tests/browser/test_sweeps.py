"""The Sweeps page in the browser: a small sweep from a file, whose picture fills in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from resnet_viz.experiments.sweep_spec import SweepSpec
from tests.browser.conftest import PATIENCE_SECONDS, App, settle
from tests.browser.test_access import faults
from tests.labs import tiny_spec

Open = Callable[[str], Page]

expect.set_options(timeout=PATIENCE_SECONDS * 1000)

MARKS = "document.querySelectorAll('.resnet-viz-chart .scatterlayer .points path').length"
OVERFLOW = """() => {
    const main = document.querySelector('[data-testid=stMain]')
    return Math.max(document.documentElement.scrollWidth, main.scrollWidth)
}"""


def test_a_sweep_from_a_file_to_the_race_of_a_cell(
    app: App, open_page: Open, tmp_path: Path
) -> None:
    spec = SweepSpec(
        name="Small",
        base=tiny_spec(steps=20),
        axes={"depths": ((1, 1), (2, 2)), "plain": (False, True)},
    )
    file = tmp_path / "sweep.json"
    file.write_text(spec.model_dump_json())
    page = open_page(f"{app.url}/sweeps")
    expect(page.get_by_text(re.compile("^60 runs, "))).to_have_count(3)
    page.get_by_role("tab", name="JSON file").click()
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text(re.compile("^4 runs, about"))).to_be_visible()
    page.get_by_role("button", name="Start sweep", exact=True).last.click()

    expect(page.get_by_role("heading", name="Small")).to_be_visible()
    expect(page.get_by_text("Finished: 4 of 4 runs done")).to_be_visible()  # without a reload
    page.wait_for_function(f"{MARKS} === 4")
    expect(page.get_by_text(re.compile("^All 4 runs are over"))).to_be_visible()
    assert re.search(r"\?sweep=[\w-]+&picture=along&x=depths&end=train_loss$", page.url)
    settle(page)
    assert faults(page, "a sweep") == []
    page.set_viewport_size({"width": 390, "height": 844})
    settle(page)
    assert page.evaluate(OVERFLOW) <= 390
    page.set_viewport_size({"width": 1280, "height": 1000})
    link = page.url

    page.goto(f"{app.url}/runs")
    page.get_by_role("link", name="Small", exact=True).click()  # one row for all of its runs
    page.wait_for_url(re.compile(r"/sweeps\?sweep="))
    page.goto(link)
    page.get_by_text("All nets beside it").click()
    page.wait_for_function(f"{MARKS} === 4")
    settle(page)
    box = page.locator(".scatterlayer .points path").first.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".hoverlayer .hovertext").first).to_be_visible()  # plotly knows the mark
    page.mouse.down()
    page.mouse.up()
    page.wait_for_url(re.compile(r"/race\?runs=[\w-]+(,|%2C)[\w-]+$"))
    expect(page.locator(".card")).to_have_count(2)


@pytest.fixture(autouse=True)
def _no_sweep_is_left(app: App) -> Iterator[None]:
    yield
    for swept in app.lab.sweeps():
        app.lab.stop(swept.id)
        app.lab.delete(swept.id)
