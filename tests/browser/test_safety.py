"""What a link, a file or a name can do to the page: nothing. And the app keeps to itself."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PAGES, PATIENCE_SECONDS, App, settle, tabs_of
from tests.labs import tiny_spec, wait_until

Open = Callable[[str], Page]

expect.set_options(timeout=PATIENCE_SECONDS * 1000)


@dataclass
class Host:
    """Somebody's server, and what was asked of it."""

    url: str = ""
    asked: list[str] = field(default_factory=list)

    @property
    def picture(self) -> str:
        """Markdown, HTML and TeX that would load a picture."""
        url = f"{self.url}/x.png"
        return f"![x]({url}) <img src='{url}'> $\\includegraphics{{{url}}}$ :red[x]"


@pytest.fixture
def host() -> Iterator[Host]:
    one = Host()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            one.asked.append(self.path)
            self.send_error(404)

        def log_message(self, *arguments: object) -> None:
            """Nothing on standard error."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        one.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield one
        server.shutdown()
        thread.join()


def test_no_text_of_a_link_is_markup(app: App, open_page: Open, host: Host) -> None:
    """`open_page` counts any request that leaves the app as a failure, too."""
    text = quote(host.picture, safe="")
    page = open_page(app.url)
    for query in (
        f"/architecture?net={text}",
        f"/architecture?net=resnet18&norm={text}",
        f"/architecture?depths={text}",
        f"/architecture?image_size={text}",
        f"/?{text}={text}",
        f"/race?race={text}",
        f"/race?race={text}&steer={text}",
        f"/compare?a={text}&b={text}",
        f"/compare?a=resnet18,norm={text}",
        f"/compare?a=resnet18,{text}=1",
        f"/design_space?net={text}",
    ):
        page.goto(app.url + query)
        settle(page)
        page.wait_for_timeout(500)
        assert page.locator(f"img[src^='{host.url}'], a[href^='{host.url}']").count() == 0, query
        assert host.asked == [], query
    page.goto(f"{app.url}/architecture?net={text}")
    expect(page.get_by_role("alert")).to_contain_text("![x](http://")


def test_no_name_is_markup(app: App, open_page: Open, host: Host) -> None:
    """A run's name, a file's name, what is typed and what is pasted."""
    lab = app.lab
    specs = [tiny_spec(name=f"{name} {host.picture}"[:100], steps=3) for name in "ab"]
    race_id = lab.race(specs)
    wait_until(lambda: all(run.is_over for run in lab.list()), PATIENCE_SECONDS)
    page = open_page(f"{app.url}/race?race={race_id}")
    expect(page.get_by_text("What happened").first).to_be_visible()
    settle(page)
    expect(page.get_by_text("a ![x](http://").first).to_be_visible()

    page.goto(f"{app.url}/architecture")
    for name in tabs_of(page):
        for box in page.get_by_role("tabpanel").get_by_role("textbox").all():
            if box.is_visible():
                box.fill(f'{{"norm": "{host.picture}"}}')
                box.press("Control+Enter")
                settle(page)
        if name == "Weights":
            file = {"name": f"{host.picture}.pth", "mimeType": "text/plain", "buffer": b"none"}
            page.locator("input[type=file]").set_input_files(file)
            page.get_by_role("button", name="Check the file").click()
            expect(page.get_by_role("alert").filter(has_text="weights")).to_be_visible()
        press = page.get_by_role("button", name="Show the pasted net")
        if press.is_visible():
            press.click()
            settle(page)
    page.goto(f"{app.url}/design_space")
    settle(page)
    page.get_by_role("textbox", name="Search").fill(host.picture)
    page.keyboard.press("Enter")
    expect(page.get_by_text("No preset matches")).to_contain_text("![x](http://")
    assert page.locator(f"img[src^='{host.url}'], a[href^='{host.url}']").count() == 0
    assert host.asked == []


def test_a_walk_over_all_pages_leaves_no_trace(app: App, open_page: Open) -> None:
    """No request to another origin, no connection of the server's, no line in its log."""
    page = open_page(app.url)
    for title, path in PAGES.items():
        page.goto(app.url + path)
        for _ in tabs_of(page):
            expect(page).to_have_title(re.compile(rf"(^|· ){title} · resnet_viz$"))
            expect(page.get_by_role("heading", level=1)).to_have_count(1)
            expect(page.get_by_test_id("stException")).to_have_count(0)
    assert app.complaints() == []
    assert app.outbound() == []
