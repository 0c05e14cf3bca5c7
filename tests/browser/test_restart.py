"""Servers and Labs of one folder: killed, come back, several at once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE_SECONDS, ROOT, serve
from tests.labs import ENDLESS, tiny_spec, wait_until
from tests.launchers import launchers_in

expect.set_options(timeout=PATIENCE_SECONDS * 1000)


TRAINING = re.compile("^Training the network")


def test_an_open_page_survives_its_server_which_is_killed(tmp_path: Path, browser: Browser) -> None:
    """Fails where the new server forgets the race, its controls, or the page that is open."""
    first = serve(tmp_path, keeps_lab=True)
    app = next(first)
    lab, port = app.lab, app.url.rpartition(":")[2]
    race_id = lab.race([tiny_spec(steps=ENDLESS, name="mine")], pace=20)
    link = f"{app.url}/race?race={race_id}"
    # A context of its own: without its server Streamlit's page complains, as it should.
    page = browser.new_context().new_page()
    page.goto(f"{link}&steer={lab.steering_key(race_id)}")
    expect(page.locator(".sentence")).to_have_text(TRAINING)
    next(first, None)
    before = lab.race_runs(race_id)[0].steps_done
    wait_until(lambda: lab.race_runs(race_id)[0].steps_done > before + 10, PATIENCE_SECONDS)
    for _ in serve(tmp_path, port=int(port)):
        wait_until(lambda: _step_of(page) > before + 10, PATIENCE_SECONDS)
        page.get_by_role("button", name="Pause training").click()
        expect(page.locator(".card .about")).to_have_text("paused")
        assert page.url == link
        lab.stop(race_id)
        expect(page.locator(".card .about")).to_have_text(re.compile("^stopped at step"))
        page.context.close()


# A Lab of a process of its own: it starts runs, and waits until they are over.
STARTER = """
import time
from resnet_viz import Lab
from tests.labs import tiny_spec
lab = Lab()
ids = [lab.start(tiny_spec(steps=30, seed=seed)) for seed in range(3)]
while not all(lab.get(run_id).is_over for run_id in ids):
    time.sleep(0.2)
print(*ids)
"""


def test_two_servers_and_three_labs_of_one_folder(tmp_path: Path, browser: Browser) -> None:
    """Fails where two launchers are at work, a run is lost, or a server shows its own runs only."""
    servers = [serve(tmp_path, keeps_lab=True), serve(tmp_path)]
    apps = [next(server) for server in servers]
    lab = apps[0].lab
    race_id = lab.race([tiny_spec(steps=ENDLESS, name="mine")], pace=20)
    pages = [browser.new_context().new_page() for _ in apps]
    for page, app in zip(pages, apps, strict=True):
        page.goto(f"{app.url}/race?race={race_id}")
        expect(page.locator(".sentence")).to_have_text(TRAINING)
    environment = os.environ | {"RESNET_VIZ_HOME": str(lab.home), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", STARTER]
    starters = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    started = [run_id for one in starters for run_id in one.communicate(timeout=180)[0].split()]
    assert len(set(started)) == 9
    for run in map(lab.get, started):
        assert (run.status, run.steps_done) == ("finished", 30)
        assert [record.step for record in lab.records(run.id)] == list(range(30))
    alone = [p for p in launchers_in(lab.home) if p.parent() not in launchers_in(lab.home)]
    assert len(alone) == 1
    next(servers[0], None)
    before = lab.race_runs(race_id)[0].steps_done
    wait_until(lambda: _step_of(pages[1]) > before, PATIENCE_SECONDS)
    for page in pages:
        page.context.close()
    next(servers[1], None)


def _step_of(page: Page) -> int:
    found = re.search(r"step ([\d,]+)", page.locator(".count").inner_text())
    return int(found[1].replace(",", "")) if found else -1


def test_a_server_that_is_told_to_end_does_not_wait_for_who_watches(tmp_path: Path) -> None:
    """An open feed has no end of its own; `serve` allows 30 s."""
    servers = serve(tmp_path)
    app = next(servers)
    race_id = app.lab.race([tiny_spec(steps=ENDLESS)])
    with urllib.request.urlopen(f"{app.url}/stage_feed?race={race_id}", timeout=60) as feed:
        assert feed.readline().startswith(b"data:")
        with pytest.raises(StopIteration):
            next(servers)
