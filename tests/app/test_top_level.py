"""The app's files: in the package, in a wheel, and beside the package in a clone."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from resnet_viz.app import top_level
from resnet_viz.ui import pages

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "resnet_viz"


@pytest.mark.parametrize("folder", [ROOT, PACKAGE / "app"], ids=["clone", "package"])
def test_files_are_as_the_command_writes_them(folder: Path, tmp_path: Path) -> None:
    """Where this fails: python -m resnet_viz.app.top_level"""
    top_level.write(tmp_path)
    written = {path.relative_to(tmp_path): path.read_bytes() for path in _files(tmp_path)}
    assert {path: (folder / path).read_bytes() for path in written} == written
    scripts = {path.name for path in (folder / "pages").glob("*.py")}
    assert scripts == {f"{page.name}.py" for page in pages.pages()}


def test_a_page_that_is_no_more_has_no_script(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages/gone.py").touch()
    top_level.write(tmp_path)
    assert not (tmp_path / "pages/gone.py").exists()


def test_the_menu_is_as_it_was() -> None:
    first = ["Start", "Lessons", "Architecture", "Race", "Sweeps", "Papers", "Runs"]
    listed = [page.title for page in pages.pages() if page.is_listed]
    assert listed == [*first, "Initialisation", "Compare", "Design space"]
    assert pages.pages()[0].is_listed  # on which the app opens


def test_a_new_page_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lesson.py").write_text(
        "from resnet_viz.ui.pages import PageEntry\n"
        'PAGE = PageEntry("A lesson", order=15)\n'
        "drawn = []\n"
        "def lesson_page():\n"
        "    drawn.append(1)\n"
    )
    monkeypatch.setattr(pages, "__path__", [*pages.__path__, str(tmp_path)])
    pages.pages.cache_clear()
    try:
        assert [page.title for page in pages.pages()][2:5] == ["Architecture", "A lesson", "Race"]
        assert 'draw_page("lesson")' in top_level.files()["pages/lesson.py"]
        pages.page("lesson").draw()
    finally:
        pages.pages.cache_clear()


def test_a_wheel_has_every_file_of_the_package() -> None:
    """What is no module is named in package-data."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    named = {
        path
        for package, patterns in settings["tool"]["setuptools"]["package-data"].items()
        for pattern in patterns
        for path in (ROOT / package.replace(".", "/")).glob(pattern)
    }
    others = {path for path in _files(PACKAGE) if not _is_module(path)}
    assert PACKAGE / "app/.streamlit/config.toml" in others
    assert others - named == set()


def _files(folder: Path) -> Iterator[Path]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return (path for path in found if "__pycache__" not in path.parts)


def _is_module(path: Path) -> bool:
    return path.suffix == ".py" and (path.parent / "__init__.py").is_file()
