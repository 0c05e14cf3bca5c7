"""Message boxes: errors, warnings, remarks. Their text is text, not Markdown.

Errors quote what they complain of, and that may come from a link, a file or another process: read
as Markdown it could load a picture from anywhere or pass for a sentence of the app's own.
"""

from __future__ import annotations

import streamlit as st

from resnet_viz.ui.widgets.markdown import plain


def error(text: str, *, markdown: bool = False, icon: str | None = None) -> None:
    """Draw an error; `markdown` is for texts that are the app's own from end to end."""
    st.error(text if markdown else plain(text), icon=icon)


def warning(text: str, *, markdown: bool = False, icon: str | None = None) -> None:
    """Draw a warning; `markdown` is for texts that are the app's own from end to end."""
    st.warning(text if markdown else plain(text), icon=icon)


def info(text: str, *, markdown: bool = False, icon: str | None = None) -> None:
    """Draw a remark; `markdown` is for texts that are the app's own from end to end."""
    st.info(text if markdown else plain(text), icon=icon)


def success(text: str, *, markdown: bool = False, icon: str | None = None) -> None:
    """Draw a success; `markdown` is for texts that are the app's own from end to end."""
    st.success(text if markdown else plain(text), icon=icon)
