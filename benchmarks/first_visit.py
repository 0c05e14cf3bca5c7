"""Bytes on the wire for a browser's first visit, with an empty cache."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Mapping
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from benchmarks.first_point import FLAGS, NAMES, served
from benchmarks.result import Result
from resnet_viz import Lab, RunSpec, preset

_SETTLED_MS = 4000
_PLOTLY = "plotly"


def run() -> Iterator[Result]:
    """The start page, a race, its projector view, and a race whose charts are scrolled to."""
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None:
        yield Result("bytes for a first visit", "not measured: there is no Chromium")
        return
    with served() as (url, home, _), sync_playwright() as playwright:
        lab = Lab(home)
        nets = ("resnet20-cifar", "plain20-cifar")
        race_id = lab.race([RunSpec(config=preset(name), steps=20, name=name) for name in nets])
        while not all(one.is_over for one in lab.race_runs(race_id)):
            time.sleep(0.2)
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        race = f"{url}/race?race={race_id}"
        for what, address, scrolls in (
            ("start page", url, False),
            ("race, first screen", race, False),
            ("race, projector view", f"{race}&present=1", False),
            ("race, down to its charts", race, True),
        ):
            yield _visit(browser, what, address, scrolls=scrolls)
        browser.close()


def _visit(browser: Browser, what: str, address: str, *, scrolls: bool) -> Result:
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    addresses: dict[str, str] = {}
    sizes: dict[str, float] = {}

    def told(event: Mapping[str, Any]) -> None:
        addresses[event["requestId"]] = event["response"]["url"]

    def ended(event: Mapping[str, Any]) -> None:
        sizes[event["requestId"]] = event["encodedDataLength"]

    session.on("Network.responseReceived", told)
    session.on("Network.loadingFinished", ended)
    page.goto(address)
    page.locator(".card").first.wait_for()
    page.wait_for_timeout(_SETTLED_MS)
    if scrolls:
        page.locator(".resnet-viz-chart").first.scroll_into_view_if_needed()
        page.wait_for_timeout(_SETTLED_MS)
    context.close()
    own = sum(size for one, size in sizes.items() if "/static/" not in addresses.get(one, ""))
    has_plotly = any(_PLOTLY in address for address in addresses.values())
    value = (
        f"{sum(sizes.values()) / 1e6:.2f} MB, {own / 1e6:.2f} of them not Streamlit's own"
        f"{', with plotly' if has_plotly else ''}"
    )
    goal = "" if scrolls else "no plotly"
    return Result(f"first visit, {what}", value, goal, None if scrolls else not has_plotly)
