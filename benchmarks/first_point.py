"""From the press of "Start race" to the first point on the page, in a real browser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

import psutil
from playwright.sync_api import Page, sync_playwright

from benchmarks.result import Result
from resnet_viz import Lab
from resnet_viz.scheduler.launcher_client import dismiss_launcher

ROOT = Path(__file__).parents[1]
WHAT = "press of Start race to the first point on the page"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
_WARM_SECONDS = 10.0
HAS_A_POINT = r"() => /\d/.test(document.querySelector('.card .figure')?.textContent ?? '')"
"""On the stage, whose first figure comes with the first record."""


def run() -> Iterator[Result]:
    """Seconds, the page being open; the nets are the page's own defaults."""
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None:
        yield Result(WHAT, "not measured: there is no Chromium")
        return
    with served() as (url, home, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        warm = [_measure(browser.new_page(), url, home, is_warm=True) for _ in range(3)]
        cold = _measure(browser.new_page(), url, home, is_warm=False)
        browser.close()
    what, seconds = f"{WHAT}, the app open for a while", median(warm)
    yield Result(what, f"{seconds:.2f} s", "< 0.4 s", seconds < 0.4)
    yield Result(f"{WHAT}, without a launcher", f"{cold:.1f} s")


def _measure(page: Page, url: str, home: Path, *, is_warm: bool) -> float:
    page.set_default_timeout(120_000)
    page.goto(f"{url}/race")
    button = page.get_by_role("button", name="Start race")
    button.wait_for()
    page.locator(".card .figure").first.wait_for()
    assert not page.evaluate(HAS_A_POINT)
    if is_warm:
        time.sleep(_WARM_SECONDS)
    else:
        dismiss_launcher(home)
    begin = time.perf_counter()
    button.click()
    page.wait_for_function(HAS_A_POINT, polling=20)
    seconds = time.perf_counter() - begin
    page.close()
    end(home)
    return seconds


def end(home: Path) -> None:
    """Stop all runs in the folder."""
    for run in Lab(home).list():
        Lab(home).stop(run.id)


class Server(NamedTuple):
    """The app as it is served: its address, the folder of its lab, and its process."""

    url: str
    home: Path
    process: psutil.Process


@contextmanager
def served() -> Iterator[Server]:
    """The app, with an empty folder for its lab. No process outlives it."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        port = _free_port()
        options = ("--server.headless=true", f"--server.port={port}")
        server = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", *options],
            cwd=ROOT,
            env=os.environ | {"RESNET_VIZ_HOME": home, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _await_health(url)
            yield Server(url, Path(home), psutil.Process(server.pid))
        finally:
            server.terminate()
            server.wait(30)
            end(Path(home))
            dismiss_launcher(Path(home))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_health(url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
