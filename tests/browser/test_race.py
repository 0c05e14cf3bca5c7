"""A race in the browser: live pictures, zoom, slider, links, stopping, and a killed worker."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from resnet_viz.store.run import Run
from tests.browser.conftest import LOOK, PATIENCE_SECONDS, App, serve, settle

Open = Callable[[str], Page]

expect.set_options(timeout=PATIENCE_SECONDS * 1000)

HERO, CURVES = 0, 1
POINTS = "chart => (chart?._fullData || []).map(trace => trace._length || 0)"
RANGES = "() => ['xaxis', 'yaxis'].map(a => window.before[0].layout[a].range)"
# What a chart shows: its numbers, as plotly has them after a drawing.
PICTURE = f"i => JSON.stringify(({LOOK})(i).data)"


def charts(page: Page) -> Locator:
    return page.locator(".resnet-viz-chart")


def drawn(page: Page) -> None:
    """Waits until all three pictures are there."""
    for index in range(3):
        expect(charts(page).nth(index).locator(".main-svg").first).to_be_visible()


def begin(app: App, page: Page, steps: int = 100_000) -> str:
    """Starts a race of two small nets, and slows it down, so that the browser has time; its id."""
    drawn(page)
    select(page, "First net", "resnet20-cifar")
    field = page.get_by_label("Steps", exact=True)
    field.fill(str(steps))
    field.press("Enter")
    expect(page.get_by_text("269,434").first).to_be_visible()
    page.get_by_role("button", name="Start race").click()
    page.wait_for_url(re.compile("race="))
    race_id = page.url.partition("race=")[2]
    app.lab.slow(race_id, 5)
    measured(page)
    return race_id


def select(page: Page, label: str, option: str) -> None:
    box = page.get_by_role("combobox", name=re.compile(label))
    box.click()
    box.fill(option)
    options = page.get_by_role("option")
    # Presets stand beside their papers' names.
    titled = options.filter(has_text=f"· {option}")
    page.get_by_role("option", name=option, exact=True).or_(titled).click()


def measured(page: Page) -> None:
    """Waits for points of both nets in the training curves, which follow a race while in view."""
    drawn(page)
    page.wait_for_function(f"i => ({POINTS})(({LOOK})(i)).filter(n => n).length >= 2", arg=CURVES)


def wait_for_change(page: Page, index: int, before: str = "") -> None:
    """Waits until chart `index` shows other numbers than `before`, or than now; out of sight it is
    not drawn."""
    old = before or page.evaluate(PICTURE, index)
    page.wait_for_function(f"([i, old]) => ({PICTURE})(i) !== old", arg=[index, old])


def stop(page: Page) -> None:
    page.get_by_role("button", name="Stop training").click()
    expect(notes(page)).to_have_text([STOPPED, STOPPED])


def notes(page: Page) -> Locator:
    """What stands beside each net's bar."""
    return page.locator(".card .about")


STOPPED, INTERRUPTED = re.compile("^stopped at step "), re.compile("^interrupted at step ")


def test_race_is_live_keeps_its_zoom_and_is_found_by_its_link(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/race")
    race_id = begin(app, page)
    wait_for_change(page, CURVES)  # the pictures are those of the race, not of its settings
    page.evaluate("() => window.before = [...document.querySelectorAll('.resnet-viz-chart')]")
    zoomed = zoom(page)
    for _ in range(2):
        wait_for_change(page, HERO)
        wait_for_change(page, CURVES)
    assert page.evaluate(
        "() => [...document.querySelectorAll('.resnet-viz-chart')]"
        ".every((chart, i) => chart === window.before[i])"
    ), "a chart was mounted anew"
    assert page.evaluate(RANGES) == zoomed

    switch_pages(page)
    page.reload()
    measured(page)
    wait_for_change(page, CURVES)
    assert race_id in page.url

    stranger = open_page(f"{app.url}/race")
    drawn(stranger)
    expect(stranger.get_by_role("button", name="Start race")).to_be_enabled()
    expect(stranger.get_by_text("Stop training")).to_have_count(0)
    assert race_id not in stranger.url

    stop(page)
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()
    assert {run.status for run in app.lab.race_runs(race_id)} == {"stopped"}
    settle(page)  # a box that is opened while the page grows may stand beyond the window
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    assert Path(download.value.path()).read_text().startswith("net,step,quantity,of,value")


def test_link_shows_and_link_with_controls_steers(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/race")
    race_id = begin(app, page)
    page.get_by_role("button", name="Link").click()
    links = page.get_by_test_id("stCode")
    expect(links).to_have_count(2)
    shows, steers = (link.locator("code").inner_text() for link in links.all())
    assert shows == f"{app.url}/race?race={race_id}"
    page.keyboard.press("Escape")
    friend = open_page(shows)
    measured(friend)
    friend.reload()
    measured(friend)
    cannot_steer(friend)
    page.reload()
    measured(page)
    expect(page.get_by_role("button", name=STEERING)).to_have_count(2)
    expect(page.get_by_role("button", name="Pause training")).to_be_enabled()

    helper = open_page(steers)
    measured(helper)
    helper.wait_for_url(shows)  # what is in the address bar passes no controls on
    helper.reload()
    measured(helper)
    stop(helper)
    for one in (page, friend):
        expect(notes(one)).to_have_text([STOPPED, STOPPED])


STEERING = re.compile("Stop training|Pause training")


def cannot_steer(page: Page) -> None:
    expect(page.get_by_role("button", name="Pause training")).to_be_disabled()
    expect(page.get_by_role("button", name="Stop training")).to_have_count(0)
    expect(page.get_by_role("combobox", name="Speed", exact=True)).to_have_count(0)


def test_step_shown_follows_until_a_hand_moves_it(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/race")
    begin(app, page)
    page.reload()
    measured(page)
    follows(page)
    page.get_by_role("button", name="Next race").click()
    field = page.get_by_label("Learning rate", exact=True)
    field.fill("0.02")
    field.press("Enter")
    follows(page)

    slider, follow = page.get_by_role("slider"), page.get_by_role("button", name="Live")
    for key, step in (("Home", 0), ("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1)):
        slider.press(key)
        expect(slider).to_have_attribute("aria-valuetext", f"step {step} of 100,000")
        expect(follow).to_have_attribute("aria-pressed", "false")
    for _ in range(2):
        wait_for_change(page, CURVES)
    assert shown_step(page) == 1
    before = page.evaluate(PICTURE, HERO)
    page.get_by_role("button", name="One step on").click()
    wait_for_change(page, HERO, before)
    assert shown_step(page) == 2
    follow.click()
    follows(page)
    slider.press("End")
    expect(follow).to_have_attribute("aria-pressed", "false")
    follow.click()
    stop(page)


def shown_step(page: Page) -> int:
    said = page.get_by_role("slider").get_attribute("aria-valuetext")
    return int(said.split()[1].replace(",", ""))  # type: ignore[union-attr]


def follows(page: Page) -> None:
    """Two updates long the step that is shown grows, and nothing says otherwise."""
    for _ in range(2):
        before = shown_step(page)
        wait_for_change(page, CURVES)
        page.wait_for_function(
            "([slider, before]) => slider.value > before",
            arg=[page.get_by_role("slider").element_handle(), before],
        )
        expect(page.get_by_role("button", name="Live")).to_have_attribute("aria-pressed", "true")


def zoom(page: Page) -> list[list[float]]:
    """Draws a box in the hero chart with the mouse; the axes' ranges then."""
    before = page.evaluate(RANGES)
    plot = charts(page).nth(HERO)  # whose parts come and go
    expect(plot.locator(".nsewdrag")).to_be_visible()
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.35)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.7, steps=8)
    page.mouse.up()
    page.wait_for_function(f"old => ({RANGES})()[0][0] > old", arg=before[0][0])
    ranges: list[list[float]] = page.evaluate(RANGES)
    assert ranges[1][1] < before[1][1]
    return ranges


def test_another_quantity_is_not_shown_in_the_zoom_of_the_one_before(
    app: App, open_page: Open
) -> None:
    page = open_page(f"{app.url}/race")
    begin(app, page)
    page.evaluate("() => window.before = [...document.querySelectorAll('.resnet-viz-chart')]")
    zoomed = zoom(page)
    select(page, "Charts below show", "update / weight by layer")
    title = "() => window.before[0].layout.yaxis.title.text"
    page.wait_for_function(f"() => ({title})().startsWith('update / weight')")
    assert page.evaluate("() => window.before.every(chart => chart.isConnected)"), (
        "not mounted anew"
    )
    ranges = page.evaluate(RANGES)
    assert ranges[1] != zoomed[1]
    assert ranges[0][1] > 20, "every layer is shown"
    stop(page)


def switch_pages(page: Page) -> None:
    page.get_by_role("link", name="Architecture").click()
    expect(charts(page)).to_have_count(0)
    page.get_by_role("link", name="Race").click()
    measured(page)
    page.wait_for_url(re.compile("race="))
    wait_for_change(page, CURVES)
    page.get_by_role("button", name="Next race").click()
    expect(page.get_by_label("Steps", exact=True)).to_have_value("100000")


def test_killed_worker_shows_as_interrupted(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/race")
    race_id = begin(app, page)
    first, second = app.lab.race_runs(race_id)
    seen = len(app.lab.records(first.id))
    os.kill(process_of(app, first), signal.SIGKILL)
    expect(notes(page)).to_have_text([INTERRUPTED, re.compile("^right on the last")])
    assert len(app.lab.records(first.id)) >= seen
    wait_for_change(page, CURVES)
    assert app.lab.get(second.id).status == "running"
    page.get_by_role("button", name="Stop training").click()
    expect(notes(page)).to_have_text([INTERRUPTED, STOPPED])
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()


def process_of(app: App, run: Run) -> int:
    with sqlite3.connect(app.home / "lab.sqlite3") as connection:
        (pid,) = connection.execute("SELECT pid FROM runs WHERE id = ?", (run.id,)).fetchone()
    return int(pid)


def test_charts_follow_the_theme(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/race")
    drawn(page)
    title = charts(page).first.locator(".xtitle")
    page.emulate_media(color_scheme="light")
    expect(title).to_have_css("fill", "rgb(21, 32, 43)")
    page.emulate_media(color_scheme="dark")
    expect(title).to_have_css("fill", "rgb(240, 244, 248)")


def test_link_opens_on_a_new_server_behind_a_base_path(tmp_path: Path, open_page: Open) -> None:
    """The first page that a server is asked for is one of pages/: app.py must run before it."""
    for app in serve(tmp_path, "--server.baseUrlPath=nets", base_path="/nets"):
        page = open_page(f"{app.url}/race?race=gone")
        drawn(page)
        expect(page.get_by_text("cannot be shown")).to_be_visible()
        expect(page.get_by_role("link", name="Architecture")).to_be_visible()
        page.close()  # before its server ends, of which it would complain


def test_says_so_when_plotly_does_not_load(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/_stcore/health")
    page.route("**/chart_scripts/*/plotly.min.js", lambda route: route.fulfill(body="", status=200))
    page.goto(f"{app.url}/race")
    expect(charts(page).first).to_contain_text("could not load plotly")


@pytest.mark.parametrize("width", [1280, 700])
def test_charts_fit_their_width(app: App, open_page: Open, width: int) -> None:
    page = open_page(f"{app.url}/race")
    drawn(page)
    page.set_viewport_size({"width": width, "height": 900})
    page.wait_for_function(
        "() => [...document.querySelectorAll('.resnet-viz-chart')]"
        ".every(c => c.clientWidth === c._fullLayout?.width && c.clientWidth > 200)"
    )
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    cut_off = (
        page.get_by_test_id("stSelectbox")
        .locator("input")
        .evaluate_all("boxes => boxes.filter(b => b.scrollWidth > b.clientWidth).map(b => b.value)")
    )
    assert cut_off == []
