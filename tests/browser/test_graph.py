"""The shortcut graph under the pointer: chosen, opened, closed, zoomed, moved, explained."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Locator, Page, expect

from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from tests.browser.conftest import PATIENCE_SECONDS, App

Open = Callable[[str], Page]

expect.set_options(timeout=PATIENCE_SECONDS * 1000)


def block(page: Page, unit: str) -> Locator:
    """The box of a block that is not open."""
    return page.locator(f'.graph g.block[data-unit="{unit}"] rect')


def opened(page: Page) -> Locator:
    return page.locator(".graph g.opened")


def text_pixels(page: Page) -> float:
    """How large the picture's text of 13 units is on the screen."""
    return 13 * float(page.locator(".graph svg").evaluate("svg => svg.getScreenCTM().a"))


def frame(page: Page) -> dict[str, float]:
    """Pixels that the picture's frame takes, and how much it has to scroll."""
    size: dict[str, float] = page.locator(".graph .picture").evaluate(
        """({ offsetWidth, offsetHeight, clientWidth, clientHeight, scrollWidth, scrollHeight }) =>
        ({ width: offsetWidth, height: offsetHeight,
           right: scrollWidth - clientWidth, down: scrollHeight - clientHeight })"""
    )
    return size


TOOLS_AND_PICTURE = (".tools", ".picture")


def centre(box: Locator) -> tuple[float, float]:
    place = box.bounding_box()
    assert place
    return place["x"] + place["width"] / 2, place["y"] + place["height"] / 2


def show_operations(page: Page, box: Locator, title: str) -> None:
    """Clicks on a block, and then on the button of its panel."""
    box.click()
    expect(panel(page).get_by_role("heading", name=title, exact=True)).to_be_visible()
    page.get_by_role("button", name="Show its operations", exact=True).click()


def panel(page: Page) -> Locator:
    return page.locator(".st-key-block_panel")


def test_the_panel_opens_a_block_in_the_graph_and_closes_it(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/architecture?net=resnet18")
    show_operations(page, block(page, "stages.1.0"), "Stage 2, block 1")
    expect(opened(page)).to_have_count(1)
    expect(page.locator('.graph g.operation[data-unit="stages.1.0"]')).to_have_count(8)
    show_operations(page, page.locator('.graph g.stem[data-unit="stem"] rect'), "Stem")
    expect(opened(page)).to_have_count(2)
    page.get_by_role("button", name="Hide its operations", exact=True).click()
    expect(opened(page)).to_have_count(1)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="SVG").click()
    assert waiting.value.suggested_filename == "resnet18.svg"
    saved = ElementTree.parse(waiting.value.path()).getroot()
    assert sum(element.get("class") == "operation" for element in saved.iter()) == 8
    page.get_by_role("button", name="Close all blocks").click()
    expect(opened(page)).to_have_count(0)
    expect(block(page, "stages.1.0")).to_be_visible()


def test_what_is_open_stays_so_in_a_net_that_has_it_too(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/architecture?net=resnet50")
    show_operations(page, block(page, "stages.2.5"), "Stage 3, block 6")
    expect(opened(page)).to_have_count(1)
    page.get_by_test_id("stCheckbox").filter(has_text="Shortcuts").locator("label").first.click()
    expect(page.locator(".graph g.add")).to_have_count(0)
    expect(opened(page)).to_have_count(1)


def test_one_of_a_folded_run_opens(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/architecture?net=resnet1202-cifar")
    expect(page.locator(".graph g.folded")).to_have_count(3)
    run = page.locator(".graph g.folded rect").last
    show_operations(page, run, "Stage 3, blocks 3 to 199")
    expect(page.locator('.graph g.opened[data-unit="stages.2.2"]')).to_have_count(1)
    page.get_by_text("Draw all 600 blocks").click()
    expect(page.locator(".graph g.block")).to_have_count(599)


def test_the_pointer_is_told_what_it_is_on(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/architecture?net=resnet34")
    block(page, "stages.1.0").hover()
    words = page.get_by_role("tooltip")
    first = next(b for b in plan(preset("resnet34")).blocks if b.name == "stages.1.0")
    expect(words).to_contain_text(f"{first.unit.params:,} parameters")
    expect(words).to_contain_text("receptive field 83×83")  # noqa: RUF001
    # Its box, its addition and its shortcut light up together.
    expect(page.locator('.graph .hot[data-unit="stages.1.0"]')).to_have_count(3)
    page.get_by_role("heading", name="ResNet-34").hover()
    expect(words).to_be_hidden()
    expect(page.locator(".graph .hot")).to_have_count(0)


def test_zoom_and_drag(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/architecture?net=resnet34")
    box = block(page, "stages.1.1")
    expect(box).to_be_visible()
    first, room = text_pixels(page), frame(page)
    page.get_by_role("button", name="Zoom in").click()
    once = text_pixels(page)
    assert once == pytest.approx(1.3 * first, rel=0.01)
    page.locator(".graph .picture").press("+")
    assert text_pixels(page) > once
    now = frame(page)
    assert (now["width"], now["height"]) == (room["width"], room["height"])  # nothing jumps
    box.scroll_into_view_if_needed()

    before = centre(box)
    page.mouse.move(*before)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    page.wait_for_timeout(200)
    after = centre(box)  # what the pointer is on stays under it
    assert abs(after[0] - before[0]) < 2
    assert abs(after[1] - before[1]) < 2

    page.mouse.down()
    page.mouse.move(before[0] - 60, before[1] + 40, steps=5)
    page.mouse.up()
    moved = centre(box)
    assert abs(moved[0] - after[0] + 60) < 2
    assert abs(moved[1] - after[1] - 40) < 2
    expect(opened(page)).to_have_count(0)  # a drag is no click

    # Text of a readable size, and back to the first sight: the whole net.
    button = page.get_by_role("button", name="Whole")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    assert text_pixels(page) > 11.99
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    assert frame(page)["right"] == frame(page)["down"] == 0
    assert page.locator(".graph svg").evaluate("svg => svg.clientHeight <= 0.85 * innerHeight + 1")
    assert text_pixels(page) == pytest.approx(first)


def test_the_net_fits_at_first_where_it_can_be_read(app: App, open_page: Open) -> None:
    """All of its width, if its text then has 8 pixels; else text has 12, the picture begins at the
    stem, and a word says that the net goes on."""
    page = open_page(f"{app.url}/architecture?net=resnet110-cifar")
    expect(page.locator(".graph svg")).to_be_visible()
    sizes = {}
    for width, height in ((1280, 720), (1920, 1080), (700, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(500)
        sizes[width] = text_pixels(page)
        fits = width > 390
        assert sizes[width] > (7.99 if fits else 11.99), width
        assert (frame(page)["right"] <= 1) == fits, width
        goes_on = page.locator(".graph .goes")
        page.locator(".graph .tools").scroll_into_view_if_needed()
        expect(goes_on).to_be_visible()  # down, or to the right
        assert ("→" in goes_on.inner_text()) != fits
        stem = page.locator(".graph .stem").bounding_box()
        assert stem
        assert 0 <= stem["x"] <= stem["x"] + stem["width"] <= width
        # The buttons wrap instead of lying on the picture or leaving the page.
        tools, picture = (page.locator(f".graph {one}").bounding_box() for one in TOOLS_AND_PICTURE)
        assert tools
        assert picture
        assert tools["y"] + tools["height"] <= picture["y"]
        for button in page.locator(".graph .tools button:visible").all():
            place = button.bounding_box()
            assert place
            assert place["x"] >= 0
            assert place["x"] + place["width"] <= width
            assert place["y"] + place["height"] <= picture["y"]
    assert sizes[1920] >= 10


def test_a_zoomed_view_stays_on_the_block_that_is_clicked(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/architecture?net=resnet34")
    block(page, "stages.2.3").scroll_into_view_if_needed()
    for _ in range(2):
        page.get_by_role("button", name="Zoom in").click()
    box = block(page, "stages.2.2")
    before = box.bounding_box()
    show_operations(page, box, "Stage 3, block 3")
    frame = page.locator(".graph g.opened rect")
    expect(frame).to_be_visible()
    after = frame.bounding_box()
    assert before
    assert after
    assert abs(after["x"] - before["x"]) < 40
    assert abs(after["y"] - before["y"]) < 60


LEFT = "part => parseFloat(part.style.left)"


def left(seen: Locator) -> float:
    """Where on the map the part that is seen begins, in per cent of its width."""
    return float(seen.evaluate(LEFT))


def test_a_zoomed_graph_has_a_map_and_is_found_again_by_its_link(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/architecture?net=resnet50")
    show_operations(page, block(page, "stages.1.0"), "Stage 2, block 1")
    expect(opened(page)).to_have_count(1)
    on_map = page.locator(".graph .map")
    expect(on_map).to_be_hidden()
    for _ in range(3):
        page.get_by_role("button", name="Zoom in").click()
    expect(on_map).to_be_visible()
    expect(on_map.locator(".box")).to_have_count(18)  # 16 blocks, stem and head
    seen = on_map.locator(".seen")
    before = left(seen)
    size = on_map.bounding_box()
    assert size
    on_map.click(position={"x": size["width"] - 12, "y": size["height"] / 2})
    page.wait_for_function(  # the map follows with the next frame
        f"([part, before]) => ({LEFT})(part) > before", arg=[seen.element_handle(), before]
    )
    expect(page).to_have_url(re.compile(r"open=stages\.1\.0&at=stages\.1\.0&look="))
    scale, place = text_pixels(page), left(seen)
    again = open_page(page.url)
    expect(opened(again)).to_have_count(1)
    expect(again.locator(".graph .map")).to_be_visible()
    assert text_pixels(again) == pytest.approx(scale, rel=0.01)
    assert left(again.locator(".graph .map .seen")) == pytest.approx(place, abs=1)
    again.get_by_role("button", name="Whole").click()
    expect(again.locator(".graph .map")).to_be_hidden()
    expect(again).not_to_have_url(re.compile("look="))


def test_a_closed_stage_opens_by_a_click_and_closes_by_its_button(
    app: App, open_page: Open
) -> None:
    page = open_page(f"{app.url}/architecture?net=resnet18&closed=2")
    closed = page.locator('.graph g.folded[data-unit="stages.1.0-1"]')
    expect(closed).to_contain_text("2 shortcuts:")
    expect(block(page, "stages.1.1")).to_have_count(0)
    closed.locator("rect").last.click()
    expect(block(page, "stages.1.1")).to_be_visible()
    expect(page).not_to_have_url(re.compile("closed"))
    page.get_by_role("button", name="stage 3", exact=True).click()
    expect(page.locator('.graph g.folded[data-unit="stages.2.0-1"]')).to_be_visible()
    expect(page).to_have_url(re.compile("closed=3"))


def test_a_figure_is_downloaded_in_every_format(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/architecture?net=resnet18")
    page.get_by_role("tab", name="Figures", exact=True).click()
    expect(page.get_by_alt_text("Plain-18, beside ResNet-18")).to_be_visible()
    for button, ending, start in (
        ("SVG", "svg", b"<svg"),
        ("PDF", "pdf", b"%PDF"),
        ("PNG, 300 dpi", "png", b"\x89PNG"),
        ("TikZ", "tex", b"% Plain-18"),
    ):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=button, exact=True).click()
        assert waiting.value.suggested_filename == f"resnet18.{ending}"
        assert Path(waiting.value.path()).read_bytes().startswith(start)
