"""A report opened from the disk, without a server: it replays the race."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Request, expect

from resnet_viz.measurements import measurement
from resnet_viz.measurements.base.result import MeasurementResult
from resnet_viz.report.report import report
from tests.browser.conftest import PATIENCE_SECONDS
from tests.browser.test_graph_colours import colour, rgb
from tests.report.test_report import HOSTILE, reported

STEPS = 12
PROFILE = "() => document.getElementById('profile').data.map(trace => trace.y)"
ENDS = "one => [Number(one.dataset.low), Number(one.dataset.high)]"


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[tuple[Page, list[str]]]:
    """The page of a report on a net with a hostile name and a plain one, and what it complains of
    and asks for."""
    file = tmp_path / "race.html"
    found = {"rank": np.arange(9) + 1.0, "cka": np.full(9, 0.5)}
    result = MeasurementResult(0, "rank_cka", measurement("rank_cka").checked({}), 0.1, found)
    nets = [reported("resnet20-cifar", STEPS, HOSTILE), reported("plain20-cifar", STEPS)]
    nets[0] = nets[0]._replace(results=(result,))
    file.write_text(report(nets), encoding="utf-8")
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    complaints: list[str] = []

    def watch(request: Request) -> None:
        if request.url != file.as_uri() and not request.url.startswith("blob:null/"):
            complaints.append(f"asked for {request.url}")

    page.on("request", watch)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(f"a name was run: {dialog.message}"))
    page.goto(file.as_uri())
    expect(page.locator("body[data-ready]")).to_be_attached(timeout=PATIENCE_SECONDS * 1000)
    yield page, complaints
    context.close()


def test_slider_and_play_replay_the_race(opened: tuple[Page, list[str]]) -> None:
    page, complaints = opened
    # Before plotly is there.
    page.get_by_role("slider").fill("3")
    expect(page.locator("#said")).to_have_text(f"step 3 of {STEPS}")
    expect(page.locator("body[data-drawn]")).to_be_attached(timeout=PATIENCE_SECONDS * 1000)
    nets = [reported("resnet20-cifar", STEPS, HOSTILE), reported("plain20-cifar", STEPS)]
    slider = page.get_by_role("slider")
    for step in (0, 7):
        slider.fill(str(step))
        expect(page.locator("#said")).to_have_text(f"step {step} of {STEPS}")
        scale = page.locator(".scale.nodes").evaluate(ENDS)
        for drawn, net in zip(page.evaluate(PROFILE), nets, strict=True):
            raw = net.contestant.history.series("grad_norm").values[step]
            assert drawn == pytest.approx(raw.tolist(), rel=2**-11)
        for graph, net in zip(page.locator("figure.graph").all(), nets, strict=True):
            names = net.contestant.header["grad_norm"].names
            raw = net.contestant.history.series("grad_norm").values[step]
            own = [value for name, value in zip(names, raw, strict=True) if "stages.1.1." in name]
            fill = graph.locator('g.block[data-unit="stages.1.1"]').evaluate("g => g.style.fill")
            assert rgb(fill) == pytest.approx(colour(float(np.max(own)), *scale), abs=2)
    page.locator("#quantity").select_option("grad_input_norm")
    assert len(page.evaluate(PROFILE)[0]) == 9  # blocks
    page.get_by_role("button", name="Play recording").click()
    expect(page.locator("#said")).not_to_have_text(f"step 7 of {STEPS}")
    expect(page.get_by_role("heading", level=1)).to_contain_text(HOSTILE)
    page.locator('g.block[data-unit="stages.0.0"]').first.hover()
    expect(page.get_by_role("tooltip")).to_contain_text("gradient at its input")
    expect(page.locator("#measured-0 .main-svg").first).to_be_visible()
    ranks = page.evaluate("() => document.getElementById('measured-0').calcdata[0].map(p => p.y)")
    assert ranks == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert complaints == []


def test_who_prints_at_once_has_every_plot_on_white_paper(opened: tuple[Page, list[str]]) -> None:
    page, complaints = opened
    assert len(page.pdf()) > 50_000
    page.emulate_media(color_scheme="dark")
    words, stage = page.locator("#profile .xtitle"), page.locator("#stage")
    expect(words).to_have_css("fill", "rgb(240, 244, 248)")
    expect(stage).to_have_attribute("data-theme", "dark")
    expect(page.locator("body")).to_have_css("background-color", "rgb(15, 21, 28)")
    # As wide as a page on paper, also those that no one has come near.
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    drawn = page.locator(".plot").evaluate_all("all => all.map(plot => plot._fullLayout?.width)")
    assert drawn == [700] * 5
    assert words.evaluate("one => getComputedStyle(one).fill") == "rgb(21, 32, 43)"
    assert stage.get_attribute("data-theme") == "light"
    page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    wide = page.locator(".plot").evaluate_all("all => all.map(plot => plot._fullLayout.width)")
    assert min(wide) > 1000
    assert complaints == []


def test_a_narrow_window_has_the_maps_below_each_other(opened: tuple[Page, list[str]]) -> None:
    page, _ = opened
    expect(page.locator("body[data-drawn]")).to_be_attached(timeout=PATIENCE_SECONDS * 1000)
    lefts = """() => [...document.querySelectorAll('#maps .heatmaplayer')]
        .map(map => Math.round(map.getBoundingClientRect().left))"""
    assert len(set(page.evaluate(lefts))) == 2
    page.set_viewport_size({"width": 390, "height": 800})
    page.wait_for_function(f"() => new Set(({lefts})()).size === 1")
    assert page.evaluate("() => document.documentElement.scrollWidth") == 390
    # No words stick out of their plot; what lies beyond the colours is said in two lines.
    expect(page.locator("#maps .annotation-text", has_text="beyond the colours")).to_be_visible()
    cut = """() => [...document.querySelectorAll('.plot')].flatMap(plot => {
        const room = plot.getBoundingClientRect()
        return [...plot.querySelectorAll('.annotation-text')].filter(text => {
            const { left, right, bottom } = text.getBoundingClientRect()
            return left < room.left || right > room.right || bottom > room.bottom
        }).map(text => text.textContent)
    })"""
    page.wait_for_function(f"() => ({cut})().length === 0")
