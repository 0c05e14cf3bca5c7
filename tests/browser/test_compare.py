"""Compare and Design space in the browser: links, presses, pictures, a click on a point."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from tests.browser.conftest import PATIENCE_SECONDS, App

Open = Callable[[str], Page]

expect.set_options(timeout=PATIENCE_SECONDS * 1000)


def graphs(page: Page) -> Locator:
    return page.locator(".graph svg")


def points(page: Page) -> Locator:
    return page.locator(".js-plotly-plot .scatterlayer .point")


def drawn(page: Page, nets: int) -> None:
    """Waits for a graph of each net and both bar charts."""
    expect(graphs(page)).to_have_count(nets)
    expect(page.locator(".js-plotly-plot .barlayer")).to_have_count(2)
    expect(page.locator(".js-plotly-plot .barlayer").first.locator(".trace")).to_have_count(nets)


def tables(page: Page) -> list[str]:
    return page.locator("table").all_inner_texts()


def click_point(page: Page, name: str) -> None:
    """Clicks the middle of the point called `name`."""
    expect(points(page).first).to_be_visible()
    page.locator(".js-plotly-plot").scroll_into_view_if_needed()
    index = page.evaluate(
        "name => [...document.querySelectorAll('.js-plotly-plot .scatterlayer .point')]"
        ".findIndex(point => point.__data__.data && point.__data__.data[0] === name)",
        name,
    )
    assert index >= 0
    box = points(page).nth(index).bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=5)
    expect(page.locator(".hoverlayer").get_by_text(name).first).to_be_visible()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_one_press_and_the_link_shows_the_same_elsewhere(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/compare?a=resnet50,depths=1-2-3-1&b=resnet18")
    drawn(page, 2)
    page.get_by_role("button", name="Plain twin").click()
    page.wait_for_url(re.compile("c="))
    drawn(page, 3)
    expect(page.get_by_text("Plain-23 bottleneck").first).to_be_visible()
    expect(page.get_by_role("button", name="Plain twin")).to_be_disabled()
    other = open_page(page.url)
    drawn(other, 3)
    assert tables(other) == tables(page)
    other.get_by_role("button", name="Remove").first.click()
    drawn(other, 2)
    drawn(page, 3)  # the first browser's comparison is its own


def test_the_comparison_outlasts_a_page_switch(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/compare?a=resnet18&b=resnet34&c=plain34")
    drawn(page, 3)
    before = tables(page)
    page.get_by_role("link", name="Design space").click()
    expect(points(page).first).to_be_visible()
    page.get_by_role("link", name="Compare").click()
    drawn(page, 3)
    assert tables(page) == before
    page.wait_for_url(re.compile(r"compare\?a=resnet18&b=resnet34&c=plain34"))


def test_garbage_in_the_link_is_one_sentence(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/compare?a=resnet18&b=%00%FF,,=")
    drawn(page, 2)
    expect(page.get_by_role("alert")).to_contain_text("Ignored net B in this link")
    expect(page.get_by_text("Traceback")).to_have_count(0)


def test_graphs_are_drawn_at_one_scale_and_stack_on_a_narrow_window(
    app: App, open_page: Open
) -> None:
    page = open_page(f"{app.url}/compare?a=resnet50&b=plain18")
    drawn(page, 2)
    for width, height in ((1280, 720), (700, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        expect(graphs(page).nth(1)).to_be_visible()
        page.wait_for_function(
            "([width, height]) => innerWidth === width && innerHeight === height",
            arg=[width, height],
        )
        one, other = graphs(page).evaluate_all(
            "pictures => pictures.map(svg => ({scale: svg.getScreenCTM().a,"
            " top: svg.getBoundingClientRect().top, bottom: svg.getBoundingClientRect().bottom}))"
        )
        assert one["scale"] == pytest.approx(other["scale"], rel=0.02)
        assert (other["top"] >= one["bottom"]) == (width <= 700)
        spilt = page.evaluate(
            "(() => { const main = document.querySelector('[data-testid=stMain]');"
            " return main.scrollWidth - main.clientWidth })()"
        )
        assert spilt <= 0, f"{spilt} pixels at {width}"


def test_all_of_six_nets_is_seen_and_raced(app: App, open_page: Open) -> None:
    """Of each graph the whole width, without scrolling in it; of each table all columns."""
    names = ("resnet50", "resnet34", "plain34", "resnet56-cifar", "wide_resnet50_2", "resnet152")
    query = "&".join(f"{letter}={net}" for letter, net in zip("abcdef", names, strict=True))
    page = open_page(f"{app.url}/compare?{query}")
    page.set_viewport_size({"width": 1280, "height": 720})
    drawn(page, 6)
    for frame in page.locator(".graph .picture").all():
        inner, room = frame.evaluate("frame => [frame.scrollWidth, frame.clientWidth]")
        assert inner <= room
        inner, room = frame.evaluate("frame => [frame.scrollHeight, frame.clientHeight]")
        assert inner <= room + 1
    for table in page.locator(".net-table").all():
        inner, room = table.evaluate("table => [table.scrollWidth, table.clientWidth]")
        assert inner <= room
    page.get_by_role("button", name="Race these", exact=True).click()
    page.wait_for_url(re.compile(r"/race\?.*more="))
    expect(page.locator(".st-key-race_more").get_by_role("button")).to_have_count(5)


def test_a_click_opens_the_net_and_back_comes_back(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/design_space")
    expect(points(page).first).to_be_visible()
    page.get_by_role("radio", name="224 pixels").click()
    page.get_by_role("radio", name="activation memory").click()
    axis = page.locator(".js-plotly-plot .xtitle")
    expect(axis).to_contain_text("activation memory")
    click_point(page, "resnet152")
    page.wait_for_url(re.compile(r"/architecture\?net=resnet152"))
    expect(page.get_by_text(f"{plan(preset('resnet152')).params:,}").first).to_be_visible()
    link = f"{app.url}/design_space?size=224&axis=memory"
    for _ in range(2):
        page.go_back()
        page.wait_for_url(link)
        expect(axis).to_contain_text("activation memory")
        expect(page.get_by_role("radio", name="224 pixels")).to_be_checked()
        # The other way to open a net: a row of the table, the first of which is resnet18.
        table = page.locator("[data-testid=stDataFrame] .dvn-scroller")
        table.scroll_into_view_if_needed()
        table.click(position={"x": 15, "y": 60})
        page.wait_for_url(re.compile(r"/architecture\?net=resnet18"))
        expect(page.get_by_text(f"{plan(preset('resnet18')).params:,}").first).to_be_visible()
    page.goto(link)
    expect(axis).to_contain_text("activation memory")
    page.get_by_role("radio", name="parameters").click()
    page.wait_for_url(f"{app.url}/design_space?size=224")
    page.go_back()
    page.wait_for_url(link)
    expect(axis).to_contain_text("activation memory")
    expect(page.get_by_role("radio", name="activation memory")).to_be_checked()


def test_where_two_nets_stand_the_page_asks_which(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/design_space")
    click_point(page, "plain56-cifar")
    expect(page.get_by_role("button", name="Open plain56-cifar")).to_be_visible()
    page.get_by_role("button", name="Open resnet56-cifar").click()
    page.wait_for_url(re.compile("net=resnet56-cifar"))
    page.go_back()
    expect(points(page).first).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)  # the click was answered, once
