"""Frame: a self-contained page in a cell, a document of its own in the theme of the notebook."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import NamedTuple

from resnet_viz.cells import ShownInCells

_THEME = (Path(__file__).parent / "scripts" / "frame_theme.js").read_text(encoding="utf-8")


class Frame(NamedTuple):
    """A page as an element of a cell; `title` is for screen readers."""

    page: str
    title: str
    height: int = 520

    def html(self) -> str:
        """The element; it asks for nothing, and survives in the saved notebook."""
        script = f"<script>{_THEME}</script></html>"
        page = script.join(self.page.rsplit("</html>", 1))
        return (
            f'<iframe title="{escape(self.title)}" srcdoc="{escape(page)}" allow="fullscreen" '
            f'style="width:100%;height:{self.height}px;border:0;flex:1 1 24rem"></iframe>'
        )


class Shown(ShownInCells):
    """What `show` gives: the value of a cell that draws frames side by side, with words beside."""

    def __init__(self, html: str, text: str) -> None:
        self.html, self.text = html, text

    def __repr__(self) -> str:
        return self.text
