"""Races of four nets in the browser: pressed by name, in their own room at every width."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE_SECONDS, App, settle
from tests.browser.test_access import faults
from tests.labs import TINY, tiny_spec

Open = Callable[[str], Page]

expect.set_options(timeout=PATIENCE_SECONDS * 1000)

MAPS = 3


@pytest.mark.parametrize("width", [390, 700, 1280])
def test_an_experiment_is_drawn_without_complaint(app: App, open_page: Open, width: int) -> None:
    """plotly wrote "MNaN,NaNHNaN" to the console, which `open_page` watches, for the new maps."""
    page = open_page(f"{app.url}/_stcore/health")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{app.url}/race")
    maps(page, 2)
    page.get_by_text("Depth hurts", exact=True).first.click()
    maps(page, 6)
    page.wait_for_url("**/race?experiment=Depth+hurts")
    page.get_by_text("Depth hurts", exact=True).first.click()
    maps(page, 2)


def maps(page: Page, count: int) -> None:
    """Waits until so many heat maps are drawn."""
    plots = page.locator(".resnet-viz-chart").nth(MAPS).locator(".cartesianlayer > .subplot")
    expect(plots).to_have_count(count)
    settle(page)


@pytest.mark.parametrize("width", [390, 700, 1280])
def test_nothing_jumps_when_the_verdict_comes(app: App, open_page: Open, width: int) -> None:
    """Fails where the sentence over the nets takes more room at the end than before."""
    lab = app.lab
    plain = TINY.model_copy(update={"shortcut": "none"})
    nets = [("resnet20-cifar", TINY), ("plain20-cifar", plain), ("resnet56-cifar", TINY)]
    nets.append(("plain56-cifar", plain))
    race_id = lab.race([tiny_spec(steps=60, config=config, name=name) for name, config in nets])
    lab.pause(race_id)  # it would be over before the page is open
    page = open_page(f"{app.url}/_stcore/health")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{app.url}/race?race={race_id}&steer={lab.steering_key(race_id)}")
    stage, sentence = page.locator(".resnet-viz-stage"), page.locator(".sentence")
    expect(sentence).not_to_be_empty()
    expect(page.locator(".card")).to_have_count(4)
    settle(page)
    before = stage.bounding_box()
    mounted = stage.element_handle()
    lab.resume(race_id)
    expect(sentence).to_contain_text("ResNet-20")
    expect(page.get_by_role("button", name="Play recording")).to_be_visible()
    settle(page)
    after = stage.bounding_box()
    assert mounted.evaluate("stage => stage.isConnected"), "the stage was mounted anew"
    assert before
    assert after
    assert before["height"] == pytest.approx(after["height"], abs=1)
    assert faults(page, f"a verdict at {width} pixels") == []
