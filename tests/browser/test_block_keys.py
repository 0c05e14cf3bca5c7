"""Blocks of the Architecture page's graph: the panel beside it, the keys, the search, the twin."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from tests.browser.conftest import PATIENCE_SECONDS, App, settle
from tests.labs import wait_until

Open = Callable[[str], Page]

expect.set_options(timeout=PATIENCE_SECONDS * 1000)


def picture(page: Page) -> Locator:
    return page.locator(".graph .picture")


def panel(page: Page) -> Locator:
    return page.locator(".st-key-block_panel")


def is_at(page: Page, unit: str) -> None:
    """Waits until the frame has the focus and its current block is `unit`, in sight and named."""
    page.wait_for_function(
        """unit => {
            const frame = window.frameOfGraph
            const root = frame.getRootNode()
            const block = root.getElementById(frame.getAttribute("aria-activedescendant"))
            const { left, right, top, bottom } = block.getBoundingClientRect()
            const isSeen = left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight
            return root.activeElement === frame && block.dataset.unit === unit && isSeen
                && block.getAttribute("aria-label").length > 0
        }""",
        arg=unit,
    )
    expect(page.locator(".graph .ring")).to_be_visible()


def open_net(page: Page) -> Page:
    settle(page)
    picture(page).evaluate("frame => { window.frameOfGraph = frame }")
    return page


def test_blocks_by_keyboard(app: App, open_page: Open) -> None:
    page = open_net(open_page(f"{app.url}/architecture?net=resnet34"))
    page.get_by_role("button", name="Full screen", exact=True).focus()
    page.keyboard.press("Tab")  # the next stop is the graph, and all of it is one
    is_at(page, "stem")
    for key, unit in (
        ("ArrowDown", "stages.0.0"),
        ("ArrowDown", "stages.0.1"),
        ("ArrowRight", "stages.1.1"),
        ("ArrowRight", "stages.2.1"),
        ("ArrowUp", "stages.2.0"),
        ("ArrowLeft", "stages.1.0"),
        ("End", "head"),
        ("Home", "stem"),
        ("ArrowRight", "stages.0.1"),  # the nearest in height
        ("ArrowUp", "stages.0.0"),
    ):
        page.keyboard.press(key)
        is_at(page, unit)
    page.keyboard.press("Enter")
    expect(panel(page).get_by_role("heading", name="Stage 1, block 1")).to_be_visible()
    is_at(page, "stages.0.0")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(panel(page).get_by_role("heading", name="Stage 1, block 2")).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel(page)).to_contain_text("Click a block")
    is_at(page, "stages.0.1")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Close", exact=True).press("Enter")
    expect(panel(page)).to_contain_text("Click a block")
    page.wait_for_function("frameOfGraph.getRootNode().activeElement === frameOfGraph")
    page.keyboard.press("Tab")
    assert page.evaluate("frameOfGraph.getRootNode().activeElement") is None


def test_a_search_goes_to_blocks(app: App, open_page: Open) -> None:
    page = open_net(open_page(f"{app.url}/architecture?net=resnet34"))
    box, count = page.get_by_role("searchbox", name="Find a block"), page.locator(".graph .count")
    for words, found in (
        ("28x28", "1 of 4"),
        ("stage 3", "1 of 6"),
        ("projection", "1 of 3"),
        ("basic block", "1 of 16"),
        ("512 channels", "1 of 3"),
        ("2.3", "1 of 1"),
        ("bottleneck", "No block"),
    ):
        box.fill(words)
        expect(count).to_have_text(found)
    box.fill("projection")
    box.press("Enter")
    expect(count).to_have_text("2 of 3")
    box.press("Escape")
    is_at(page, "stages.2.0")
    page.keyboard.press("Enter")
    expect(panel(page)).to_contain_text("Basic block with a projection shortcut")


def test_the_panel_moves_nothing(app: App, open_page: Open) -> None:
    page = open_net(open_page(f"{app.url}/architecture?net=resnet50"))
    first = page.locator('.graph g.block[data-unit="stages.0.0"] rect')
    before = picture(page).bounding_box(), first.bounding_box()
    page.locator('.graph g.block[data-unit="stages.1.0"] rect').click()
    unit = next(b.unit for b in plan(preset("resnet50")).blocks if b.name == "stages.1.0")
    expect(panel(page)).to_contain_text(f"{unit.params:,}")
    expect(panel(page)).to_contain_text(f"{unit.macs:,}")
    expect(panel(page)).to_contain_text("1.5 %")  # 379,392 of 25,557,032 parameters
    expect(panel(page)).to_contain_text("256×56×56")  # noqa: RUF001
    settle(page)
    assert (picture(page).bounding_box(), first.bounding_box()) == before
    beside, graph = panel(page).bounding_box(), before[0]
    assert beside
    assert graph
    assert beside["x"] >= graph["x"] + graph["width"]
    page.set_viewport_size({"width": 850, "height": 900})
    page.wait_for_function("innerWidth === 850")
    settle(page)
    below, graph = panel(page).bounding_box(), picture(page).bounding_box()
    assert below
    assert graph
    assert below["y"] >= graph["y"] + graph["height"]


def test_the_switch_leaves_every_block_where_it_is(app: App, open_page: Open) -> None:
    page = open_net(open_page(f"{app.url}/architecture?net=resnet34"))
    expect(page.locator(".graph g.add")).to_have_count(16)
    before = page.locator(".graph svg").first.evaluate(PLACES)
    page.get_by_test_id("stCheckbox").filter(has_text="Shortcuts").locator("label").first.click()
    expect(page.get_by_role("heading", name="Plain-34", exact=True)).to_be_visible()
    expect(page.locator(".graph g.add")).to_have_count(0)
    assert page.locator(".graph svg").first.evaluate(PLACES) == before
    expect(page.locator(".graph svg")).to_have_count(1)  # the arcs have faded
    expect(page).to_have_title(re.compile("^Plain-34"))


def test_delete_removes_a_block_of_a_race(app: App, open_page: Open) -> None:
    lab, net = app.lab, "resnet20-cifar"
    spec = RunSpec(config=preset(net), name=net, steps=6, batch_size=16, device="cpu")
    race = lab.race([spec])
    wait_until(lambda: all(run.is_over for run in lab.race_runs(race)))
    key = lab.steering_key(race)
    page = open_page(f"{app.url}/race?race={race}&open=graphs&click=deletes&steer={key}")
    expect(page.locator(".graph g.block")).to_have_count(9)
    open_net(page)
    picture(page).focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    is_at(page, "stages.0.1")
    page.keyboard.press("Delete")
    expect(page.locator('.graph .block[data-unit="stages.0.1"] .cut')).to_have_count(1)
    settle(page)
    is_at(page, "stages.0.1")
    page.keyboard.press("Enter")
    expect(page.locator('.graph .opened[data-unit="stages.0.1"]')).to_have_count(1)
    is_at(page, "stages.0.1")


def test_the_tools_of_a_chart_are_one_stop(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/design_space")
    tools = page.locator(".modebar-btn")
    expect(tools.first).to_be_attached()
    stops = tools.locator("xpath=self::*[not(@tabindex='-1')]")
    expect(stops).to_have_count(page.locator(".modebar").count())
    stops.first.focus()
    page.keyboard.press("ArrowRight")
    expect(tools.nth(1)).to_be_focused()
    expect(stops).to_have_count(page.locator(".modebar").count())


PLACES = """svg => Object.fromEntries([...svg.querySelectorAll('g.block')].map(g => {
    const { x, y, width } = g.querySelector('rect').getBBox()
    return [g.dataset.unit, [x, y, width]]
}))"""
