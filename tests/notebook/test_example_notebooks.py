"""The example notebooks of docs/ run to their last cell, and are kept without outputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.launchers import end_launchers

pytestmark = [pytest.mark.integration, pytest.mark.slow]
nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")
FOLDER = Path(__file__).parents[2] / "docs" / "notebooks"


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.ipynb")), ids=lambda file: file.stem)
def test_a_notebook_runs(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHONPATH", str(FOLDER.parents[1]))
    book = nbformat.read(file, as_version=4)
    assert not any(cell.get("outputs") for cell in book.cells)
    try:
        nbclient.NotebookClient(
            book, timeout=120, resources={"metadata": {"path": str(tmp_path)}}
        ).execute()
    finally:
        end_launchers(tmp_path)
    shown = [cell.outputs[-1]["data"] for cell in book.cells if cell.get("outputs")]
    assert len(shown) == sum(cell.cell_type == "code" for cell in book.cells)
    assert any("iframe" in one.get("text/html", "") for one in shown)
