"""The Diagnosis panel in the browser: from the press to the picture, and the same by its link."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
from playwright.sync_api import Page, expect

from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from tests.browser.conftest import PATIENCE_SECONDS, App, settle
from tests.browser.test_access import faults
from tests.labs import TINY, tiny_spec, wait_until

Open = Callable[[str], Page]

expect.set_options(timeout=PATIENCE_SECONDS * 1000)

# The lines of the panel's picture, as plotly has them after a drawing.
LINES = (
    "() => (document.querySelector('.st-key-race_diagnosis .resnet-viz-chart')?.calcdata ?? [])"
    ".map(points => [points[0].trace.name, points.map(point => point.y)])"
)


def test_a_press_measures_and_draws_and_the_link_shows_it(app: App, open_page: Open) -> None:
    lab = app.lab
    plain = TINY.model_copy(update={"shortcut": "none"})
    nets = {"residual": TINY, "plain": plain}
    race = lab.race([tiny_spec(steps=3, config=config, name=name) for name, config in nets.items()])
    wait_until(lambda: all(run.is_over for run in lab.race_runs(race)))
    page = open_page(f"{app.url}/race?race={race}&steer={lab.steering_key(race)}")
    panel = page.locator(".st-key-race_diagnosis")
    panel.get_by_text("Diagnosis: what experts look at").click()
    expect(panel.get_by_text("Gradient at the first step")).to_be_visible()
    page.wait_for_url(re.compile("open=diagnosis"))
    button = panel.locator(".st-key-race_measure_shattering").get_by_role("button")
    button.first.click()
    expect(panel.get_by_text("mean cosine of").first).to_be_visible()
    page.wait_for_function(f"({LINES})().length === 2")
    drawn = dict(page.evaluate(LINES))
    for run in lab.race_runs(race):
        [result] = lab.measured(run.id)
        assert result.measurement == "shattering"
        np.testing.assert_allclose(drawn[run.name], result.found["autocorrelation"], rtol=1e-6)
    expect(button).to_have_count(0)
    settle(page)
    assert faults(page, "the Diagnosis panel") == []
    again = open_page(f"{app.url}/race?race={race}&open=diagnosis&quantity=branch_ratio")
    # A net without what is shown, and no complaint of plotly's in the console.
    maps = again.get_by_role("figure", name=re.compile("as heat maps: residual against plain"))
    expect(maps.locator(".annotation-text", has_text="not measured")).to_be_visible()
    expect(maps.locator(".xlines-above").nth(1)).to_be_attached()
    expect(again.get_by_text("mean cosine of").first).to_be_visible()
    expect(again.get_by_text("Who has the race's controls can measure")).to_be_visible()
    expect(again.get_by_role("button", name="Measure")).to_have_count(0)


def test_a_page_loaded_anew_finds_what_is_under_way_and_cancels_it(
    own_app: App, open_page: Open
) -> None:
    lab = own_app.lab
    # At the data's own 8x8 pixels the landscape takes 7 s: less than two pages may take to load.
    spec = RunSpec(
        config=preset("resnet56-cifar"), steps=2, batch_size=16, image_size=32, device="cpu"
    )
    race = lab.race([spec])
    wait_until(lambda: all(run.is_over for run in lab.race_runs(race)))
    address = f"{own_app.url}/race?race={race}&open=diagnosis"
    page = open_page(f"{address}&steer={lab.steering_key(race)}")
    press = page.locator(".st-key-race_measure_landscape").get_by_role("button")
    press.click()
    wait_until(lambda: len(lab.jobs_under_way("measure")) == 1)
    panel = page.locator(".st-key-race_diagnosis")
    stop = panel.get_by_role("button", name="Cancel")
    expect(stop).to_be_visible()
    page.reload()
    expect(panel.get_by_role("progressbar")).to_be_visible()
    expect(stop).to_have_count(1)
    visitor = open_page(address)
    shown = visitor.locator(".st-key-race_diagnosis")
    expect(shown.get_by_role("progressbar")).to_be_visible()
    expect(shown.get_by_role("button", name="Cancel")).to_have_count(0)
    stop.click()
    expect(press).to_be_visible()
    expect(panel.get_by_role("progressbar")).to_have_count(0)
    wait_until(lambda: not lab.jobs_under_way("measure"))
    expect(shown.get_by_role("progressbar")).to_have_count(0)
    assert lab.measured(lab.race_runs(race)[0].id) == []
