"""Top-level files: what a clone has beside the package for `streamlit run app.py`.

    python -m resnet_viz.app.top_level

writes them: a copy of the app's script and settings, and a script for each page. The pages'
scripts are written into the package as well, because Streamlit looks for them beside the script
that it is started with. Run it after a change of a page's title or of the settings, or for a new
page; a test compares.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from resnet_viz.ui.pages import pages

PACKAGED = Path(__file__).parent
CLONE = PACKAGED.parents[1]
_COPIED = ("app.py", ".streamlit/config.toml")
_PAGES = "pages"
_SCRIPT = '''"""{title}, a page of the app."""

from resnet_viz.app.start import draw_page

draw_page("{name}")
'''


def files() -> Mapping[str, str]:
    """The text of each file, by its path relative to the folder that it lies in."""
    copied = {name: (PACKAGED / name).read_text(encoding="utf-8") for name in _COPIED}
    scripts = {f"{_PAGES}/{page.name}.py": _SCRIPT.format_map(vars(page)) for page in pages()}
    return copied | scripts


def write(folder: Path) -> None:
    """Writes the files into `folder`, and removes scripts of pages that are no more."""
    texts = files()
    for path in (folder / _PAGES).glob("*.py"):
        if f"{_PAGES}/{path.name}" not in texts:
            path.unlink()
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write(PACKAGED)
    if (CLONE / "pyproject.toml").is_file():
        write(CLONE)
