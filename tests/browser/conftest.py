"""The real app in a real browser: a server of its own, and Debian's or anyone's Chromium."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from resnet_viz.lab.runs import Lab

ROOT = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Generous: two cores may be shared with two workers, the server and the browser.
PATIENCE_SECONDS = 60.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.path).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)
            # A browser on two busy cores may miss a press; a real fault fails again.
            item.add_marker(pytest.mark.flaky(reruns=1))


@dataclass(frozen=True)
class App:
    """A running server and the lab that it uses."""

    url: str
    home: Path
    log: Path

    @property
    def lab(self) -> Lab:
        return Lab(self.home)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None and "RESNET_VIZ_REQUIRE_BROWSER" in os.environ:
        pytest.fail("RESNET_VIZ_REQUIRE_BROWSER is set, but there is no Chromium")
    if path is None:
        pytest.skip(f"there is no Chromium: none of {', '.join(NAMES)} is on the PATH")
    with sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield one
        one.close()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    yield from serve(tmp_path)


def serve(folder: Path, *options: str, base_path: str = "") -> Iterator[App]:
    """A server with its data in `folder`; no worker outlives it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    one = App(f"http://127.0.0.1:{port}{base_path}", folder / "home", folder / "server.log")
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    command += ["--server.headless=true", "--server.address=127.0.0.1", f"--server.port={port}"]
    environment = os.environ | {"RESNET_VIZ_HOME": str(one.home), "PYTHONPATH": str(ROOT)}
    with one.log.open("w") as log:
        server = subprocess.Popen(
            [*command, *options], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        _await_health(one, server)
        yield one
    finally:
        for run in one.lab.list():
            one.lab.stop(run.id)
        server.terminate()
        server.wait(30)


def _await_health(app: App, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{app.url}/_stcore/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            assert server.poll() is None, app.log.read_text()
            time.sleep(0.2)
    raise AssertionError(app.log.read_text())


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Opens an address in a browser context of its own; errors in its console fail the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # Streamlit itself asks /race/_stcore for its base path, and takes the 404 for an answer.
        own_probe = "_stcore" in message.location.get("url", "")
        # The frontend's word when its server ends, as servers do in these tests.
        is_goodbye = message.text.startswith("WebSocket is already in CLOSING")
        if message.type == "error" and not (own_probe or is_goodbye):
            complaints.append(message.text)

    def open_one(url: str) -> Page:
        context = browser.new_context(viewport={"width": 1280, "height": 1000})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_SECONDS * 1000)
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []
