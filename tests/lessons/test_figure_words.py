"""Words of figures: in Korean no text of a lesson's figure is left in English but for names."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

import plotly.graph_objects as go
import pytest

from resnet_viz.lessons.figure_words import said, spoken
from resnet_viz.lessons.kinds import race
from resnet_viz.lessons.languages import words_in
from tests.report.test_report import reported

SAY = words_in("ko")
NAMES = re.compile(r"(stages\.|stem\.|head\.| \().*|layer names|[^a-z]*")
"""Layers, a trace that is not seen, and what has no words."""


def texts(part: Any, key: str = "") -> Iterator[str]:
    """The texts of a figure's JSON."""
    if isinstance(part, dict):
        for name, value in part.items():
            yield from texts(value, name)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from texts(value, key)
    elif isinstance(part, str) and key in ("text", "name"):
        yield part


def left_in_english(figure: go.Figure, nets: Collection[str]) -> list[str]:
    """The texts that Korean leaves as they are, but for names of nets and layers."""
    before, after = (list(texts(one.to_plotly_json())) for one in (figure, spoken(figure, SAY)))
    same = [text for text, korean in zip(before, after, strict=True) if text == korean]
    return [text for text in same if text not in nets and not NAMES.fullmatch(text)]


@pytest.mark.parametrize("figure", ["loss", "gradients", "rank", "shares"])
def test_the_figures_of_a_race(figure: str) -> None:
    nets = [reported(name, 12).contestant for name in ("resnet20-cifar", "plain20-cifar")]
    made = race.figures(nets)[figure]()
    assert left_in_english(made, [net.name for net in nets]) == []
    assert spoken(made, str).to_json() == made.to_json()


def test_the_parts_of_a_note_are_translated_too() -> None:
    note = "not shown of net b: 54 layers exactly 0"
    assert said(note, SAY) == "net b에서 표시하지 않은 값: 층 54개 정확히 0"
    assert said("net b: loss not finite since step 7", SAY) == "net b: 손실 7스텝부터 유한하지 않음"
    assert said("some text of nobody", SAY) == "some text of nobody"


def test_a_hover_keeps_what_plotly_fills_in() -> None:
    hover = "%{y:.1%}<extra>Plain-20, seed 0, accuracy</extra>"
    assert said(hover, SAY) == "%{y:.1%}<extra>Plain-20, 시드 0, 정확도</extra>"
