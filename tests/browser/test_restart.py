"""The server ends and comes back while a race goes on: an open page goes on by itself."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE_SECONDS, serve
from tests.lab.conftest import ENDLESS, tiny_spec, wait_until

expect.set_options(timeout=PATIENCE_SECONDS * 1000)


def test_an_open_page_survives_its_server(tmp_path: Path, browser: Browser) -> None:
    """Fails where the new server forgets the race, its controls, or the page that is open."""
    first = serve(tmp_path, keeps_lab=True)
    app = next(first)
    lab, port = app.lab, app.url.rpartition(":")[2]
    race_id = lab.race([tiny_spec(steps=ENDLESS, name="mine")], pace=20)
    link = f"{app.url}/race?race={race_id}"
    # A context of its own: without its server Streamlit's page complains, as it should.
    page = browser.new_context().new_page()
    page.goto(f"{link}&steer={lab.steering_key(race_id)}")
    expect(page.locator(".net .status")).to_have_text("running")
    next(first, None)
    before = lab.race_runs(race_id)[0].steps_done
    wait_until(lambda: lab.race_runs(race_id)[0].steps_done > before + 10, PATIENCE_SECONDS)
    for _ in serve(tmp_path, port=int(port)):
        wait_until(lambda: _step_of(page) > before + 10, PATIENCE_SECONDS)
        page.get_by_role("button", name="Pause").click()
        expect(page.locator(".net .status")).to_have_text("paused")
        assert page.url == link
        lab.stop(race_id)
        expect(page.locator(".net .status")).to_have_text("stopped")
        page.context.close()


def _step_of(page: Page) -> int:
    found = re.search(r"step (\d+)", page.locator(".net").inner_text())
    return int(found[1]) if found else -1
