"""Markdown helpers for Streamlit."""

from __future__ import annotations

import re

# Harmless within a line, but at its beginning they make a list, a heading or a table.
_AT_THE_BEGINNING = re.compile(r"^(\d*)([-.=)])")
# Streamlit makes a link of a bare address after it has read the escapes: a word joiner, which takes
# no room, tears it.
_ADDRESS = re.compile(r"(?<=://)|(?<=www)(?=\.)|(?=@)", re.IGNORECASE)

_ARXIV = re.compile(r"(?<!\[)arXiv\\?:(\d{4}\.\d{4,5})")


def plain(text: str) -> str:
    """The text on one line, with Markdown markup escaped."""
    line = _ADDRESS.sub("\N{WORD JOINER}", " ".join(text.split()))
    escaped = "".join(f"\\{c}" if c in r"\`*_{}[]()#+!|<>$~:&" else c for c in line)
    return _AT_THE_BEGINNING.sub(r"\1\\\2", escaped)


def with_links(markdown: str) -> str:
    """The Markdown with each arXiv number as a link."""
    return _ARXIV.sub(r"[arXiv:\1](https://arxiv.org/abs/\1)", markdown)


def small(markdown: str) -> str:
    """Small text in full colour: `st.caption` is too faint for a projector."""
    return f":small[{markdown}]"
