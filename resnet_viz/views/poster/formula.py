# ruff: noqa: RUF001
"""Formulas: the little TeX of `views/graph/block_words.py`, as spans of text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

Style = Literal["roman", "italic", "sub"]
_TOKEN = re.compile(
    r"\\mathrm\{(?P<roman>[^}]*)\}|\\tfrac\{(?P<over>\d)\}\{(?P<under>\d)\}|\\(?P<name>[a-zA-Z]+)"
    r"|\\(?P<space>,)|_\{?(?P<sub>[^{}]+?)(?:\}|(?<=_.))|(?P<letter>[A-Za-z])|(?P<other>.)"
)
_NAMES = {"alpha": "α", "times": "×"}
_SPACED = {"=": " = ", "+": " + ", "-": " − "}


class Span(NamedTuple):
    """A piece of a line in one style."""

    text: str
    style: Style


def spans(tex: str) -> Sequence[Span]:
    """The spans of a formula such as "F(x) = W_2\\,h_1"; neighbours in one style are one.

    Raises:
        ValueError: for TeX that it does not know.
    """
    joined: list[Span] = []
    for span in _read(tex):
        if joined and joined[-1].style == span.style:
            joined[-1] = Span(joined[-1].text + span.text, span.style)
        else:
            joined.append(span)
    return joined


def _read(tex: str) -> Iterator[Span]:
    for found in _TOKEN.finditer(tex):
        kind, text = found.lastgroup, found[0]
        if kind == "roman":
            yield Span(found["roman"], "roman")
        elif kind == "under":
            yield Span({("1", "2"): "½"}[found["over"], found["under"]], "roman")
        elif kind == "name":
            if text[1:] not in _NAMES:
                raise ValueError(f"formula {tex!r}: {text} has no sign here")
            yield Span(_NAMES[text[1:]], "italic" if text == "\\alpha" else "roman")
        elif kind == "space":
            yield Span("\u2009", "roman")
        elif kind == "sub":
            yield Span(found["sub"].replace("-", "−"), "sub")
        elif kind == "letter":
            yield Span(text, "italic")
        elif text != " ":
            yield Span(_SPACED.get(text, text), "roman")


def plain(tex: str) -> str:
    """The formula's letters in one style, to measure them."""
    return "".join(span.text for span in spans(tex))
