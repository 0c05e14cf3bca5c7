"""A finished race played on the stage: frames a second, the browser's main thread, requests."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator

from playwright.sync_api import Playwright, sync_playwright

from benchmarks.first_point import FLAGS, NAMES, served
from benchmarks.recolouring import task_seconds
from benchmarks.result import Result
from benchmarks.updating import Writer
from benchmarks.workerless import race_without_workers
from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.store.database import Store

STEPS, SECONDS = 1000, 5
LEAST_FRAMES, MOST_MS = 30, 8
NETS = ("resnet110-cifar", "plain110-cifar")
VIEWS = {"waterfall": "Every step", "profile": "This step"}
# Frames in which another step was drawn, and all that the browser made.
PLAYED = """seconds => new Promise(resolve => {
    const count = document.querySelector('.resnet-viz-stage .count')
    let [drawn, all, words] = [0, 0, count.textContent]
    const end = performance.now() + 1000 * seconds
    const look = () => {
        all += 1
        drawn += count.textContent !== words
        words = count.textContent
        performance.now() < end ? requestAnimationFrame(look) : resolve([drawn, all])
    }
    requestAnimationFrame(look)
})"""


def run() -> Iterator[Result]:
    """Frames a second of two nets of 110 layers and 1,000 steps, and what each takes of the thread,
    painting included; requests to the server meanwhile."""
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None:
        yield Result("playing", "not measured: there is no Chromium")
        return
    with sync_playwright() as playwright:
        yield from _play(playwright, chromium)


def _play(playwright: Playwright, chromium: str) -> Iterator[Result]:
    specs = [RunSpec(config=preset(net), steps=STEPS) for net in NETS]
    with served() as (url, home, _):
        lab, race_id = race_without_workers(home, specs)
        Writer(home, specs).write(STEPS)
        lab.stop(race_id)  # it ends the process that stands for the workers
        with Store(home).writing() as connection:
            connection.execute("UPDATE runs SET status = 'finished', ended = ?", (time.time(),))
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.set_default_timeout(60_000)
        page.goto(f"{url}/race?race={race_id}")
        page.get_by_role("button", name="Play recording").wait_for()
        page.wait_for_timeout(3000)
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.on("websocket", lambda socket: requests.append(socket.url))
        client = page.context.new_cdp_session(page)
        # The thread's own time: what else the machine does is not counted.
        client.send("Performance.enable", {"timeDomain": "threadTicks"})
        stage = page.locator(".resnet-viz-stage").element_handle()
        for view, option in VIEWS.items():
            page.get_by_label("Picture below the networks").select_option(option)
            page.get_by_role("button", name="To the first step").click()
            page.get_by_role("button", name="Play recording").click()
            page.wait_for_timeout(500)
            requests.clear()
            begin = task_seconds(client)
            drawn, frames = page.evaluate(PLAYED, SECONDS)
            taken = 1000 * (task_seconds(client) - begin) / frames
            page.get_by_role("button", name=re.compile("^(Pause|Stop)")).click()
            what = f"two nets of 110 layers, {STEPS} steps, {view}"
            rate, is_quick = drawn / SECONDS, drawn >= LEAST_FRAMES * SECONDS
            yield Result(f"{what}: frames", f"{rate:.0f} /s", f">= {LEAST_FRAMES} /s", is_quick)
            is_light = taken <= MOST_MS
            yield Result(f"{what}: a frame, main thread", f"{taken:.1f} ms", "<= 8 ms", is_light)
            yield Result(f"{what}: requests", str(len(requests)), "0", not requests)
        is_there = stage is not None and stage.evaluate("stage => stage.isConnected")
        yield Result("the stage was mounted anew", "no" if is_there else "yes", "no", is_there)
        browser.close()
