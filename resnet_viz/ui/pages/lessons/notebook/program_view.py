"""Program view: the student's program with numbered lines, its faults marked where they are."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from html import escape
from pathlib import Path

import streamlit as st

from resnet_viz.experiments.student_notebook.program import FAULTS, Fault, program
from resnet_viz.lessons.languages import Words

_CSS = Path(__file__).with_name("program.css")


def program_view(mended: Collection[Fault], words: Words, *, error: str = "", at: int = 0) -> None:
    """Draw the program in which these faults are mended; `error` stopped it at line `at`."""
    lines = "".join(_lines(mended, words, error, at))
    label = escape(words("The program, with its faults marked"))
    st.html(_CSS)
    st.html(
        f'<div class="program" role="region" tabindex="0" aria-label="{label}">'
        f"<ol>{lines}</ol></div>"
    )


def _lines(mended: Collection[Fault], words: Words, error: str, at: int) -> Iterator[str]:
    for number, (text, fault) in enumerate(program(frozenset(mended)), 1):
        about, mark = "", "<b></b>"
        if fault is not None:
            state, sign = ("mended", "✓") if fault in mended else ("wrong", "✗")
            about = f' class="{state}" data-fault="{fault}"'
            said = words("mended fault") if fault in mended else words("fault")
            mark = f"<b>{sign}<s>{escape(said)} </s>{FAULTS.index(fault) + 1}</b>"
        yield f"<li{about}><i>{number}</i>{mark}{escape(text)}</li>"
        if number == at:
            yield f'<li class="error"><span>▲ {escape(error)}</span></li>'
