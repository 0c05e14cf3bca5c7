"""The report of a race of 10,000 steps: its size, and how long a browser takes to open it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
from playwright.sync_api import Browser, sync_playwright

from benchmarks.first_point import FLAGS, NAMES
from benchmarks.recolouring import task_seconds
from benchmarks.result import Result
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.findings.colours import contestant_colours
from resnet_viz.findings.contestant import Contestant
from resnet_viz.lab.race_feed import MOST_STEPS
from resnet_viz.quantities import quantities
from resnet_viz.quantities.points import place
from resnet_viz.quantities.records import History, StepRecord
from resnet_viz.report.report import Reported, report

NETS = ("resnet56-cifar", "plain56-cifar")
STEPS, EVALUATE_EVERY = 10_000, 100
OPENED = 5
# When the report says that it is there, and when all of its plots are drawn.
CLOCK = """() => {
    const said = name => new Promise(resolve => new MutationObserver((_, watcher) => {
        if (!document.body?.dataset[name]) return
        watcher.disconnect()
        resolve(performance.now())
    }).observe(document, { subtree: true, childList: true, attributeFilter: [`data-${name}`] }))
    Object.assign(window, { readyAt: said('ready'), drawnAt: said('drawn') })
}"""


class Opening(NamedTuple):
    """Seconds until the report is there: by the clock, and those its main thread worked; the same
    until all of its plots are drawn."""

    wall: float
    worked: float
    drawn_wall: float
    drawn_worked: float


def run() -> Iterator[Result]:
    """Size, and seconds from the file's opening to `data-ready`: the first view is drawn, and the
    slider moves what is in it. Then plotly is loaded, and the plots further down are drawn."""
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    html = report([_reported(net, seed) for seed, net in enumerate(NETS)])
    what = f"report of {STEPS:,} steps of two 56-layer nets"
    size = len(html.encode())
    yield Result(f"{what}: size", f"{size / 1e6:.1f} MB", "< 5 MB", size < 5e6)
    if chromium is None:
        yield Result(f"{what}: opened", "not measured: there is no Chromium")
        return
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder, "race.html")
        file.write_text(html, encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        opened = [_open(browser, file) for _ in range(OPENED)]
        browser.close()
    wall, worked, drawn_wall, drawn_worked = map(median, zip(*opened, strict=True))
    yield Result(f"{what}: opened", f"{wall:.2f} s", "< 1 s", wall < 1)
    yield Result(f"{what}: opened, main thread", f"{worked:.2f} s", "< 1 s", worked < 1)
    yield Result(f"{what}: all plots drawn", f"{drawn_wall:.2f} s")
    yield Result(f"{what}: all plots drawn, main thread", f"{drawn_worked:.2f} s")


def _open(browser: Browser, file: Path) -> Opening:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.add_init_script(f"({CLOCK})()")
    # A file before it, so that the process is there, as it is where one opens a file.
    before = file.with_name("empty.html")
    before.write_text("<!doctype html><title>empty</title>", encoding="utf-8")
    page.goto(before.as_uri())
    client = page.context.new_cdp_session(page)
    # The thread's own time: what else the machine does is not counted.
    client.send("Performance.enable", {"timeDomain": "threadTicks"})
    begin = task_seconds(client)
    page.goto(file.as_uri(), wait_until="commit")
    wall = page.evaluate("readyAt") / 1000
    worked = task_seconds(client) - begin
    drawn_wall = page.evaluate("drawnAt") / 1000
    opening = Opening(wall, worked, drawn_wall, task_seconds(client) - begin)
    page.close()
    return opening


def _reported(net: str, seed: int) -> Reported:
    """A net with made-up values of every quantity that its run would hold, at the steps it would
    be taken at, as a feed keeps them."""
    spec = RunSpec(config=preset(net), steps=STEPS, evaluate_every=EVALUATE_EVERY)
    network = plan(spec.adapted)
    noise = np.random.default_rng(seed)
    every = {"each step": 1, "measured steps": spec.measure_every, "evaluations": EVALUATE_EVERY}
    often = {name: every[place(quantities()[name])[1]] for name in spec.quantities}

    def record(step: int) -> StepRecord:
        values = {
            name: noise.lognormal(size=len(along)).astype(np.float32)
            for name, along in spec.quantities.items()
            if step % often[name] == 0
        }
        loss, accuracy = 2.3 * noise.lognormal(), noise.random()
        return StepRecord(step, float(loss), float(accuracy), 0.1 * step, values)

    one = Contestant(
        net,
        contestant_colours([preset(name) for name in NETS])[seed],
        network.weighted_layers,
        History(map(record, range(STEPS)), most=MOST_STEPS),
        spec.adapted.num_classes,
        spec.quantities,
        tuple(block.name for block in network.blocks),
        spec.adapted,
    )
    return Reported(one, spec, network.params)
