"""The charts' scripts are put in place whole, or the app does without them."""

from pathlib import Path

import plotly
import pytest

from resnet_viz.ui.components.static import LIVE_CHART, provide_scripts, script

INSTALLED = (Path(plotly.__file__).parent / "package_data/plotly.min.js").read_bytes()


def test_copies_the_installed_script(tmp_path: Path) -> None:
    assert provide_scripts(tmp_path / "static")
    assert (tmp_path / "static/plotly.min.js").read_bytes() == INSTALLED
    names = sorted(file.name for file in (tmp_path / "static").iterdir())
    assert names == ["chart_files.js", "live_chart.js", "plotly.min.js"]


def test_replaces_a_stale_or_torn_script(tmp_path: Path) -> None:
    (tmp_path / "plotly.min.js").write_text("half a script")
    assert provide_scripts(tmp_path)
    assert (tmp_path / "plotly.min.js").read_bytes() == INSTALLED


def test_replaces_a_chart_of_another_version_that_is_as_long(tmp_path: Path) -> None:
    (tmp_path / "live_chart.js").write_text("/" * len(script(LIVE_CHART)))
    assert provide_scripts(tmp_path)
    assert (tmp_path / "live_chart.js").read_bytes() == script(LIVE_CHART)


def test_leaves_a_current_script_alone(tmp_path: Path) -> None:
    provide_scripts(tmp_path)
    before = (tmp_path / "plotly.min.js").stat().st_mtime_ns
    assert provide_scripts(tmp_path)
    assert (tmp_path / "plotly.min.js").stat().st_mtime_ns == before


def test_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> tuple[int, str]:
        raise PermissionError("read-only")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    assert not provide_scripts(tmp_path)
    assert not list(tmp_path.iterdir())
