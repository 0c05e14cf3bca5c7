"""The real app in a real browser: a server of its own, and Debian's or anyone's Chromium."""

from __future__ import annotations

import os
import re
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
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    expect,
    sync_playwright,
)

from resnet_viz.lab.lab import Lab
from tests.labs import end

ROOT = Path(__file__).parents[2]
WATCH = Path(__file__).parent / "watch"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PAGES = {
    "Start": "/",
    "Architecture": "/architecture",
    "Race": "/race",
    "Sweeps": "/sweeps",
    "Papers": "/papers",
    "Runs": "/runs",
    "Initialisation": "/initialisation",
    "Compare": "/compare",
    "Design space": "/design_space",
}
# What Streamlit says when it starts and ends, and when the timer of a part of the page fires while
# that part is being taken away; nothing else.
GREETINGS = re.compile(
    r"\s*|.* Uvicorn server started on .*|\s*You can now view your Streamlit app in your browser\."
    r"|\s*URL: http://\S+|  On this computer you can manage all runs\. .*"
    r"|  tunnel, you need the owner's key .*|  http://\S+/\?key=[\w-]+"
    r"|.* The fragment with id \w+ does not exist anymore - .*"
    r"|.* Couldn't find fragment with id \w+\. .*"
)
# Generous: two cores may be shared with two workers, the server and the browser.
PATIENCE_SECONDS = 60.0


# A page may still grow above a chart, and one that is out of sight is not drawn: looked at anew at
# each try.
LOOK = """i => {
    const chart = document.querySelectorAll('.resnet-viz-chart')[i]
    chart.scrollIntoView({ block: 'center' })
    return chart
}"""

SECOND_TRY = "seconds: a browser draws against a clock on a machine that may be busy"
"""Every test here waits for a browser that draws, so the whole room has a second try."""


def pytest_itemcollected(item: pytest.Item) -> None:
    if item.path.parent == Path(__file__).parent:
        item.add_marker(pytest.mark.browser)
        item.add_marker(pytest.mark.flaky(reruns=1, reason=SECOND_TRY))


@dataclass(frozen=True)
class App:
    """A running server and the lab that it uses."""

    url: str
    home: Path
    log: Path
    connections: Path

    @property
    def lab(self) -> Lab:
        return Lab(self.home)

    def complaints(self) -> list[str]:
        """The lines of the log that a healthy server does not write."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [line for line in lines if not GREETINGS.fullmatch(line)]

    def outbound(self) -> list[str]:
        """The connections that the server and its processes made to other computers."""
        return self.connections.read_text().splitlines() if self.connections.exists() else []


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
def own_app(tmp_path: Path) -> Iterator[App]:
    """A server for one test that minds what else is in the lab: it takes seconds to start."""
    yield from serve(tmp_path)


@pytest.fixture(scope="session")
def server_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The one server behind `app`."""
    yield from serve(tmp_path_factory.mktemp("shared"))


@pytest.fixture
def app(server_of_all: App) -> Iterator[App]:
    """A server that tests share; each leaves it idle, and answers for the lines that it has caused
    in its log."""
    before = len(server_of_all.complaints())
    yield server_of_all
    _stop_all(server_of_all.lab)
    assert server_of_all.complaints()[before:] == []


def _stop_all(lab: Lab) -> None:
    """What a test has left under way would take the place of the next one's."""
    for run in lab.list():
        if not run.is_over:
            lab.stop(run.id)


def serve(
    folder: Path, *options: str, base_path: str = "", port: int = 0, keeps_lab: bool = False
) -> Iterator[App]:
    """A server with its data in `folder`; no process outlives it, but for the lab's on request:
    such a server is killed."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        port = probe.getsockname()[1]
    one = App(
        f"http://127.0.0.1:{port}{base_path}",
        folder / "home",
        folder / f"server-{port}.log",
        folder / "connections.log",
    )
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    command += ["--server.headless=true", "--server.address=127.0.0.1", f"--server.port={port}"]
    environment = os.environ | {
        "RESNET_VIZ_HOME": str(one.home),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(WATCH)]),
        "RESNET_VIZ_TEST_CONNECTIONS": str(one.connections),
    }
    with one.log.open("w") as log:
        server = subprocess.Popen(
            [*command, *options], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        _await_health(one, server)
        yield one
    finally:
        if keeps_lab:
            server.kill()
        else:
            server.terminate()
        server.wait(30)
        if not keeps_lab:
            end(one.lab)
    assert one.complaints() == []
    assert one.outbound() == []


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


# Charts fetch plotly when they come near what is seen. Tests of charts do not scroll to each.
ALL_NEAR = """
const Observer = window.IntersectionObserver
window.IntersectionObserver = class extends Observer {
  constructor(tell, options) {
    super(tell, options)
    this.tellNear = options?.rootMargin === "200px" ? tell : null
  }
  observe(target) {
    super.observe(target)
    if (this.tellNear) setTimeout(this.tellNear, 0, [{ target, isIntersecting: true }])
  }
}"""


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Opens an address in a browser context of its own.

    Errors in its console fail the test, and so does a request to anywhere but the app.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # The frontend's words when its server ends, as servers do in these tests.
        is_probe = "_stcore" in message.location.get("url", "") and "status of" not in message.text
        is_goodbye = message.text.startswith("WebSocket is already in CLOSING")
        if message.type == "error" and not (is_probe or is_goodbye):
            complaints.append(message.text)

    def open_one(url: str) -> Page:
        def watch(request: Request) -> None:
            own = url.split("/", 3)[:3] == request.url.removeprefix("blob:").split("/", 3)[:3]
            if not own and not request.url.startswith("data:"):
                complaints.append(f"a request left the app: {request.url}")

        context = browser.new_context(viewport={"width": 1280, "height": 1000})
        contexts.append(context)
        page = context.new_page()
        page.add_init_script(ALL_NEAR)
        page.set_default_timeout(PATIENCE_SECONDS * 1000)
        page.on("console", note)
        page.on("request", watch)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


def settle(page: Page) -> None:
    """Waits until the page's script has run."""
    page.wait_for_timeout(300)  # until then the last run's end may still stand there
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute(
        "data-test-script-state", "notRunning", timeout=PATIENCE_SECONDS * 1000
    )


def tabs_of(page: Page) -> Iterator[str]:
    """Opens the page's tabs one after the other; one name a tab, "" if there are none."""
    settle(page)
    names = [tab.inner_text() for tab in page.get_by_role("tab").all()] or [""]
    for name in names:
        if name:
            page.get_by_role("tab", name=name, exact=True).click()
            settle(page)
        yield name
