"""Stage scripts: ES modules, served one by one or joined into one for pages without a server."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from resnet_viz.es_modules import joined

FOLDER = Path(__file__).parent / "scripts"
ENTRIES = ("stage.js", "film.js")


@lru_cache(maxsize=1)
def style() -> str:
    """The stage's style sheet."""
    return (FOLDER / "stage.css").read_text(encoding="utf-8")


def one_module() -> str:
    """All modules as one script of a page, which has `mount`, `filmSteps` and `filmPicture` as
    constants."""
    return joined(FOLDER, *ENTRIES)
