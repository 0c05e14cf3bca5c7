"""Racer: a net of the race in the Diagnosis panel."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from resnet_viz.findings.contestant import Contestant
from resnet_viz.measurements.base.verdict import Verdict
from resnet_viz.store.run import Run
from resnet_viz.text import capital
from resnet_viz.ui.widgets.markdown import plain
from resnet_viz.ui.widgets.page_texts import note

_Thing = TypeVar("_Thing")
_SPACE = re.compile(r"\\q?quad")


class Racer(NamedTuple):
    """A run, and its net as the plots see it."""

    run: Run
    net: Contestant

    @property
    def name(self) -> str:
        """The net's name, without its seed."""
        return self.net.net_name or self.net.name


def verdict_lines(verdicts: Sequence[tuple[Racer, Verdict]]) -> None:
    """Draw the verdict on each net, a line each, after its name in its colour."""
    lines = [
        f"- {_named(racer)}: **{plain(verdict.word)}**. {plain(verdict.sentence)}"
        for racer, verdict in verdicts
    ]
    st.markdown("\n".join(lines))


def about_line(sentence: str, formula: str, source: str, cost: str) -> None:
    """A description: a sentence; behind "More" the formula (TeX), source and cost."""
    note(plain(sentence))
    parts = " ".join(f"${part.strip()}$" for part in _SPACE.split(formula))  # lines may break there
    with st.popover("More", type="tertiary"):
        st.markdown(parts)
        note(f"{plain(source)}. {plain(capital(cost))}.")


def in_pairs(things: Sequence[_Thing]) -> Iterator[tuple[DeltaGenerator, _Thing]]:
    """Bordered boxes, two side by side."""
    for begin in range(0, len(things), 2):
        columns = st.columns(2, gap="small")
        for column, thing in zip(columns, things[begin : begin + 2], strict=False):
            yield column.container(border=True, height="stretch"), thing


def _named(racer: Racer) -> str:
    config = racer.run.config
    colour = "gray" if config is None else "orange" if config.shortcut == "none" else "blue"
    return f":{colour}[{plain(racer.name)}]"
