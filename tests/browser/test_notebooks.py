"""A notebook in JupyterLab and in marimo: a net is opened, a race is watched while it trains."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.launchers import end_launchers

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.slow]
ROOT = Path(__file__).parents[2]
PATIENCE_MS = 90_000
RACE = """import resnet_viz
lab = resnet_viz.Lab()
net = resnet_viz.ResNetConfig(depths=(1, 1), widths=(4, 8), stem="cifar", shortcut="zero_pad")
nets = [net, resnet_viz.plain_twin(net)]
race = lab.race([resnet_viz.RunSpec(config=one, steps=400) for one in nets], pace=20)
"""
WAIT = "while not all(run.steps_done > 60 for run in lab.race_runs(race)): pass"


@contextmanager
def serving(module: Sequence[str], folder: Path, path: str) -> Iterator[str]:
    """A server of notebooks in a folder; the address of one."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {name: str(folder / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")}
    own |= {"IPYTHONDIR": str(folder / "ipython"), "RESNET_VIZ_HOME": str(folder / "home")}
    command = [sys.executable, "-m", *module, "--port", str(port)]
    environment = os.environ | own | {"PYTHONPATH": str(ROOT)}
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        address = f"http://127.0.0.1:{port}/{path}"
        for _ in range(600):
            assert server.poll() is None, (folder / "log").read_text()
            with suppress(OSError):
                urllib.request.urlopen(address, timeout=5).close()
                break
            time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait(20)
        end_launchers(folder)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    one = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    one.set_default_timeout(PATIENCE_MS)
    yield one
    one.close()


def opens_a_block(page: Page, frames: str) -> None:
    """The first picture: a click on a block shows its inside."""
    frame = page.frame_locator(frames).first
    frame.locator('.picture .block[data-unit="stages.1.0"]').click()
    expect(frame.get_by_role("heading")).to_have_text("Stage 2, block 1")
    expect(frame.locator(".inside .operation").first).to_be_visible()


def follows_and_pauses(page: Page) -> None:
    """The stage comes to later steps by itself, and is paused by its button."""
    count = page.locator(".resnet-viz-stage .count")
    expect(count).to_have_text(re.compile(r"step [1-9]\d* of 400"), timeout=PATIENCE_MS)
    page.locator(".resnet-viz-stage button.play").click()
    expect(page.locator(".resnet-viz-stage .sentence")).to_have_text(
        re.compile("Paused at step"), timeout=PATIENCE_MS
    )


def test_jupyterlab_shows_a_net_and_a_race_while_a_cell_is_at_work(
    page: Page, tmp_path: Path
) -> None:
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("jupyterlab")
    cells = ["import resnet_viz\nresnet_viz.preset('resnet18')", f"{RACE}resnet_viz.show(race)"]
    book = nbformat.v4.new_notebook()
    book.cells = [nbformat.v4.new_code_cell(text) for text in (*cells, WAIT)]
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(book, tmp_path / "mine.ipynb")
    options = ["--no-browser", "--allow-root", "--ServerApp.token=", "--ServerApp.password="]
    with serving(["jupyterlab", *options], tmp_path, "lab/tree/mine.ipynb") as address:
        page.goto(address)
        page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        page.get_by_role("button", name="Python 3 (ipykernel) | Idle").wait_for()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()
        count = page.locator(".resnet-viz-stage .count")
        expect(count).to_have_text(re.compile(r"step [1-9]\d* of 400"), timeout=PATIENCE_MS)
        assert page.get_by_text("[*]:", exact=True).count()  # the last cell is still at work
        opens_a_block(page, ".jp-OutputArea iframe")
        follows_and_pauses(page)


def test_marimo_shows_a_net_and_a_race(page: Page, tmp_path: Path) -> None:
    pytest.importorskip("marimo")
    race = "\n    ".join(f"{RACE}resnet_viz.show(race)".splitlines())
    (tmp_path / "mine.py").write_text(
        "import marimo\napp = marimo.App()\n\n\n@app.cell\ndef _():\n    import resnet_viz as rv\n"
        f"    rv.preset('resnet18')\n    return\n\n\n@app.cell\ndef _():\n    {race}\n    return\n",
        encoding="utf-8",
    )
    with serving(["marimo", "run", "mine.py", "--headless", "--no-token"], tmp_path, "") as address:
        page.goto(address)
        opens_a_block(page, "iframe")
        follows_and_pauses(page)
