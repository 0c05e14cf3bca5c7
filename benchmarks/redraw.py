"""From a change of the form to the settled new view, in a real browser."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from statistics import quantiles

from playwright.sync_api import Locator, Page, sync_playwright
from streamlit.testing.v1 import AppTest

from benchmarks.first_point import FLAGS, NAMES, ROOT, served
from benchmarks.result import Result
from resnet_viz.arch.config import revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset

NETS = ("resnet18", "resnet152", "resnet1202-cifar")
CHANGES = 40
WARM_UP = 3
# Settled: the parameter count and the graph's classifier are those of the new net.
SETTLED = """([params, classes]) =>
    [...document.querySelectorAll('[data-testid=stMetric]')].some(
        metric => metric.textContent.includes(params))
    && [...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')].some(
        host => [...host.shadowRoot.querySelectorAll('.head tspan')].some(
            text => text.textContent.trim() === classes))"""


def run() -> Iterator[Result]:
    """The 95th percentile for three nets; the server's own part; a burst of changes."""
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    for name in NETS:
        seconds = _server_seconds(name)
        what = f"{name}: a change, the server's part"
        yield Result(what, f"{1000 * seconds:.0f} ms", "< 50 ms", seconds < 0.05)
    if chromium is None:
        yield Result("a change to the settled view", "not measured: there is no Chromium")
        return
    with served() as (url, *_), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        for name in NETS:
            yield from _in_browser(browser.new_page(), f"{url}/architecture?net={name}", name)
        browser.close()


def _server_seconds(name: str) -> float:
    """Median seconds of a script run after a change, without network and browser."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params["net"] = name
    app.run()
    taken = [_server_change(app, 11 + i) for i in range(CHANGES)]
    return sorted(taken)[CHANGES // 2]


def _server_change(app: AppTest, classes: int) -> float:
    app.number_input(key="field.num_classes").set_value(classes)
    begin = time.perf_counter()
    app.run()
    return time.perf_counter() - begin


def _in_browser(page: Page, url: str, name: str) -> Iterator[Result]:
    page.set_default_timeout(60_000)
    page.goto(url)
    classes = preset(name).num_classes
    _await(page, name, classes)
    page.get_by_text("Input and output").click()
    page.wait_for_timeout(1000)  # the group opens gently
    taken = [_change(page, name, classes + number) for number in range(1, WARM_UP + CHANGES + 1)]
    slow = quantiles(taken[WARM_UP:], n=20)[-1]
    what = f"{name}: a change to the settled view, 95th percentile"
    yield Result(what, f"{1000 * slow:.0f} ms", "< 400 ms", slow < 0.4)
    lag = _lag_after_a_burst(page, name, classes + WARM_UP + CHANGES)
    what = f"{name}: {CHANGES} changes at 5 a second, from the last to the settled view"
    yield Result(what, f"{1000 * lag:.0f} ms", "< 800 ms (no pile)", lag < 0.8)


def _plus(page: Page) -> Locator:
    more = page.get_by_test_id("stNumberInput").filter(has_text="num classes")
    return more.get_by_test_id("stNumberInputStepUp")


def _change(page: Page, name: str, classes: int) -> float:
    """Seconds from the press that makes it `classes` to the settled view."""
    begin = time.perf_counter()
    _plus(page).click()
    _await(page, name, classes)
    return time.perf_counter() - begin


def _lag_after_a_burst(page: Page, name: str, classes: int) -> float:
    plus = _plus(page)
    for number in range(CHANGES):
        due = time.perf_counter() + 0.2
        plus.click()
        if number < CHANGES - 1:
            page.wait_for_timeout(max(0.0, 1000 * (due - time.perf_counter())))
    begin = time.perf_counter()
    _await(page, name, classes + CHANGES)
    return time.perf_counter() - begin


def _await(page: Page, name: str, classes: int) -> None:
    params = plan(revise(preset(name), num_classes=classes)).params
    page.wait_for_function(SETTLED, arg=[f"{params:,}", f"linear, {classes}"], polling="raf")
