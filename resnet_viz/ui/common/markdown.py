"""Small helpers for Streamlit's Markdown."""

from __future__ import annotations

import re

# Harmless within a line, but at its beginning they make a list, a heading or a table.
_AT_THE_BEGINNING = re.compile(r"^(\d*)([-.=)])")


def plain(text: str) -> str:
    """`text` on one line, with what Markdown would read as markup escaped."""
    escaped = "".join(
        f"\\{c}" if c in r"\`*_{}[]()#+!|<>$~:&" else c for c in " ".join(text.split())
    )
    return _AT_THE_BEGINNING.sub(r"\1\\\2", escaped)


def small(markdown: str) -> str:
    """Smaller, but in the text's full colour: `st.caption` is too faint for a projector."""
    return f":small[{markdown}]"
