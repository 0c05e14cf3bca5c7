"""The shortcut graph under the pointer: opened, closed, zoomed, moved, explained."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

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


def seen(page: Page) -> list[float]:
    """Corner and size of what is seen of the picture, in its own units."""
    svg = page.locator(".graph svg")
    return [float(number) for number in str(svg.get_attribute("viewBox")).split()]


def room_taken(page: Page) -> tuple[float, float]:
    """Pixels that the picture takes, across and down."""
    box = page.locator(".graph svg").bounding_box()
    assert box
    return box["width"], box["height"]


def centre(box: Locator) -> tuple[float, float]:
    place = box.bounding_box()
    assert place
    return place["x"] + place["width"] / 2, place["y"] + place["height"] / 2


def test_a_click_opens_a_block_and_another_closes_it(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/?net=resnet18")
    block(page, "stages.1.0").click()
    expect(opened(page)).to_have_count(1)
    expect(page.locator('.graph g.operation[data-unit="stages.1.0"]')).to_have_count(8)
    page.locator('.graph g.stem[data-unit="stem"] rect').click()
    expect(opened(page)).to_have_count(2)
    page.locator('.graph g.operation[data-unit="stem"] rect').first.click()
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
    page = open_page(f"{app.url}/?net=resnet50")
    block(page, "stages.2.5").click()
    expect(opened(page)).to_have_count(1)
    page.get_by_role("button", name="Make its plain twin").click()
    expect(page.locator(".graph g.add")).to_have_count(0)
    expect(opened(page)).to_have_count(1)


def test_one_of_a_folded_run_opens(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/?net=resnet1202-cifar")
    expect(page.locator(".graph g.folded")).to_have_count(3)
    page.locator(".graph g.folded rect").last.click()
    expect(page.locator('.graph g.opened[data-unit="stages.2.2"]')).to_have_count(1)
    page.get_by_text("Draw all 600 blocks").click()
    expect(page.locator(".graph g.block")).to_have_count(599)


def test_the_pointer_is_told_what_it_is_on(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/?net=resnet34")
    block(page, "stages.1.0").hover()
    words = page.get_by_role("tooltip")
    first = next(b for b in plan(preset("resnet34")).blocks if b.name == "stages.1.0")
    expect(words).to_contain_text(f"{first.unit.params:,} parameters")
    expect(words).to_contain_text("receptive field 83×83")  # noqa: RUF001
    # Its box, its addition and its shortcut light up together.
    expect(page.locator('.graph .hot[data-unit="stages.1.0"]')).to_have_count(3)
    page.get_by_role("heading", name="resnet34").hover()
    expect(words).to_be_hidden()
    expect(page.locator(".graph .hot")).to_have_count(0)


def test_zoom_and_drag(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/?net=resnet34")
    box = block(page, "stages.1.1")
    expect(box).to_be_visible()
    whole, room = seen(page), room_taken(page)
    assert whole[:2] == [0, 0]
    page.get_by_role("button", name="Zoom in").click()
    once = seen(page)
    assert once[2] < whole[2]
    page.locator(".graph").press("+")
    assert seen(page)[2] < once[2]
    assert room_taken(page) == room  # nothing jumps

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

    page.get_by_role("button", name="Whole").click()
    assert seen(page) == whole


def test_a_zoomed_view_stays_on_the_block_that_is_clicked(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/?net=resnet34")
    block(page, "stages.2.3").scroll_into_view_if_needed()
    for _ in range(2):
        page.get_by_role("button", name="Zoom in").click()
    box = block(page, "stages.2.2")
    before = box.bounding_box()
    box.click()
    frame = page.locator(".graph g.opened rect")
    expect(frame).to_be_visible()
    after = frame.bounding_box()
    assert before
    assert after
    assert abs(after["x"] - before["x"]) < 40
    assert abs(after["y"] - before["y"]) < 60
