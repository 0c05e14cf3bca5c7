"""A figure for print on a page: the picture, and its downloads."""

from __future__ import annotations

from base64 import b64encode
from functools import partial
from html import escape
from importlib.util import find_spec

import streamlit as st

from resnet_viz.views.poster.poster import Poster

_FORMATS = {".svg": "SVG", ".pdf": "PDF", ".png": "PNG, 300 dpi", ".tex": "TikZ"}
_NEED_TYPST = (".pdf", ".png")
_STYLE = """<style>
.poster {margin: 0; padding: .5rem; background: #fff; border: 1px solid #80808060; overflow: auto;
  text-align: center; border-radius: .5rem}
.poster img {max-width: 100%; height: auto}
</style>"""


def downloads(made: Poster, name: str, key: str) -> None:
    """Draw a button for each format; a file called `name` is made when its button is pressed."""
    with st.container(horizontal=True):
        for ending, words in _FORMATS.items():
            is_missing = ending in _NEED_TYPST and find_spec("typst") is None
            st.download_button(
                words,
                partial(made.encoded, ending),
                f"{name}{ending}",
                key=f"{key}{ending}",
                icon=":material/download:",
                on_click="ignore",
                disabled=is_missing,
                help='pip install "resnet-viz[app]"' if is_missing else None,
            )


def picture(made: Poster) -> None:
    """Draw the figure on white ground; a wide one scrolls where the page is narrow.

    It is an image, since Streamlit takes drawings out of HTML.
    """
    data = b64encode(made.to_svg().encode()).decode()
    alt = escape(made.drawing.title, quote=True)
    least = f"min({made.drawing.width:.0f}pt, 40rem)"
    image = f'<img src="data:image/svg+xml;base64,{data}" alt="{alt}" style="min-width: {least}">'
    st.html(f'{_STYLE}<figure class="poster" tabindex="0">{image}</figure>')
