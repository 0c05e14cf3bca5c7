"""The real server: what it tells browsers, whom it takes for the owner, what it keeps."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Mapping

import pytest

from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler import launcher_client
from resnet_viz.ui.session import cookies
from tests.labs import tiny_spec
from tests.ui.server.conftest import ROOT, Serve, Server

pytestmark = pytest.mark.flaky(reruns=1, reason="processes: a server")

FORWARDED = {"X-Forwarded-For": "127.0.0.1"}
NAME = "race of somebody else"


@pytest.fixture(scope="module")
def race_id(server: Server) -> str:
    """A race of one net, that waits: it has no launcher."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(launcher_client, "ensure_launcher", lambda store: None)
        return Lab(server.home).race([tiny_spec(name=NAME)])


def sees(server: Server, headers: Mapping[str, str] | None = None) -> bool:
    """Whether the Runs page lists that race to who comes with these headers."""
    with server.visit("runs", headers=headers) as visitor:
        return NAME.encode() in visitor.heard


@pytest.mark.parametrize(
    "path", ["/", "/race", "/chart_scripts/any/live_chart.js", "/_stcore/health", "/nothing"]
)
def test_no_answer_may_be_framed_or_guessed_at(server: Server, path: str) -> None:
    headers = server.ask(path).headers
    assert "frame-ancestors 'self'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/", "/race", "/race?race=a.b"])
def test_a_page_says_where_the_app_is(server: Server, path: str) -> None:
    """Whole, as it is, however the browser asks; what is no page is left alone."""
    asking = {"Accept-Encoding": "gzip", "If-Modified-Since": "Sat, 01 Jan 2050 00:00:00 GMT"}
    page = server.ask(path, headers=asking)
    assert (page.status, page.headers.get("content-encoding")) == (200, None)
    assert len(page.body) == int(page.headers["content-length"])
    assert page.headers["cache-control"] == "no-cache"
    script = b'<script>window.__streamlit = { BACKEND_BASE_URL: new URL(".", window.location.href)'
    assert 0 < page.body.index(script) < page.body.index(b"<script type=")
    assert b"__streamlit = {" not in server.ask("/_stcore/health").body
    assert server.ask("/", "HEAD").body == b""


def test_the_owners_link_becomes_a_cookie_and_loses_its_key(server: Server) -> None:
    assert stat.S_IMODE((server.home / "owner.key").stat().st_mode) == 0o600
    assert f"{server.url}/?key={server.key}" in server.log.read_text()
    answer = server.ask(f"/race?race=a%20b&key={server.key}&step=3")
    assert (answer.status, answer.headers["location"]) == (303, "./race?race=a+b&step=3")
    assert answer.cookies == {cookies.OWNER: server.key}
    assert re.search(r"HttpOnly;.*SameSite=Strict", answer.headers["set-cookie"])
    for path, page in (("/?key=wrong", "./"), ("//evil.example?key=x", "./evil.example")):
        refused = server.ask(path)
        assert (refused.status, refused.headers["location"]) == (303, page)
        assert not refused.cookies
    https = server.ask(f"/?key={server.key}", headers={"X-Forwarded-Proto": "https"})
    assert "Secure" in https.headers["set-cookie"]


@pytest.mark.usefixtures("race_id")
def test_the_owner_needs_the_key_beyond_a_proxy(server: Server) -> None:
    """Also where the server's own computer is asked by a strange name."""
    with_key = {"Cookie": f"{cookies.OWNER}={server.key}"}
    assert sees(server)
    assert sees(server, FORWARDED | with_key)
    assert not sees(server, FORWARDED)
    assert not sees(server, FORWARDED | {"Cookie": f"{cookies.OWNER}=wrong"})


def test_a_visitors_races_are_kept_in_one_cookie(server: Server, race_id: str) -> None:
    key = Lab(server.home).steering_key(race_id)
    other = {f"{cookies.ONE_A_RACE}{number:022}": "x" * 43 for number in range(150)}
    old = {"Cookie": "; ".join(f"{name}={value}" for name, value in other.items())}
    body = json.dumps({"race": race_id, "key": key}).encode()
    wish = {"Content-Type": "application/json"}
    kept = server.ask("/keep_controls", "POST", wish | old, body)
    assert kept.status == 204
    assert next(iter(cookies.controls(kept.cookies).items())) == (race_id, key)
    assert not sees(server, FORWARDED)
    mine = {"Cookie": f"{cookies.CONTROLS}={kept.cookies[cookies.CONTROLS]}"}
    assert sees(server, FORWARDED | mine)
    for bad in (b"", b"[]", b"{}", b"[" * 900, b'{"race": 1, "key": 2}', body + b" " * 1000):
        assert server.ask("/keep_controls", "POST", wish, bad).status in (400, 403)
    form = {"Content-Type": "text/plain"}  # which any site's page may send
    assert server.ask("/keep_controls", "POST", form, body).status == 415


def test_the_many_cookies_of_earlier_versions_become_one(server: Server) -> None:
    """With about a hundred of them the page had no connection any more."""
    held = {f"{cookies.ONE_A_RACE}{number:022}": "x" * 43 for number in range(120)}
    for _ in range(12):  # fewer than the files that a page consists of
        answer = server.ask("/", headers={"Cookie": line(held)})
        assert answer.status == 200
        assert len(answer.headers.as_bytes()) < 4_096, "proxies take no more"
        held = {name: value for name, value in (held | answer.cookies).items() if value != '""'}
    assert set(held) == {cookies.CONTROLS}
    assert len(cookies.controls(held)) >= 29
    with server.visit(headers={"Cookie": line(held)}) as visitor:
        assert visitor.heard


def test_the_packages_app_opens_on_a_linked_page(serve: Serve) -> None:
    """As it is started where there is no clone; the first page that it is asked for is no first."""
    packaged = serve(app=ROOT / "resnet_viz/app/app.py")
    with packaged.visit("race") as visitor:
        visitor.visit()  # the first ended where it was sent through app.py
        assert b"Start race" in visitor.heard
        assert b"Design space" in visitor.heard, "the menu"
    assert "Traceback" not in packaged.log.read_text()


def line(held: Mapping[str, str]) -> str:
    """A Cookie header."""
    return "; ".join(f"{name}={value}" for name, value in held.items())
