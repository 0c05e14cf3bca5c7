"""The documentation's site: strict, complete by itself, and of the program's own words."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

import resnet_viz
from docs.tools import gallery
from docs.tools.mathml import mathml
from resnet_viz.measurements import measurements
from resnet_viz.quantities import quantities

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[1]
LOADED = re.compile(r"""<(?:script|img|link|iframe)\b[^>]*?(?:src|href)=["']?(https?:)?//""")
CALLBACK = re.compile(r"^class (\w+Watch)\(", re.MULTILINE)
ALL = "RESNET_VIZ_NIGHTLY" in os.environ


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site; with one report of the ten, but for the nightly run."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = os.environ | {"RESNET_VIZ_DOCS_REPORTS": "10" if ALL else "1"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    pages = list(site.glob("*.html"))
    assert len(pages) >= 15
    assert [page.name for page in pages if LOADED.search(page.read_text("utf-8"))] == []


def test_quantities_and_measurements_are_described_by_themselves(site: Path) -> None:
    page = unescape((site / "measured.html").read_text("utf-8"))
    for quantity in quantities().values():
        assert f"<code>{quantity.name}</code>" in page
    for measurement in measurements().values():
        assert unescape(mathml(measurement.formula)) in page
    assert "<math" in page
    assert r"\frac" not in page


def test_public_names_have_their_docstrings(site: Path) -> None:
    page = (site / "reference.html").read_text("utf-8")
    files = (ROOT / "resnet_viz" / "callbacks").glob("*.py")
    callbacks = CALLBACK.findall("".join(map(Path.read_text, files)))
    assert len(callbacks) >= 2
    for name in {*resnet_viz.__all__, *callbacks, "NetworkPlan", "StepRecord"} - {"PRESETS"}:
        assert re.search(rf'id="resnet_viz\.[\w.]+\.{name}"', page), name
    assert "A context that records" in page


def test_recorded_races_open_as_reports(site: Path) -> None:
    page = (site / "gallery.html").read_text("utf-8")
    for name in gallery.NAMES:
        assert f"gallery/{name}.html" in page
        assert (site / "gallery" / f"{name}.html").exists()
    report = (site / "gallery" / "default-race.html").read_text("utf-8")
    assert len(report) > 1_000_000
    assert "ResNet-56" in report
    assert not LOADED.search(report)
