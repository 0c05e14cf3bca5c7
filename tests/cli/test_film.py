"""runs film: a page needs nothing; a film a browser; and what is wrong is said before it begins."""

from __future__ import annotations

import errno
import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from resnet_viz.__main__ import main
from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler import launcher_client
from resnet_viz.stage.film import drawing
from tests.conftest import is_refused
from tests.scheduler.test_retention import race

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A race of two nets with seven steps each."""
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    return race(Lab(), 7)


def test_a_page_needs_no_browser(finished: str, tmp_path: Path, capsys: Capture) -> None:
    for one in (finished, Lab().list()[0].id):
        file = tmp_path / "stage.html"
        assert main(("runs", "film", one, "-o", str(file))) == 0
        assert capsys.readouterr() == ("", "")
        html = file.read_text()
        assert '"plays": true' in html
        found = re.search(r'id="race">([^<]*)</script>', html)
        assert found
        message = json.loads(found[1])
        assert message["over"]
        assert {len(net["series"]["grad_norm"]["steps"]) for net in message["records"]} == {7}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-o", "race.avi"), r"-o race\.avi: a film is written to a file \.mp4, \.webp, \.gif"),
        (("-o", "race.gif", "--size", "1x1"), "size = '1x1' is not allowed; allowed: 960x540"),
        (
            ("-o", "race.gif", "--theme", "drak"),
            "theme = 'drak' is not allowed; allowed: light and dark",
        ),
        (
            ("-o", "race.gif", "--speed", "3"),
            "speed = '3' is not allowed; allowed: 0.5, 1, 2 and 4",
        ),
        (("-o", "race.gif", "--quantity", "grad"), "unknown quantity on the stage 'grad'"),
    ],
)
def test_what_is_wrong_is_said(
    finished: str, arguments: tuple[str, ...], said: str, capsys: Capture
) -> None:
    assert re.search(said, is_refused(("runs", "film", finished, *arguments), capsys))


def test_a_file_that_cannot_be_written_is_said(
    finished: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def full(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("resnet_viz.store.atomic_file.os.open", full)
    said = is_refused(("runs", "film", finished, "-o", str(tmp_path / "film.html")), capsys)
    assert "cannot write" in said
    assert "ValueError" not in said


def failure(finished: str, file: Path, capsys: Capture) -> str:
    with ThreadPoolExecutor(1) as pool:  # other tests may drive a browser in this thread
        status = pool.submit(main, ("runs", "film", finished, "-o", str(file))).result()
    assert status == 1
    assert not file.exists()
    return capsys.readouterr().err


def test_where_there_is_no_browser_it_says_what_to_do(
    finished: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(drawing, "BROWSERS", ())
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "none"))
    said = failure(finished, tmp_path / "film.gif", capsys)
    assert said.startswith("error: a film needs a browser")
    assert "the Race page of the app records it" in said


def test_without_playwright_the_extra_is_named(
    finished: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    said = failure(finished, tmp_path / "film.gif", capsys)
    assert 'pip install "resnet-viz[film]"' in said
