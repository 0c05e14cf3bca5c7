"""A click on a block deletes it: in the browser, against the store and a net rebuilt without it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import torch
from playwright.sync_api import Locator, Page, expect
from torch.nn import functional

from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.store.database import Store
from resnet_viz.store.run import Run
from resnet_viz.workers.measure_run import _read, measure_run
from tests.browser.conftest import PATIENCE_SECONDS, App, settle
from tests.browser.test_access import faults
from tests.labs import wait_until
from tests.measurements.test_measured import without

Open = Callable[[str], Page]

expect.set_options(timeout=PATIENCE_SECONDS * 1000)

STEPS = 6
SAID = re.compile(
    r"without block 2 of stage 2: error on the training images ([\d.]+)% → ([\d.]+)%, "
    r"loss ([\d.]+) → ([\d.]+) \(step 6, batch norm recalibrated\)"
)


def rebuilt(app: App, run: Run) -> tuple[float, float]:
    """Share of wrong answers and loss of the net built anew without block 2 of stage 2."""
    network, images, labels = _read(Store(app.home), run.id, run.spec, STEPS, 256)
    with torch.no_grad():
        logits = without(network, 1, 1).train()(images.double())
    wrong = (logits.argmax(1) != labels).double().mean().item()
    return wrong, functional.cross_entropy(logits, labels).item()


def box(graph: Locator, unit: str) -> Locator:
    return graph.locator(f'g.block[data-unit="{unit}"]')


def test_a_click_deletes_a_block_and_says_what_that_changes(app: App, open_page: Open) -> None:
    lab, nets = app.lab, ("resnet20-cifar", "plain20-cifar")
    race = lab.race(
        [
            RunSpec(config=preset(net), name=net, steps=STEPS, batch_size=16, device="cpu")
            for net in nets
        ]
    )
    wait_until(lambda: all(run.is_over for run in lab.race_runs(race)))
    run, plain = lab.race_runs(race)
    link = f"{app.url}/race?race={race}&open=graphs"
    page = open_page(f"{link}&steer={lab.steering_key(race)}")
    residual_graph, plain_graph = page.locator(".graph").nth(0), page.locator(".graph").nth(1)
    residual_graph.get_by_role("button", name="Zoom in").click()
    box(residual_graph, "stages.0.1").click()
    expect(residual_graph.locator(".opened")).to_have_count(1)
    page.get_by_text("Remove", exact=True).click()
    page.wait_for_url(re.compile("click=deletes"))
    svg = residual_graph.locator("svg")
    svg.evaluate("svg => { window.before = [svg, svg.style.width] }")

    box(residual_graph, "stages.1.1").click()
    expect(residual_graph.locator(".cut")).to_have_count(1)
    sentence = page.get_by_text(SAID)
    expect(sentence).to_be_visible()
    found = SAID.search(sentence.inner_text())
    assert found
    whole_error, error, whole_loss, loss = map(float, found.groups())
    [result] = lab.measured(run.id)
    at = run.blocks.index("stages.1.1")
    assert whole_error == pytest.approx(100 * float(result.found["whole_error"]), abs=0.051)
    assert error == pytest.approx(100 * result.found["error"][at], abs=0.051)
    assert whole_loss == pytest.approx(float(result.found["whole_loss"]), rel=0.05)
    assert loss == pytest.approx(result.found["loss"][at], rel=0.05)
    own_error, own_loss = rebuilt(app, run)
    assert result.found["error"][at] == pytest.approx(own_error, abs=1 / 256)
    assert result.found["loss"][at] == pytest.approx(own_loss, rel=1e-3)
    assert lab.measured(plain.id) == []

    # The picture is the same, zoomed and opened as it was, and the mark outlives new colours.
    page.get_by_role("slider").first.press("Home")
    settle(page)
    same = "svg => window.before[0] === svg && window.before[1] === svg.style.width"
    assert svg.evaluate(same)
    expect(residual_graph.locator(".opened")).to_have_count(1)
    expect(residual_graph.locator('.block[data-unit="stages.1.1"] .cut')).to_have_count(1)
    assert faults(page, "a deleted block") == []

    # What cannot be left out says so; who has the link sees the same and deletes nothing.
    box(plain_graph, "stages.1.0").click()
    expect(
        page.get_by_text("Plain-20 without block 1 of stage 2: there is no such net")
    ).to_be_visible()
    expect(plain_graph.locator(".cut")).to_have_count(0)
    visitor = open_page(f"{app.url}/race?{page.url.partition('?')[2]}")
    expect(visitor.get_by_text(SAID)).to_be_visible()
    expect(visitor.locator(".cut")).to_have_count(1)
    expect(visitor.get_by_text("Remove", exact=True)).to_have_count(0)
    box(visitor.locator(".graph").nth(1), "stages.2.1").click()
    expect(visitor.locator(".opened")).to_have_count(1)

    box(residual_graph, "stages.1.1").click()
    expect(residual_graph.locator(".cut")).to_have_count(0)
    page.wait_for_url(lambda url: "0%3Astages" not in url)


# Where a point of the lesions' picture is in the window, by the numbers of its net and its block.
POINT = """(chart, [net, block]) => {
  const { x, y, xaxis, yaxis } = { ...chart._fullData[net], ...chart._fullLayout }
  const { left, top } = chart.getBoundingClientRect()
  return [left + xaxis._offset + xaxis.d2p(x[block]), top + yaxis._offset + yaxis.d2p(y[block])]
}"""


def test_a_click_on_a_point_of_the_diagnosis_deletes_its_block_and_so_does_the_keyboard(
    app: App, open_page: Open
) -> None:
    lab, nets = app.lab, ("resnet20-cifar", "plain20-cifar")
    race = lab.race(
        [
            RunSpec(config=preset(net), name=net, steps=2, batch_size=16, device="cpu")
            for net in nets
        ]
    )
    wait_until(lambda: all(run.is_over for run in lab.race_runs(race)))
    for run in lab.race_runs(race):
        measure_run(Store(app.home), run.id, 2, "lesions")
    address = f"{app.url}/race?race={race}&open=diagnosis,graphs"
    page = open_page(f"{address}&steer={lab.steering_key(race)}")
    graphs = page.locator(".graph")
    panel = page.locator(".st-key-race_diagnosis")
    panel.get_by_role("radio", name="step 2 (end)").click()
    figure = panel.get_by_role("figure", name=re.compile("at step 2: ResNet-20 against"))
    expect(figure.locator(".scatterlayer .trace")).to_have_count(2)
    settle(page)

    def click(net: int, block: int) -> None:
        figure.scroll_into_view_if_needed()
        page.mouse.click(*figure.evaluate(POINT, [net, block]))

    click(0, 4)  # the fifth of nine blocks
    page.wait_for_url(re.compile(r"without=0%3Astages\.1\.1"))
    expect(graphs.nth(0).locator('.block[data-unit="stages.1.1"] .cut')).to_have_count(1)
    said = page.get_by_text(re.compile(r"ResNet-20 without block 2 of stage 2: error on the train"))
    expect(said).to_have_count(2)  # under the graph and in the panel
    expect(figure.locator(".scatterlayer .trace")).to_have_count(3)
    settle(page)
    click(1, 7)  # where both nets have a point at this x: the nearer one's
    page.wait_for_url(re.compile(r"1%3Astages\.2\.1"))
    expect(graphs.nth(1).locator('.block[data-unit="stages.2.1"] .cut')).to_have_count(1)
    settle(page)
    click(0, 4)
    page.wait_for_url(lambda url: "0%3Astages" not in url)
    expect(graphs.nth(0).locator(".cut")).to_have_count(0)

    settle(page)
    box = panel.get_by_role("combobox", name=re.compile("Block to delete"))
    panel.get_by_role("combobox", name=re.compile("Net")).focus()
    page.keyboard.press("Tab")
    expect(box).to_be_focused()
    page.keyboard.type("stages.0.2")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"without=0%3Astages\.0\.2"))
    expect(graphs.nth(0).locator('.block[data-unit="stages.0.2"] .cut')).to_have_count(1)
    settle(page)
    assert faults(page, "a deleted block in the Diagnosis") == []
    assert [len(lab.measured(run.id)) for run in lab.race_runs(race)] == [1, 1]

    visitor = open_page(f"{app.url}/race?{page.url.partition('?')[2]}")
    shown = visitor.locator(".st-key-race_diagnosis")
    expect(
        shown.get_by_text(re.compile("without .*block 3 of stage 1: error on the"))
    ).to_be_visible()
    expect(shown.get_by_role("combobox", name=re.compile("Block to delete"))).to_have_count(0)
