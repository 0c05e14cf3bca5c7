"""Worksheet of a lesson: one HTML file for A4 paper, to be filled in by hand.

It has the lesson's texts and questions, with boxes to tick, axes to draw in and lines for what was
measured; never the answers.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from math import ceil, floor, log10
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from resnet_viz.experiments.student_notebook.program import FAULTS, source
from resnet_viz.lessons import slots
from resnet_viz.lessons.lesson import MEASUREMENTS, Lesson, Part, Step, Text
from resnet_viz.lessons.measurement_slots import CountsSlot
from resnet_viz.lessons.notebook_slot import NotebookSlot
from resnet_viz.text import Words

_HERE = Path(__file__).parent
_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_HERE),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ARXIV = re.compile(r"arXiv:(\d{4}\.\d{4,5})")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_PAGE = {"width": 640, "height": 300, "left": 70, "right": 20, "top": 12, "bottom": 50}
"""Of axes, in pixels of their picture."""


class Block(NamedTuple):
    """A part of the sheet: its `kind` says how the template draws it."""

    kind: str
    text: str | Markup = ""
    more: Any = ()


class Axes(NamedTuple):
    """Empty axes: ticks as pixels with their labels, and the titles."""

    x: Sequence[tuple[float, str]]
    y: Sequence[tuple[float, str]]
    x_title: str
    y_title: str
    page: dict[str, int]


def worksheet(lesson: Lesson, words: Words, address: str, hidden: Collection[str] = ()) -> str:
    """The HTML of a lesson's worksheet, in the lesson's language.

    `address` is the link to the lesson, and `hidden` names the steps to leave out ("race.3").
    """
    steps = [
        step for place, step in enumerate(lesson.steps, 1) if f"{lesson.key}.{place}" not in hidden
    ]
    return _TEMPLATES.get_template("worksheet.html").render(
        lesson=lesson,
        steps=[(step.title, list(_blocks(lesson, step, words))) for step in steps],
        not_shown=_html(lesson.head.not_shown),
        sources=[
            _ARXIV.sub(r"arXiv:\1 (https://arxiv.org/abs/\1)", s) for s in lesson.head.sources
        ],
        address=address,
        say={
            "name": words("Name"),
            "date": words("Date"),
            "tick": words("Tick your prediction before you measure."),
            "draw": words(
                "Draw your prediction before you measure, and the measured curve in another colour."
            ),
            "measured": words("What was measured?"),
            "notes": words("Notes"),
            "limits": words("What this does not show"),
            "sources": words("Sources"),
            "link": words("This lesson"),
        },
    )


def _blocks(lesson: Lesson, step: Step, words: Words) -> Iterator[Block]:
    """The parts of a step; claims that stand together share their lines."""
    blocks: list[Block] = []
    for part in step.parts:
        block = _block(lesson, part, words)
        if block is None:
            continue
        if block.kind == "claim" and blocks and blocks[-1].kind == "claim":
            blocks[-1] = blocks[-1]._replace(more=blocks[-1].more + block.more)
        else:
            blocks.append(block)
    yield from blocks


def _block(lesson: Lesson, part: Part, words: Words) -> Block | None:
    if isinstance(part, Text):
        return Block("text", _html(part.markdown))
    block = None
    match slot := part.slot:
        case slots.Choices():
            block = Block("choices", slot.ask, list(slot.choices.values()))
        case slots.Drawn():
            block = Block("axes", slot.ask, axes(slot, lesson.depths(slot), words))
        case slots.StageSlot() | slots.FigureSlot():
            block = Block("sketch", words("Sketch or note: {caption}").format(caption=slot.caption))
        case slots.ClaimSlot():
            block = Block("claim", more=2)
        case NotebookSlot():
            ask = words("Mark the {faults} faults before you run the program.")
            block = Block("program", ask.format(faults=len(FAULTS)), source(()).splitlines())
        case _ if isinstance(slot, MEASUREMENTS) and not isinstance(slot, CountsSlot):
            block = Block("press", words("Now press the button in this step of the lesson."))
    return block


def axes(slot: slots.Drawn, depths: Sequence[int], words: Words) -> Axes:
    """Empty axes in which a reader draws the curve."""
    width = _PAGE["width"] - _PAGE["left"] - _PAGE["right"]
    height = _PAGE["height"] - _PAGE["top"] - _PAGE["bottom"]
    low, high = (log10(slot.low), log10(slot.high)) if slot.log else (slot.low, slot.high)
    ticks = _decades(low, high) if slot.log else _evenly(low, high)
    return Axes(
        [
            (_PAGE["left"] + width * (place + 0.5) / len(depths), str(depth))
            for place, depth in enumerate(depths)
        ],
        [
            (
                _PAGE["top"] + height * (high - tick) / (high - low),
                _power(tick) if slot.log else f"{tick:.3g}",
            )
            for tick in ticks
        ],
        words("depth (layers)"),
        slot.title,
        _PAGE,
    )


def _decades(low: float, high: float) -> Sequence[float]:
    """Powers of ten between two, at most eight of them."""
    powers = range(ceil(low - 1e-9), floor(high + 1e-9) + 1)
    return [float(power) for power in powers[:: ceil(len(powers) / 8)]]


def _evenly(low: float, high: float) -> Sequence[float]:
    """Round numbers between two, about five steps apart."""
    rough = (high - low) / 5
    power = 10.0 ** floor(log10(rough))
    step = next(size * power for size in (1, 2, 5, 10) if size * power >= rough)
    return [step * n for n in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)]


def _power(exponent: float) -> str:
    """A power of ten: as a number from 0.001 to 10,000, else with its exponent raised."""
    if -3 <= exponent < 5:
        return f"{10**exponent:g}"
    return f"10{f'{exponent:.0f}'.translate(_RAISED)}"


def _html(markdown: str) -> Markup:
    """Markdown as HTML: addresses of links are written out, places in pictures have none."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(markdown)
    for token in tokens:
        if token.children:
            token.children = list(_written_out(token.children))
    return Markup(reader.renderer.render(tokens, reader.options, {}))


def _written_out(tokens: Sequence[Token]) -> Iterator[Token]:
    addresses: list[str] = []
    for token in tokens:
        if token.type == "link_open":
            addresses.append(str(token.attrGet("href") or ""))
        elif token.type == "link_close":
            if not (address := addresses.pop()).startswith("#"):
                yield Token("text", "", 0, content=f" ({address})")
        elif token.type != "image":  # nothing is loaded from outside
            yield token
