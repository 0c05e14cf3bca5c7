"""A race steered in the browser: slow motion, Play, the projector's view, the link, six nets."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE_SECONDS, App
from tests.labs import ENDLESS, TINY, tiny_spec, wait_until

Open = Callable[[str], Page]

expect.set_options(timeout=PATIENCE_SECONDS * 1000)


def step_shown(page: Page, step: int, steps: int) -> None:
    said = f"step {step} of {steps}"
    expect(page.get_by_role("slider", name="Step shown")).to_have_attribute("aria-valuetext", said)


def test_present_mode_is_driven_by_keys(app: App, open_page: Open) -> None:
    lab = app.lab
    race_id = lab.race([tiny_spec(steps=ENDLESS), tiny_spec(steps=ENDLESS)], pace=20)
    try:
        link = f"{app.url}/race?race={race_id}&steer={lab.steering_key(race_id)}"
        page = open_page(f"{link}&present=1")
        count = page.locator(".count")
        expect(count).to_contain_text(f"of {ENDLESS:,}")
        expect(count).not_to_contain_text("step 0 of")
        for button in ("Stop training", "Next race"):
            expect(page.get_by_role("button", name=button)).to_have_count(0)
        page.keyboard.press("Space")
        expect(page.get_by_role("button", name="Resume training")).to_be_visible()
        assert {run.status for run in lab.race_runs(race_id)} == {"paused"}
        page.keyboard.press("Space")
        expect(page.get_by_role("button", name="Pause training")).to_be_visible()
        page.keyboard.press("ArrowLeft")
        expect(page.get_by_role("button", name="Live")).to_have_attribute("aria-pressed", "false")
        before = count.inner_text()
        page.wait_for_timeout(600)  # it stands where it was put, while the race goes on
        assert count.inner_text() == before
        page.keyboard.press("l")
        expect(count).not_to_have_text(before)
        page.keyboard.press("Escape")
        page.wait_for_url(lambda url: "present" not in url)
        expect(page.get_by_role("button", name="Stop training")).to_be_visible()
        page.get_by_role("button", name="Pause training").click()
        expect(page.locator(".card .about")).to_have_text(["paused", "paused"])
        expect(page.locator(".sentence")).to_have_text(re.compile("^Paused at step "))
        one, other = lab.race_runs(race_id)
        wait_until(lambda: one.steps_done == other.steps_done, PATIENCE_SECONDS)
        page.keyboard.press("p")
        page.wait_for_url(re.compile("present=1"))
    finally:
        lab.stop(race_id)


def test_play_shows_step_after_step_and_the_link_opens_on_one(app: App, open_page: Open) -> None:
    lab = app.lab
    race_id = lab.race([tiny_spec(steps=12)])
    wait_until(lambda: lab.race_runs(race_id)[0].is_over, PATIENCE_SECONDS)
    page = open_page(f"{app.url}/race?race={race_id}&step=3&quantity=update_ratio")
    step_shown(page, 3, 12)
    quantity = page.get_by_role("combobox", name="Quantity", exact=True)
    expect(quantity).to_have_value("update_ratio")
    page.get_by_role("combobox", name="Speed", exact=True).select_option("4x")
    page.get_by_role("button", name="Play recording").click()
    step_shown(page, 12, 12)
    expect(page.get_by_role("button", name="Play recording")).to_be_visible()
    page.wait_for_url(re.compile("step=12"))
    page.get_by_role("button", name="To the first step").click()
    page.wait_for_url(re.compile(r"race=[\w-]+&quantity=update_ratio$"))
    quantity.select_option("Gradient norm")
    page.wait_for_url(re.compile(r"race=[\w-]+$"))


def test_slow_motion_six_nets_and_again(app: App, open_page: Open) -> None:
    lab = app.lab
    nets = [tiny_spec(steps=ENDLESS, name=f"net {i}", config=TINY) for i in range(6)]
    race_id = lab.race(nets, pace=20)
    try:
        page = open_page(f"{app.url}/race?race={race_id}&steer={lab.steering_key(race_id)}")
        expect(page.locator(".card")).to_have_count(6)
        speed = page.get_by_role("combobox", name="Speed", exact=True)
        expect(speed).to_have_value("20")
        speed.select_option("1 step/s")
        wait_until(lambda: {run.pace for run in lab.race_runs(race_id)} == {1.0}, PATIENCE_SECONDS)
        expect(speed).to_have_value("1")
        page.get_by_role("button", name="Again", exact=True).click()
        page.get_by_role("button", name="Next seed: 1").click()
        page.wait_for_url(lambda url: race_id not in url)
        expect(page.locator(".card")).to_have_count(6)
        assert {run.status for run in lab.race_runs(race_id)} == {"stopped"}
        race_id = page.url.split("race=")[1].split("&")[0]
        assert {run.seed for run in lab.race_runs(race_id)} == {1}
    finally:
        lab.stop(race_id)


HIDE = """isHidden => {
    Object.defineProperty(document, 'hidden', { value: isHidden, configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))
}"""


def test_a_tab_that_nobody_sees_takes_no_connection(app: App, open_page: Open) -> None:
    """A browser has six for a server: with more tabs than that no page would open."""
    lab = app.lab
    race_id = lab.race([tiny_spec(steps=ENDLESS)], pace=20)
    try:
        page = open_page(f"{app.url}/race?race={race_id}")
        count = page.locator(".count")
        expect(count).not_to_contain_text("step 0 of")
        page.evaluate(HIDE, True)
        page.wait_for_timeout(500)  # what was on its way
        before = count.inner_text()
        page.wait_for_timeout(1500)
        assert count.inner_text() == before
        page.evaluate(HIDE, False)
        expect(count).not_to_have_text(before)
    finally:
        lab.stop(race_id)
