"""The app in a frame of another site's page: views of one thing alone, where the site is named."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PATIENCE_SECONDS, ROOT, App, serve

RECORDED = ROOT / "docs" / "races" / "remove-a-block.sqlite3.gz"

expect.set_options(timeout=PATIENCE_SECONDS * 1000)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Nothing on standard error."""


@pytest.fixture
def course(tmp_path: Path) -> Iterator[str]:
    """A server of somebody's course, whose pages lie in the folder."""
    (tmp_path / "pages").mkdir()
    handler = partial(Quiet, directory=str(tmp_path / "pages"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def embedded(tmp_path: Path, course: str) -> Iterator[App]:
    """An app that the course may show in a frame."""
    yield from serve(tmp_path, f"--client.allowedOrigins={course}")


def test_graph_and_stage_alone_in_a_course(
    embedded: App, course: str, tmp_path: Path, browser: Browser
) -> None:
    lab = embedded.lab
    race_file = tmp_path / "race.sqlite3"
    race_file.write_bytes(gzip.decompress(RECORDED.read_bytes()))
    race_id = lab.import_(race_file)
    views = {
        "graph": "/graph?net=resnet18&embed=true",
        "stage": f"/stage?race={race_id}&embed=true",
        "nothing": "/stage?race=nothing&embed=true",
    }
    frames = (
        f"<iframe title={name} src='{embedded.url}{view}' width=900 height=600></iframe>"
        for name, view in views.items()
    )
    (tmp_path / "pages" / "lesson.html").write_text("".join(frames), encoding="utf-8")
    page = browser.new_page(viewport={"width": 960, "height": 1900})
    page.goto(f"{course}/lesson.html")
    graph, stage, nothing = (page.frame_locator(f"iframe[title={name}]") for name in views)
    expect(graph.get_by_role("button", name="stages.0.0").first).to_be_visible()
    expect(stage.get_by_text("step 0 of 80", exact=True)).to_be_visible()
    expect(nothing.get_by_role("alert")).to_contain_text("no run or race")
    for frame in (graph, stage):
        expect(frame.get_by_text("Design space", exact=True).first).not_to_be_visible()
    stage.get_by_role("button", name="One step on", exact=True).click()
    expect(stage.get_by_text("step 1 of 80", exact=True)).to_be_visible()
    page.close()
