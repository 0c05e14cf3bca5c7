"""Graphs in the colours of what was measured: read back in the browser, compared with the store."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import log10

import pytest
from playwright.sync_api import Page, expect
from plotly.colors import find_intermediate_color, sequential

from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.quantities.records import StepRecord
from resnet_viz.store.run import Run
from tests.browser.conftest import PATIENCE_SECONDS, App, settle

Open = Callable[[str], Page]

expect.set_options(timeout=PATIENCE_SECONDS * 1000)

NETS = ("resnet20-cifar", "plain20-cifar")
STEPS, EVERY = 24, 5
BOXES = "g:is(.stem, .block, .head)"
FILLS = f"""graph => Object.fromEntries([...graph.querySelectorAll('{BOXES}')].map(
    g => [g.dataset.node, getComputedStyle(g.querySelector('rect')).fill]))"""
STROKES = """graph => Object.fromEntries([...graph.querySelectorAll('.flow')].map(
    path => [path.dataset.flow, getComputedStyle(path).stroke]))"""


def ends(page: Page, which: str) -> tuple[float, float]:
    """The ends of a legend's scale."""
    low, high = page.locator(f".values .{which}").evaluate(
        "one => [one.dataset.low, one.dataset.high]"
    )
    return float(low), float(high)


def colour(value: float, low: float, high: float) -> list[float]:
    """What plotly makes of a value on a log scale of these ends: red, green, blue."""
    share = (log10(value) - log10(low)) / (log10(high) - log10(low))
    share = min(1.0, max(0.0, share))
    ramp = [tuple(int(one[i : i + 2], 16) for i in (1, 3, 5)) for one in sequential.Viridis]
    place = share * (len(ramp) - 1)
    first = min(int(place), len(ramp) - 2)
    between = find_intermediate_color(ramp[first], ramp[first + 1], place - first)
    return list(between)


def rgb(text: str) -> list[float]:
    return [float(part) for part in re.findall(r"[\d.]+", text)[:3]]


def expected(run: Run, records: list[StepRecord], step: int) -> dict[str, float]:
    """From the store alone: the largest gradient norm of each unit's layers, and the parts of the
    gradient at the last step that they were measured at."""
    layers = dict(zip(run.layer_names, records[step].grad_norm.tolist(), strict=True))
    nodes = {
        unit: max(value for layer, value in layers.items() if layer.startswith(f"{unit}."))
        for unit in ("stem", *run.blocks, "head")
    }
    step -= step % EVERY
    return nodes | {
        f"{block}.{part}": value
        for part in ("input", "shortcut", "branch")
        if (name := f"grad_{part}_norm") in records[step].values
        for block, value in zip(
            run.quantities[name].names, records[step].values[name].tolist(), strict=True
        )
    }


def test_colours_are_those_of_the_store_and_nothing_is_mounted_anew(
    app: App, open_page: Open
) -> None:
    specs = [
        RunSpec(
            config=preset(net),
            name=net,
            steps=STEPS,
            batch_size=16,
            device="cpu",
            measure_every=EVERY,
        )
        for net in NETS
    ]
    race = app.lab.race(specs)
    page = open_page(f"{app.url}/race?race={race}&open=graphs")
    page.set_viewport_size({"width": 1280, "height": 4000})  # the graphs are in sight
    graphs = page.locator(".graph")
    expect(graphs).to_have_count(2)
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()
    slider = page.get_by_role("slider").first
    slider.press("Home")
    graphs.first.get_by_role("button", name="Zoom in").click()
    graphs.first.locator('g.block[data-unit="stages.1.1"]').click()
    expect(graphs.first.locator(".opened")).to_have_count(1)
    page.evaluate("() => { window.before = [] }")
    for graph in graphs.all():
        graph.locator("svg").evaluate("svg => { window.before.push(svg) }")
    width = graphs.first.locator("svg").evaluate("svg => svg.style.width")
    assert width
    nodes, lines = ends(page, "nodes"), ends(page, "lines")
    runs = [(run, list(app.lab.records(run.id))) for run in app.lab.race_runs(race)]
    for step in range(11):
        expect(slider).to_have_attribute("aria-valuetext", f"step {step} of {STEPS}")
        settle(page)
        for graph, (run, records) in zip(graphs.all(), runs, strict=True):
            said = f"lines: step {step - step % EVERY}" if step % EVERY else ""
            expect(graph.locator(".said")).to_have_text(said)
            of = expected(run, records, step)
            fills, strokes = graph.evaluate(FILLS), graph.evaluate(STROKES)
            assert len(fills) >= len(run.blocks) + 1
            assert len(strokes) > 2 * len(run.blocks) - 3
            for scale, seen in ((nodes, fills), (lines, strokes)):
                for name, text in seen.items():
                    assert rgb(text) == pytest.approx(colour(of[name], *scale), abs=2), name
        slider.press("ArrowRight")
    assert page.evaluate("""() => window.before.every(svg => svg.isConnected)"""), "mounted anew"
    assert graphs.first.locator("svg").evaluate("svg => svg.style.width") == width
    expect(graphs.first.locator(".opened")).to_have_count(1)

    # What is pointed at in one plot is marked in the others.
    graphs.first.locator('g.block[data-unit="stages.2.1"] rect').hover()
    expect(graphs.last.locator('g.block.hot[data-unit="stages.2.1"]')).to_be_visible()
    page.get_by_role("heading", name="What happened").hover()
    expect(graphs.last.locator(".hot")).to_have_count(0)
    page.evaluate(TELL, "stages.0.2.branch.conv1")
    for graph in graphs.all():
        expect(graph.locator('g.block.hot[data-unit="stages.0.2"]')).to_have_count(1)

    # The next race, of which nothing is measured yet, has nothing of this one's.
    assert page.evaluate(UNTOLD) == "race"
    for graph in graphs.all():
        graph.scroll_into_view_if_needed()  # out of sight it is not coloured
        expect(graph.locator(".flow[style*='stroke:']")).to_have_count(0)
        expect(graph.locator("g.block[style*='fill:']")).to_have_count(0)


UNTOLD = """() => {
    const [group, told] = Object.entries(window.resnetVizValues)[0]
    for (const one of Object.values(told.graphs)) Object.assign(one, { nodes: {}, lines: {} })
    told.lines = null
    document.dispatchEvent(new CustomEvent('resnet-viz-values', { detail: { group } }))
    return group
}"""


TELL = """name => document.dispatchEvent(
    new CustomEvent('resnet-viz-point', { detail: { name, source: 'another plot' } }))"""


def test_a_link_opens_the_graph_in_the_colours_of_its_costs(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/architecture?net=resnet20-cifar&colour=MACs")
    graph = page.locator(".graph")
    expect(graph.locator("g.block").first).to_have_css("fill", re.compile("rgb"))
    settle(page)
    macs = {path: unit.macs for path, unit in plan(preset("resnet20-cifar")).units}
    for name, fill in graph.evaluate(FILLS).items():
        assert rgb(fill) == pytest.approx(colour(macs[name], *ends(page, "nodes")), abs=2), name
    page.reload()
    expect(graph.locator("g.block").first).to_have_css("fill", re.compile("rgb"))
    assert "colour=MACs" in page.url

    # What is not finite or exactly zero has a mark of its own.
    page.evaluate(TOLD)
    fills = {
        "stages.0.0": "not-finite",
        "stages.0.1": "not-finite",
        "stages.0.2": "zero",
    }
    for unit, mark in fills.items():
        box = graph.locator(f'g.block[data-unit="{unit}"]')
        assert mark in box.evaluate("g => getComputedStyle(g).fill")
    expect(graph.locator('g.block.unmeasured[data-unit="stages.1.0"]')).to_have_count(1)


TOLD = """() => {
    const told = window.resnetVizValues.graph
    const nodes = { 'stages.0.0': 'NaN', 'stages.0.1': 'Infinity', 'stages.0.2': 0 }
    told.graphs = { graph: { nodes, lines: {}, said: '' } }
    document.dispatchEvent(new CustomEvent('resnet-viz-values', { detail: { group: 'graph' } }))
}"""
