"""New colours for the graphs of two nets of 110 layers: the browser's main thread, and remounts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from playwright.sync_api import CDPSession, sync_playwright

from benchmarks.first_point import FLAGS, NAMES, served
from benchmarks.result import Result

UPDATES = 100
GOAL_MS = 16
NET = "resnet110-cifar"
# The graphs of the race to come, with values that change at each frame, as a race's do at a step.
RECOLOUR = """async (updates) => {
    const [group, told] = Object.entries(window.resnetVizValues).find(([key]) => key === 'race')
    const roots = [...document.querySelectorAll('*')].map(element => element.shadowRoot)
    const svgs = roots.map(root => root?.querySelector('.graph svg')).filter(Boolean)
    const names = svgs.map(svg => [
        [...svg.querySelectorAll('[data-node]')].map(g => g.dataset.node),
        [...svg.querySelectorAll('[data-flow]')].map(path => path.dataset.flow)])
    told.lines ??= told.nodes
    const some = list => Object.fromEntries(list.map(name => [name, 10 ** (4 * Math.random() - 3)]))
    for (let i = 0; i < updates; i++) {
        Object.keys(told.graphs).forEach((key, net) => {
            const [nodes, lines] = names[net].map(some)
            told.graphs[key] = { nodes, lines, said: `${i}` }
        })
        document.dispatchEvent(new CustomEvent('resnet-viz-values', { detail: { group } }))
        await new Promise(requestAnimationFrame)
    }
    return [svgs.length, svgs.filter(svg => !svg.isConnected).length]
}"""


def run() -> Iterator[Result]:
    """Milliseconds of the main thread a graph and update, painting included; remounts."""
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None:
        yield Result("recolouring", "not measured: there is no Chromium")
        return
    with served() as (url, *_), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = browser.new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{url}/race?first={NET}&open=graphs")
        page.locator(".graph svg").nth(1).wait_for()
        page.wait_for_timeout(3000)
        client = page.context.new_cdp_session(page)
        # The thread's own time: what else the machine does is not counted.
        client.send("Performance.enable", {"timeDomain": "threadTicks"})
        begin = task_seconds(client)
        graphs, lost = page.evaluate(RECOLOUR, UPDATES)
        taken = 1000 * (task_seconds(client) - begin) / UPDATES / graphs
        what = f"{NET} and its twin: new colours, main thread, each"
        yield Result(what, f"{taken:.1f} ms", f"< {GOAL_MS} ms", taken < GOAL_MS)
        yield Result(f"graphs mounted anew in {UPDATES} updates", str(lost), "0", lost == 0)
        browser.close()


def task_seconds(client: CDPSession) -> float:
    """What the page's main thread has worked so far."""
    found = {m["name"]: m["value"] for m in client.send("Performance.getMetrics")["metrics"]}
    return float(found["TaskDuration"])
