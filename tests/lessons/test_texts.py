"""Texts of the lessons: valid, the same in both languages, and asking before they measure."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from resnet_viz.arch.presets import PRESETS
from resnet_viz.experiments.ready_sweeps import ready_sweeps
from resnet_viz.experiments.starting_points import starting_points
from resnet_viz.experiments.student_notebook.program import FAULTS, source
from resnet_viz.lessons.lesson import MEASUREMENTS, PREDICTIONS, Lesson, Placed, Step, Text
from resnet_viz.lessons.measurement_slots import RemovalSlot
from resnet_viz.lessons.reader import read_lesson
from resnet_viz.lessons.slots import ClaimSlot, FigureSlot, StageSlot
from resnet_viz.ui.pages.initialisation.settings import from_query as initialisation_link
from resnet_viz.ui.pages.race.settings_url import from_query as race_link
from resnet_viz.ui.session.net_url import from_text as net_in_link
from tests.test_language import faults

FOLDER = Path(__file__).parents[2] / "resnet_viz" / "lessons" / "texts"
FILES = sorted(FOLDER.glob("*.md"))
LANGUAGES = ("en", "ko")
BASES = sorted({file.name.split(".")[0] for file in FILES})
WORDS = {"ask", "caption", "say", "title", "choices"}
"""Fields of slots that hold sentences, which differ from language to language."""
_CODE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_IDENTIFIER = re.compile(r"\b[a-z]+_[a-z_]+\b")
_HANGUL = re.compile(r"[가-힣]|^ResNet-\d+$")
OTHER_WORDS = re.compile("예상|학습시[켜키킵]")
"""Korean has one word for each idea: 예측 for a prediction, 훈련 for training."""
_OTHER_STYLE = re.compile(r"(?<!세)요[.!]")
"""Sentences end in -니다, requests in -세요."""


@cache
def lesson(base: str, language: str) -> Lesson:
    file = FOLDER / f"{base}.{language}.md"
    return read_lesson(file.read_text(encoding="utf-8"), file.name)


def without_words(value: object) -> object:
    """A slot's fields; where sentences stand, only which there are."""
    if isinstance(value, BaseModel):
        value = {"slot": type(value).__name__} | {
            name: getattr(value, name) for name in _names(value)
        }
    if isinstance(value, Mapping):
        return {
            name: (sorted(inner) if isinstance(inner, Mapping) else "")
            if name in WORDS
            else without_words(inner)
            for name, inner in value.items()
        }
    return value


def _names(model: BaseModel) -> list[str]:
    return list(type(model).model_fields)


def sentences(read: Lesson) -> Iterator[str]:
    """What a reader sees of it, without code."""
    head = read.head
    yield from (head.title, head.question, head.not_shown, head.go_on.label)
    for step in read.steps:
        yield step.title
        for part in step.parts:
            if isinstance(part, Text):
                yield from re.split(r"\n\s*\n", _CODE.sub("", part.markdown))
            else:
                yield from _texts(part.slot.model_dump())


def _texts(fields: Mapping[str, Any]) -> Iterator[str]:
    for name, value in fields.items():
        if isinstance(value, Mapping):
            yield from value.values() if name in WORDS else _texts(value)
        elif name in WORDS:
            yield value


def numbers(slot: ClaimSlot) -> Mapping[str, set[str]]:
    """The numbers that each sentence names."""
    return {result: set(re.findall(r"\{(\w+)", said)) for result, said in slot.sentences().items()}


def test_there_are_lessons_in_both_languages() -> None:
    assert BASES
    assert {file.name for file in FILES} == {f"{b}.{lang}.md" for b in BASES for lang in LANGUAGES}
    orders = [lesson(base, "en").head.order for base in BASES]
    assert orders == [int(base.split("_")[0]) for base in BASES]


@pytest.mark.parametrize("base", BASES)
def test_both_languages_have_the_same_slots(base: str) -> None:
    english, korean = lesson(base, "en"), lesson(base, "ko")
    assert len(english.steps) == len(korean.steps)
    for one, other in zip(english.steps, korean.steps, strict=True):
        assert [without_words(placed.slot) for placed in one.slots] == [
            without_words(placed.slot) for placed in other.slots
        ]
        assert [type(part) for part in one.parts] == [type(part) for part in other.parts]
        for a, b in zip(one.slots, other.slots, strict=True):
            if isinstance(a.slot, ClaimSlot) and isinstance(b.slot, ClaimSlot):
                assert numbers(a.slot) == numbers(b.slot)
    heads = [
        read.head.model_dump(include={"order", "minutes", "sources"}) for read in (english, korean)
    ]
    assert heads[0] == heads[1]
    links = [(read.head.go_on.page, read.head.go_on.query) for read in (english, korean)]
    assert links[0] == links[1]


@pytest.mark.parametrize("base", BASES)
def test_a_lesson_asks_first_and_then_measures_and_says(base: str) -> None:
    slots = lesson(base, "en").slots
    kinds = [placed.slot for placed in slots]
    assert any(isinstance(slot, PREDICTIONS) for slot in kinds)
    assert any(isinstance(slot, ClaimSlot) for slot in kinds)
    for index, placed in enumerate(slots):
        before = _measured(slots[:index])
        if isinstance(placed.slot, PREDICTIONS):
            assert placed.slot.of not in before, f"line {placed.line}: asked after the measurement"
        elif isinstance(placed.slot, ClaimSlot | FigureSlot | RemovalSlot):
            assert placed.slot.of in before, f"line {placed.line}: told before the measurement"


def _measured(slots: Sequence[Placed]) -> set[str]:
    return {placed.slot.name for placed in slots if isinstance(placed.slot, MEASUREMENTS)}


@pytest.mark.parametrize("base", BASES)
def test_english_is_plain(base: str) -> None:
    for text in sentences(lesson(base, "en")):
        assert not faults(text), (faults(text), text)
        prose = re.sub(r"\{\w+\}|\(#[^)]*\)|`[^`]*`", "", text)
        assert not _IDENTIFIER.search(prose), text


@pytest.mark.parametrize("base", BASES)
def test_korean_is_korean(base: str) -> None:
    for text in sentences(lesson(base, "ko")):
        assert not text.strip() or _HANGUL.search(text), text
        assert not _OTHER_STYLE.search(text), text
        assert not OTHER_WORDS.search(text), text


@pytest.mark.parametrize("base", BASES)
def test_code_in_a_lesson_is_python(base: str) -> None:
    for language in LANGUAGES:
        for text in (
            (FOLDER / f"{base}.{language}.md").read_text(encoding="utf-8").split("```python\n")[1:]
        ):
            ast.parse(text.split("```")[0])


@pytest.mark.parametrize("base", BASES)
def test_the_experiment_to_go_on_with_is_there(base: str) -> None:
    go_on = lesson(base, "en").head.go_on
    query = dict(go_on.query)
    match go_on.page:
        case "race":
            assert not race_link(query)[1]
            assert "experiment" not in query or query["experiment"] in starting_points()
        case "initialisation":
            assert not initialisation_link(query)[1]
            assert set(query) <= set(initialisation_link({})[0]._fields)
        case "compare":
            assert [net_in_link(text) for text in query.values()]
        case "sweeps":
            assert query["ready"] in ready_sweeps()
        case page:
            assert page in ("architecture", "runs")
            assert not query


@pytest.mark.parametrize("base", BASES)
def test_words_point_at_something_in_their_step(base: str) -> None:
    for language in LANGUAGES:
        read = lesson(base, language)
        guessed = {slot.of for slot in read.predictions}
        for step in read.steps:
            slots = [placed.slot for placed in step.slots]
            told = {slot.of for slot in slots if isinstance(slot, ClaimSlot)}
            there = {
                "stage": any(isinstance(slot, StageSlot) for slot in slots),
                "figure": any(isinstance(slot, FigureSlot) for slot in slots),
                # A prediction is held against what was measured where that is told.
                "prediction": any(isinstance(slot, PREDICTIONS) for slot in slots)
                or bool(guessed & told),
            }
            texts = [part.markdown for part in step.parts if isinstance(part, Text)]
            for place in re.findall(r"\]\(#(\w+)", "\n".join(texts)):
                assert there[place], (language, step.title, place)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_foretold_stands_beside_what_came_of_it(language: str) -> None:
    """Each net's cosine and its loss in one step, and the net whose gradients are most alike."""
    read = lesson("06_clean_path", language)
    (step,) = (step for step in read.steps if any("cosine_conv" in s for s in _said(step)))
    told = set().union(*_said(step))
    for net in ("unchanged", "gate", "gates", "conv", "halved"):
        assert {f"cosine_{net}", f"loss_{net}"} <= told
    claims = [placed.slot for placed in step.slots if isinstance(placed.slot, ClaimSlot)]
    assert "most_alike" in [claim.outcome for claim in claims]


def _said(step: Step) -> Sequence[set[str]]:
    """The numbers that a step's claims name."""
    slots = [placed.slot for placed in step.slots]
    return [slot.names() for slot in slots if isinstance(slot, ClaimSlot)]


def test_both_nets_as_meant_differ_in_their_norm() -> None:
    """As lesson 10 says: the raced one has none, the program one in its stem."""
    assert PRESETS["notebook34"].norm == "none"
    program = source(FAULTS)
    assert program.count("BatchNorm2d(") == 1
    assert "BatchNorm2d(" in program.split("self.conv1 = nn.Sequential(")[1].split("self.conv2")[0]
    for language, words in (("en", "no norm at all"), ("ko", "정규화가 전혀")):
        assert any(words in text for text in sentences(lesson("10_forgotten_addition", language)))


def test_a_bottleneck_counted_by_hand_is_a_later_one_than_is_drawn() -> None:
    """As lesson 11 says: the first projects from 64 channels."""
    first, second = torchvision_blocks()
    assert first.downsample is not None
    assert first.conv1.in_channels == 64
    assert second.downsample is None
    weights = sum(one.numel() for one in second.parameters() if one.dim() == 4)
    for language, words in (("en", "projects them to 256"), ("ko", "256개로 투영")):
        text = " ".join(sentences(lesson("11_blocks_and_costs", language)))
        assert f"{weights:,}" in text
        assert words in text


def torchvision_blocks() -> tuple[Any, Any]:
    """The first two blocks of torchvision's ResNet-50."""
    from torchvision.models import resnet50

    blocks = resnet50().layer1
    return blocks[0], blocks[1]


def test_a_sentence_is_no_identifier() -> None:
    """The check of identifiers finds one, and leaves numbers to be filled in alone."""
    assert _IDENTIFIER.search("the zero_pad shortcut")
