"""One update of the Race page while a race goes on: the browser's main thread, and remounts."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean

import numpy as np
from playwright.sync_api import CDPSession, Page, Playwright, sync_playwright

from benchmarks.first_point import FLAGS, NAMES, served
from benchmarks.recolouring import task_seconds
from benchmarks.result import Result
from benchmarks.workerless import race_without_workers
from resnet_viz.arch.config import ResNetConfig, revise
from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.quantities import quantity
from resnet_viz.quantities.points import place
from resnet_viz.quantities.records import Floats, StepRecord
from resnet_viz.store.database import Store
from resnet_viz.store.records.chunks import insert_records, put_together

BEFORE, UPDATES, WARM_UP = 500, 20, 3
AFTER_SECONDS, PATIENCE_SECONDS = 0.25, 60.0
GOAL_MS = 50
DEEP = "six nets of 110 layers"
DEFAULT = "two nets of 56 layers"
# What is looked at: the page as it opens, or down to the chart of that number.
VIEWS: Mapping[str, int | None] = {"stage in view": None, "curves in view": 1, "maps in view": 3}
SCROLL = "chart => chart.scrollIntoView({ block: 'end' })"
# The elements that are to stay: hosts of components, plots with their layers, pictures of graphs.
MARK = """() => {
    const everywhere = selector => [document, ...[...document.querySelectorAll('*')]
        .map(element => element.shadowRoot).filter(Boolean)]
        .flatMap(root => [...root.querySelectorAll(selector)])
    window.said = everywhere('.count').find(element => /^step [\\d,]+ of/.test(element.textContent))
    window.marked = everywhere([
        '[data-testid=stBidiComponentIsolated]', '[data-testid=stBidiComponentRegular]',
        '.resnet-viz-chart', '.resnet-viz-chart .main-svg', '.graph svg'].join())
}"""
# Until the stage says so: asking again and again would be a tenth of what is measured.
SHOWN = """([words, patience]) => new Promise((resolve, reject) => {
    const look = () => window.said.textContent === words && resolve()
    new MutationObserver(look).observe(window.said, { childList: true })
    look()
    setTimeout(() => reject(Error(`"${words}" was not shown`)), patience)
})"""
LOST = "() => [window.marked.length, window.marked.filter(element => !element.isConnected).length]"


def run() -> Iterator[Result]:
    """Milliseconds of the main thread an update: all that it does from the moment that a step is
    written until a quarter of a second after it is shown, painting included: one poll.

    A plot that takes long to draw does not take part in each: it is in that in which it is drawn.
    """
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None:
        yield Result("updating", "not measured: there is no Chromium")
        return
    with sync_playwright() as playwright:
        for what, nets in ((DEEP, six_deep_nets()), (DEFAULT, default_nets())):
            yield from _measure(playwright, chromium, what, nets)


def six_deep_nets() -> Sequence[ResNetConfig]:
    """ResNet-110 of CIFAR and its relatives."""
    resnet = preset("resnet110-cifar")
    return [
        resnet,
        preset("plain110-cifar"),
        preset("preact110-cifar"),
        revise(resnet, zero_init_residual=True),
        revise(resnet, shortcut="projection"),
        revise(resnet, shortcut_transform="scaled"),
    ]


def default_nets() -> Sequence[ResNetConfig]:
    """Those of the race that the page proposes."""
    return [preset("resnet56-cifar"), preset("plain56-cifar")]


class Writer:
    """Writes a step of each run at a time: all quantities that a run of the net holds."""

    def __init__(self, home: Path, specs: Sequence[RunSpec]) -> None:
        self.step = 0
        self._home, self._specs = home, specs
        self._random = np.random.default_rng(0)

    def write(self, steps: int) -> None:
        """The next `steps` of each run."""
        wanted = range(self.step, self.step + steps)
        with Store(self._home).session() as connection:
            connection.execute("UPDATE runs SET heartbeat = ?", (time.time(),))
            for position, spec in enumerate(self._specs, 1):
                records = [self._record(spec, step) for step in wanted]
                insert_records(connection, position, records)
                put_together(connection, position, records)
        self.step += steps

    def _record(self, spec: RunSpec, step: int) -> StepRecord:
        is_measured = step % spec.measure_every == 0
        values: Mapping[str, Floats] = {
            name: self._random.lognormal(size=len(axis)).astype(np.float32)
            for name, axis in spec.quantities.items()
            if is_measured or place(quantity(name))[1] == "each step"
        }
        loss = 2.3 * float(np.exp(-step / 300) + 0.1 * self._random.random())
        return StepRecord(step, loss, 1 - loss / 2.6, step / 2, values)


def _measure(
    playwright: Playwright, chromium: str, what: str, nets: Sequence[ResNetConfig]
) -> Iterator[Result]:
    specs = [RunSpec(config=net, steps=2 * BEFORE) for net in nets]
    with served() as (url, home, _):
        lab, race_id = race_without_workers(home, specs)
        writer = Writer(home, specs)
        writer.write(BEFORE)
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(60_000)
        page.goto(f"{url}/race?race={race_id}")
        page.get_by_text(f"step {writer.step - 1:,} of {2 * BEFORE:,}", exact=True).wait_for()
        _visit_charts(page)
        page.wait_for_timeout(3000)
        page.evaluate(MARK)
        for view, chart in VIEWS.items():
            if chart is not None:
                page.locator(".resnet-viz-chart").nth(chart).evaluate(SCROLL)
            page.wait_for_timeout(2000)
            taken = _updates(page, writer)
            mean, most = fmean(taken), max(taken)
            said = f"{what}, {BEFORE} steps: an update, {view}, main thread"
            yield Result(f"{said}, mean", f"{mean:.0f} ms", f"< {GOAL_MS} ms", mean < GOAL_MS)
            yield Result(f"{said}, largest of {len(taken)}", f"{most:.0f} ms")
        all_, lost = page.evaluate(LOST)
        yield Result(f"{what}: of {all_} elements mounted anew", str(lost), "0", lost == 0)
        browser.close()
        lab.stop(race_id)


def _visit_charts(page: Page) -> None:
    """Looks at each chart until it is drawn, as it is once it comes near; then at the top."""
    for chart in page.locator(".resnet-viz-chart").all():
        chart.evaluate(SCROLL)
        chart.locator(".main-svg").first.wait_for()
    page.locator(".resnet-viz-stage").evaluate(SCROLL)


def _updates(page: Page, writer: Writer) -> Sequence[float]:
    """Milliseconds of the thread's own time: what else the machine does is not counted."""
    client = page.context.new_cdp_session(page)
    client.send("Performance.enable", {"timeDomain": "threadTicks"})
    return [_update(page, client, writer) for _ in range(WARM_UP + UPDATES)][WARM_UP:]


def _update(page: Page, client: CDPSession, writer: Writer) -> float:
    begin = task_seconds(client)
    writer.write(1)
    page.evaluate(SHOWN, [f"step {writer.step - 1:,} of {2 * BEFORE:,}", 1000 * PATIENCE_SECONDS])
    time.sleep(AFTER_SECONDS)
    return 1000 * (task_seconds(client) - begin)
