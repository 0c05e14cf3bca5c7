"""Worksheets: all questions of a lesson, in its language, and none of its answers."""

from __future__ import annotations

import re
from html import unescape
from xml.etree import ElementTree

import pytest

from resnet_viz.lessons.languages import LANGUAGES, words_in
from resnet_viz.lessons.lesson import Lesson
from resnet_viz.lessons.library import library
from resnet_viz.lessons.reader import read_lesson
from resnet_viz.lessons.slots import Choices, ClaimSlot, Drawn
from resnet_viz.lessons.worksheet.worksheet import worksheet

LINK = "http://school:8501/lessons?lesson=race&lang=ko"
KEYS = [lesson.key for lesson in library("en").lessons]


def sheet(lesson: Lesson, *hidden: str) -> str:
    return worksheet(lesson, words_in(lesson.language), LINK, hidden)


def lesson_of(key: str, language: str = "en") -> Lesson:
    lesson = library(language).lesson(key)
    assert lesson is not None
    return lesson


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", KEYS)
def test_a_sheet_asks_everything_and_answers_nothing(key: str, language: str) -> None:
    lesson = lesson_of(key, language)
    html = sheet(lesson)
    said = unescape(html)
    assert f'<html lang="{language}">' in html
    assert LINK in said
    for step in lesson.steps:
        assert step.title in said
    for placed in lesson.slots:
        slot = placed.slot
        if isinstance(slot, Choices | Drawn):
            assert slot.ask in said
        if isinstance(slot, Choices):
            assert all(f"<li>{choice}</li>" in said for choice in slot.choices.values())
        if isinstance(slot, ClaimSlot):
            for sentence in slot.sentences().values():
                longest = max(re.split(r"\{\w+\}", sentence), key=len)
                assert longest not in said
    assert html.count('<div class="line">') > 5
    assert not re.search(r"<script|<link|<img|src=|@import|url\(", html)


def test_axes_have_their_ticks_where_the_values_are() -> None:
    lesson = lesson_of("deeper")
    (svg,) = re.findall(r"<svg.*?</svg>", sheet(lesson), re.DOTALL)
    texts = {text.text: text.attrib for text in ElementTree.fromstring(svg).iter("text")}
    places = {label: float(texts[label]["y"]) for label in ("0", "1", "2.5")}
    assert (places["0"] - places["1"]) / (places["0"] - places["2.5"]) == pytest.approx(1 / 2.5)
    x = [float(texts[label]["x"]) for label in ("8", "20", "56")]
    assert x[1] - x[0] == pytest.approx(x[2] - x[1])
    assert "Training loss (nats)" in texts


def test_a_hidden_step_is_left_out() -> None:
    html = sheet(lesson_of("race"), "race.1")
    assert "1. Watch them train" in html
    assert "see the same images" in sheet(lesson_of("race"))
    assert "see the same images" not in html


def test_links_are_written_out_places_are_not_and_markup_is_text() -> None:
    text = """+++
title = "A <b>title</b>"
question = "Why?"
order = 1
minutes = 1
sources = ["He et al. 2015, arXiv:1512.03385"]
not_shown = "Nothing."
go_on = { label = "On", page = "race" }
+++
## Step

See [the paper](https://example.org/a) and [the arcs](#stage.shortcuts). <script>alert(1)</script>
![picture](https://example.org/b.png)

```measurement
kind = "counts"
[nets]
one = "resnet18"
```
"""
    html = sheet(read_lesson(text, "made.en.md"))
    assert "the paper (https://example.org/a) and the arcs." in html
    assert "A &lt;b&gt;title&lt;/b&gt;" in html
    assert "&lt;script&gt;" in html
    assert "b.png" not in html
    assert "arXiv:1512.03385 (https://arxiv.org/abs/1512.03385)" in html
