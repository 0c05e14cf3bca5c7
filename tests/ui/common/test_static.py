"""plotly.min.js is put in place whole, or the app does without it."""

from pathlib import Path

import pytest

from resnet_viz.ui.common.static import PLOTLY, provide_plotly


def test_copies_the_installed_script(tmp_path: Path) -> None:
    assert provide_plotly(tmp_path / "static")
    assert (tmp_path / "static/plotly.min.js").read_bytes() == PLOTLY.read_bytes()
    assert [p.name for p in (tmp_path / "static").iterdir()] == ["plotly.min.js"]


def test_replaces_a_stale_or_torn_script(tmp_path: Path) -> None:
    (tmp_path / "plotly.min.js").write_text("half a script")
    assert provide_plotly(tmp_path)
    assert (tmp_path / "plotly.min.js").read_bytes() == PLOTLY.read_bytes()


def test_leaves_a_current_script_alone(tmp_path: Path) -> None:
    provide_plotly(tmp_path)
    before = (tmp_path / "plotly.min.js").stat().st_mtime_ns
    assert provide_plotly(tmp_path)
    assert (tmp_path / "plotly.min.js").stat().st_mtime_ns == before


def test_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> tuple[int, str]:
        raise PermissionError("read-only")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    assert not provide_plotly(tmp_path)
    assert not list(tmp_path.iterdir())
