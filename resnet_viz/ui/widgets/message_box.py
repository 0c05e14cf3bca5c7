"""Message boxes: errors, warnings, remarks. Their text is text, not Markdown.

Errors quote what they complain of, and that may come from a link, a file or another process: read
as Markdown it could load a picture from anywhere or pass for a sentence of the app's own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from resnet_viz.ui.widgets.markdown import plain


def _draw(
    box: Callable[..., object], text: str, *, markdown: bool = False, icon: str | None = None
) -> None:
    """Draw a box; `markdown` is for texts that are the app's own from end to end."""
    box(text if markdown else plain(text), icon=icon)


error, warning = partial(_draw, st.error), partial(_draw, st.warning)
info, success = partial(_draw, st.info), partial(_draw, st.success)
