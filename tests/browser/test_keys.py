"""Keys and frames in a real browser: cookies that scripts cannot read, pages that strangers cannot
show in theirs."""

from __future__ import annotations

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from playwright.sync_api import Browser, Page, expect

from resnet_viz.ui.session.cookies import CONTROLS, ONE_A_RACE, OWNER
from tests.browser.conftest import PATIENCE_SECONDS, App, settle
from tests.labs import ENDLESS, tiny_spec

Open = Callable[[str], Page]

expect.set_options(timeout=PATIENCE_SECONDS * 1000)


def cookies_of(page: Page) -> dict[str, str]:
    """By name, all that the browser has: out of reach for the page's own scripts."""
    found = {str(one["name"]): str(one["value"]) for one in page.context.cookies()}
    seen = page.evaluate("document.cookie")
    assert not any(name in seen for name in found if name.startswith("resnet_viz"))
    return found


def test_controls_outlive_a_reload_in_one_cookie(app: App, open_page: Open) -> None:
    lab = app.lab
    races = [lab.race([tiny_spec(steps=ENDLESS)], pace=20) for _ in range(2)]
    try:
        page = open_page(app.url)
        for race_id in races:
            with page.expect_response("**/keep_controls") as kept:
                page.goto(f"{app.url}/race?race={race_id}&steer={lab.steering_key(race_id)}")
            assert kept.value.status == 204
        held = cookies_of(page)[CONTROLS]
        assert all(lab.steering_key(race_id) in held for race_id in races)
        for race_id in races:
            page.goto(f"{app.url}/race?race={race_id}")
            expect(page.get_by_role("button", name="Pause training")).to_be_visible()
        page.wait_for_timeout(3000)  # what is asked once has been asked
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.wait_for_timeout(3000)
        assert not [url for url in asked if "keep_controls" in url], "a live race asks once"
    finally:
        for race_id in races:
            lab.stop(race_id)


def test_a_hundred_cookies_of_an_earlier_version_do_no_harm(app: App, open_page: Open) -> None:
    """Not even the start page had a connection then."""
    page = open_page(f"{app.url}/_stcore/health")
    page.context.add_cookies(
        [{"name": f"{ONE_A_RACE}{n:022}", "value": "x" * 43, "url": app.url} for n in range(120)]
    )
    page.goto(app.url)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    for _ in range(120 // 12):  # each visit takes twelve of them away
        page.goto(app.url, wait_until="commit")
    assert {name for name in cookies_of(page) if name.startswith("resnet_viz")} == {CONTROLS}


def test_the_owners_link_loses_its_key(app: App, open_page: Open) -> None:
    key = (app.home / "owner.key").read_text().strip()
    page = open_page(f"{app.url}/runs?key={key}")
    settle(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Runs")
    assert page.url == f"{app.url}/runs"
    assert cookies_of(page)[OWNER] == key


def test_a_strangers_page_cannot_show_ours(app: App, browser: Browser) -> None:
    class Stranger(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<iframe src='{app.url}'></iframe>".encode())

        def log_message(self, *arguments: object) -> None:
            """Nothing on standard error."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Stranger) as host:
        thread = Thread(target=host.serve_forever)
        thread.start()
        page = browser.new_context().new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"http://localhost:{host.server_port}")
        page.wait_for_timeout(2000)
        assert any("frame-ancestors" in text for text in said), said
        assert page.frames[1].locator("[data-testid=stApp]").count() == 0
        page.context.close()
        host.shutdown()
        thread.join()
