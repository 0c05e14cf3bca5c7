"""The stage in a browser: it fits the window, plays, and its colours tell the nets apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from resnet_viz.stage.message import whole_message
from resnet_viz.stage.page import stage_page
from resnet_viz.stage.recording import recording
from tests.report.test_report import reported

Open = Callable[..., Page]
# The pixels of a net's picture over the first `share` of its depth, and of its height.
PIXELS = """([part, net, share, high]) => {
  const { place, axis, canvas, history } = stage
  const { top, height } = place.rows[net][part]
  const { depth } = history.nets[net]
  const dense = devicePixelRatio
  const [left, right] = [axis.from(1, depth), axis.to(Math.round(share * depth), depth)]
  const box = [left, top + 2, right - left, high * height - 4].map((n) => Math.round(n * dense))
  return [...canvas.getContext("2d").getImageData(...box).data]
}"""
OUTSIDE = """() => [...document.querySelectorAll('#stage *')].filter((part) => {
  const { left, top, right, bottom, width } = part.getBoundingClientRect()
  return width && (left < -1 || top < -1 || right > innerWidth + 1 || bottom > innerHeight + 1)
}).map((part) => part.className)"""


@pytest.fixture(scope="module")
def pages(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """Opens a message as a page by itself; what it complains of fails the test."""
    opened: list[tuple[Page, list[str]]] = []

    def open_one(message: object = None, width: int = 1280, height: int = 720) -> Page:
        file = tmp_path_factory.mktemp("stage") / "stage.html"
        file.write_text(stage_page(message or recording(), "Race"), encoding="utf-8")  # type: ignore[arg-type]
        page = browser.new_page(viewport={"width": width, "height": height})
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        opened.append((page, complaints))
        page.goto(file.as_uri())
        page.wait_for_function("() => window.stage?.isBuilt && !stage.isStale")
        return page

    yield open_one
    for page, complaints in opened:
        page.close()
        assert complaints == []


def show(page: Page, step: int) -> None:
    page.evaluate(f"() => stage.act('step', {step})")
    page.wait_for_function(f"() => stage.player.step === {step} && !stage.isStale")


def lab(page: Page, part: str, net: int, share: float = 1.0, high: float = 1.0) -> np.ndarray:
    """The mean colour of a picture in CIE Lab (D65)."""
    rgba = np.array(page.evaluate(PIXELS, [part, net, share, high]), float).reshape(-1, 4) / 255
    rgb = rgba[:, :3] * rgba[:, 3:] + (1 - rgba[:, 3:])  # on a white page
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = linear @ to_xyz.T / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = f.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1).mean(axis=0)


def apart(page: Page, part: str, share: float = 1.0, high: float = 1.0) -> float:
    one, other = (lab(page, part, net, share, high) for net in (0, 1))
    return float(np.linalg.norm(one - other))


def test_the_nets_are_told_apart_in_five_seconds(pages: Open) -> None:
    """Over the first half of the nets at the first steps, and in the whole of their courses."""
    page = pages()
    for step in (0, 1, 2, 3):
        show(page, step)
        assert apart(page, "strip", share=0.5) >= 40, step
    show(page, 60)
    assert apart(page, "waterfall", share=0.5, high=0.1) >= 40
    assert apart(page, "waterfall") >= 15
    figures = page.locator(".figure").all()
    for figure in figures:
        size = figure.evaluate("one => parseFloat(getComputedStyle(one).fontSize)")
        assert size >= 40


def six() -> object:
    nets = ("resnet20-cifar", "resnet56-cifar", "resnet110-cifar")
    names = [*nets, *(name.replace("resnet", "plain") for name in nets)]
    return whole_message([reported(name, 12).contestant for name in names], 12)


@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_it_fits_the_window(pages: Open, count: int) -> None:
    message = (
        six()
        if count == 6
        else whole_message([reported("resnet20-cifar", 12).contestant for _ in range(count)], 12)
    )
    page = pages(message)
    for width, height in ((1280, 720), (1366, 768), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(f"() => stage.layout?.width > {width - 40} && !stage.isStale")
        assert page.evaluate(OUTSIDE) == []
        assert page.evaluate("() => document.documentElement.scrollHeight <= innerHeight")
        rows = page.evaluate("() => stage.place.rows.map(({ waterfall }) => waterfall.height)")
        assert min(rows) > 25
    assert page.evaluate("() => 0.78 * stage.layout.font") >= 18  # the smallest text at 1920


def test_on_a_phone_it_is_one_column(pages: Open) -> None:
    page = pages(width=390, height=844)
    assert page.evaluate("() => document.documentElement.scrollWidth") == 390
    assert page.evaluate("() => stage.curves.top > stage.place.rows.at(-1).waterfall.top")
    tops = [page.locator(one).bounding_box() for one in (".board", ".picture", ".transport")]
    assert all(tops)
    assert tops == sorted(tops, key=lambda box: box["y"])  # type: ignore[index]


def test_keys_and_hands_move_it_and_it_plays(pages: Open) -> None:
    page = pages()
    count = page.locator(".count")
    expect(count).to_have_text("step 0 of 60")
    page.keyboard.press("ArrowRight")
    expect(count).to_have_text("step 1 of 60")
    page.keyboard.press("End")
    expect(count).to_have_text("step 60 of 60")
    expect(page.locator(".about").first).to_contain_text("images it has never seen")
    page.keyboard.press("ArrowLeft")
    expect(count).to_have_text("step 59 of 60")
    page.keyboard.press("Home")
    expect(count).to_have_text("step 0 of 60")
    page.get_by_role("slider").fill("7")
    expect(count).to_have_text("step 7 of 60")
    page.get_by_role("button", name="Play recording").click()
    expect(page.get_by_role("button", name="Stop playing")).to_be_visible()
    expect(count).not_to_have_text("step 7 of 60")
    page.keyboard.press(" ")
    expect(page.get_by_role("button", name="Play recording")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_text("Space: play or pause.")).to_be_visible()


def test_what_is_shown_is_what_was_recorded(pages: Open) -> None:
    """The words at the pointer and the scoreboard, against the message."""
    page = pages()
    show(page, 3)
    row = page.evaluate("() => stage.place.rows[1].strip")
    x = page.evaluate("() => (stage.axis.from(2, 56) + stage.axis.to(3, 56)) / 2")
    page.locator("canvas").hover(position={"x": x, "y": row["top"] + row["height"] / 2})
    values = page.evaluate("() => [...stage.history.series(1, 'grad_norm').row(3)].slice(1, 3)")
    expect(page.locator(".pointed")).to_contain_text("Plain-56, stage 1, block 1, layers 2 to 3")
    for value in values:
        first = f"{value:.3g}" if abs(value) < 1000 else f"{value:.2e}".replace("e+0", "e+")
        expect(page.locator(".pointed")).to_contain_text(first.rstrip("0").rstrip("."))
    accuracy = page.evaluate("() => [...stage.history.records[0].accuracy.values].slice(0, 4)")
    expect(page.locator(".figure").first).to_have_text(f"{round(25 * sum(accuracy))} %")
    # A figure of the first steps is not taken for what came of the race.
    ends = page.locator(".card .end")
    expect(ends).to_have_text(
        [f"ends at {round(100 * one['accuracy'])} %" for one in recording()["ends"]]
    )
    show(page, 60)
    expect(ends).to_have_text(["", ""])


def test_news_are_added_and_a_gap_is_noticed(pages: Open) -> None:
    message = whole_message([reported("resnet20-cifar", 12).contestant], 30, ["grad_norm"])
    page = pages(message)
    news = {"records": [{"curves": {"begin": 20, "loss": "", "accuracy": ""}, "series": {}}]}
    assert page.evaluate("news => stage.update(news)", news) is False
    assert page.evaluate("() => stage.history.done(0)") == 12


def test_a_frame_of_two_deep_nets_of_a_thousand_steps_is_quick(pages: Open) -> None:
    """8 ms of main thread a frame, with room for a busy machine: the median of fifty."""
    nets = [reported(name, 1000).contestant for name in ("resnet110-cifar", "plain110-cifar")]
    page = pages(whole_message(nets, 1000, ["grad_norm"]))
    times = page.evaluate("""() => {
      stage.act('last')
      const times = []
      for (let step = 0; step < 1000; step += 20) {
        stage.player.put(step, 1000)
        const begun = performance.now()
        stage.draw()
        times.push(performance.now() - begun)
      }
      return times
    }""")
    assert float(np.median(times)) < 16
