"""Small helpers for Streamlit's Markdown."""

from __future__ import annotations


def plain(text: str) -> str:
    """`text` with what Markdown would read as markup escaped."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]()#+!|<>$~:" else c for c in text)


def small(markdown: str) -> str:
    """Smaller, but in the text's full colour: `st.caption` is too faint for a projector."""
    return f":small[{markdown}]"
