"""A graph as a file: opened from a disk, without a server, by pointer and by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.views.graph.chain_graph import Part, chain_graph
from resnet_viz.views.graph.graph import shortcut_graph

pytestmark = pytest.mark.browser


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    file = tmp_path / "net.html"
    file.write_text(shortcut_graph(preset("resnet50")).to_html(), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 720}, color_scheme="dark")
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: problems.append(request.url))
    page.goto(file.as_uri())
    yield page
    assert problems == [file.as_uri()]
    page.close()


def test_a_click_shows_what_is_inside_a_block(opened: Page) -> None:
    network = plan(preset("resnet50"))
    unit = dict(network.units)["stages.2.3"]
    opened.locator('.picture .block[data-unit="stages.2.3"]').click()
    panel = opened.locator(".panel")
    expect(opened.get_by_role("tooltip")).to_be_hidden()
    expect(panel.get_by_role("heading")).to_have_text("Stage 3, block 4")
    expect(panel.get_by_role("row", name="Parameters")).to_contain_text(f"{unit.params:,}")
    expect(panel.locator(".operation")).to_have_count(len(unit.operations) - 1)
    assert "stages.2.3.branch.conv1" in (panel.locator("title").nth(1).text_content() or "") or (
        "stages.2.3" in panel.locator(".inside").inner_html()
    )
    assert "stages.2.1" not in panel.locator(".inside").inner_html()
    panel.get_by_role("button", name="Close", exact=True).click()
    expect(panel).to_contain_text("Click a block to see what is inside")


def test_it_is_read_by_keyboard(opened: Page) -> None:
    opened.locator(".find").focus()
    opened.keyboard.type("stage 4")
    expect(opened.locator(".count")).to_have_text("1 of 3")
    opened.keyboard.press("Escape")
    opened.keyboard.press("ArrowDown")
    opened.keyboard.press("Enter")
    expect(opened.locator(".panel").get_by_role("heading")).to_have_text("Stage 4, block 2")
    opened.keyboard.press("Escape")
    expect(opened.locator(".panel").get_by_role("heading")).to_have_count(0)


def test_it_is_dark_with_the_system_and_zooms(opened: Page) -> None:
    ground = opened.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(15, 21, 28)"
    svg = opened.locator(".picture svg")
    before = svg.evaluate("svg => svg.getBoundingClientRect().width")
    opened.get_by_role("button", name="Zoom in", exact=True).click()
    after = svg.evaluate("svg => svg.getBoundingClientRect().width")
    assert after == pytest.approx(1.3 * before, rel=0.01)


def test_a_net_that_is_not_ours_is_gone_through_in_its_own_order(
    browser: Browser, tmp_path: Path
) -> None:
    blocks = ("layer1.0", "layer1.1", "layer2.0", "layer2.1")
    parts = [Part(name, "block", name, f"{name}: conv1, conv2", "identity") for name in blocks]
    file = tmp_path / "net.html"
    head = Part("head", "head", "head", "head")
    file.write_text(chain_graph([*parts, head], "Theirs", "").to_html(), encoding="utf-8")
    page = browser.new_page()
    page.goto(file.as_uri())
    page.locator(".picture").focus()
    for name in blocks:
        page.keyboard.press("ArrowDown" if name != blocks[0] else "Home")
        page.keyboard.press("Enter")
        expect(page.locator(".panel").get_by_role("heading")).to_have_text(name)
        expect(page.locator(".panel")).to_contain_text("conv1, conv2")
    expect(page.locator(".panel table")).to_have_count(0)
    page.close()
