"""Reader of a lesson's file: Markdown with TOML in its slots, checked line by line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any, NamedTuple

from markdown_it import MarkdownIt
from pydantic import TypeAdapter, ValidationError

from resnet_viz.arch.config import explain
from resnet_viz.lessons import slots
from resnet_viz.lessons.checks import first_problem, unknown_place
from resnet_viz.lessons.lesson import (
    PREDICTIONS,
    Head,
    Lesson,
    Part,
    Placed,
    Step,
    Text,
)
from resnet_viz.lessons.measurement_slots import Measurement

FENCE = "+++"
_KINDS: Mapping[str, TypeAdapter[Any]] = {
    "measurement": TypeAdapter(Measurement),
    "prediction": TypeAdapter(slots.AnyPrediction),
    "stage": TypeAdapter(slots.StageSlot),
    "figure": TypeAdapter(slots.FigureSlot),
    "claim": TypeAdapter(slots.ClaimSlot),
}
_TOML_LINE = re.compile(r" \(at line (\d+), column \d+\)| \(at end of document\)")


class LessonError(ValueError):
    """A lesson's file that cannot be used: `line` is where, from 1."""

    def __init__(self, file: str, line: int, why: str) -> None:
        super().__init__(f"{file}, line {line}: {why}")
        self.line = line


def read_lesson(text: str, file: str) -> Lesson:
    """The lesson in a file's text; `file` is its name, such as "02_race.en.md".

    Raises:
        LessonError: for the first thing in it that is wrong, at its line.
    """
    match = re.fullmatch(r"(?:\d+_)?([a-z][a-z0-9_]*)\.([a-z]{2})\.md", file)
    if match is None:
        raise LessonError(file, 1, 'the name of a lesson\'s file is like "02_race.en.md"')
    lines = text.splitlines()
    head, start = _head(file, lines)
    steps = _steps(file, lines, start)
    lesson = Lesson(match[1], match[2], head, steps)
    if wrong := first_problem(lesson):
        raise LessonError(file, *wrong)
    return lesson


def _head(file: str, lines: Sequence[str]) -> tuple[Head, int]:
    """The fields before the text, and the line on which that begins, from 0."""
    ends = [number for number, line in enumerate(lines) if line.strip() == FENCE]
    if len(ends) < 2 or ends[0] != 0:
        raise LessonError(file, 1, f"a lesson begins with its title and so on between two {FENCE}")
    table = _toml(file, lines[1 : ends[1]], 2)
    return _made(file, TypeAdapter(Head), table, lines[1 : ends[1]], 2), ends[1] + 1


class _Span(NamedTuple):
    """Lines from `first` up to `end`, from 0: a heading ("step") or a slot, whose kind it is."""

    first: int
    end: int
    kind: str
    title: str = ""


def _steps(file: str, lines: Sequence[str], start: int) -> Sequence[Step]:
    """The steps: each begins with a heading of the second level."""
    spans = list(_spans("\n".join([*[""] * start, *lines[start:]])))
    texts = (number for number in range(start, len(lines)) if lines[number].strip())
    first = next(texts, start)
    if not spans or spans[0].kind != "step" or first != spans[0].first:
        raise LessonError(file, first + 1, 'the first step begins with a heading, "## Question"')
    numbers, steps, parts = count(), [], list[Part]()
    following = [*[span.first for span in spans[1:]], len(lines)]
    for span, until in zip(spans, following, strict=True):
        if span.kind == "step":
            parts = []
            steps.append(Step(span.title, parts))
        else:
            fields = lines[span.first + 1 : span.end - 1]
            parts.append(_placed(file, span.kind, fields, span.first + 2, numbers))
        if words := "\n".join(lines[span.end : until]).strip():
            parts.append(Text(words))
        for number, line in enumerate(lines[span.end : until], span.end + 1):
            if wrong := unknown_place(line):
                raise LessonError(file, number, wrong)
    return steps


def _spans(markdown: str) -> Iterator[_Span]:
    """The headings and slots of a text."""
    tokens = MarkdownIt("commonmark").parse(markdown)
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.map is None or token.level:
            continue
        first, end = token.map
        if token.type == "heading_open" and token.tag == "h2" and following is not None:
            yield _Span(first, end, "step", following.content)
        elif token.type == "fence" and token.info.strip() in _KINDS:
            yield _Span(first, end, token.info.strip())


def _placed(
    file: str, kind: str, lines: Sequence[str], line: int, numbers: Iterator[int]
) -> Placed:
    table = _toml(file, lines, line)
    if kind == "prediction":
        table.setdefault("kind", "choice")
    slot = _made(file, _KINDS[kind], table, lines, line)
    placed = Placed(slot, line - 1)
    return replace(placed, number=next(numbers)) if isinstance(slot, PREDICTIONS) else placed


def _toml(file: str, lines: Sequence[str], line: int) -> dict[str, Any]:
    try:
        return tomllib.loads("\n".join(lines))
    except RecursionError:
        raise LessonError(file, line, "its brackets lie too deep") from None
    except tomllib.TOMLDecodeError as error:
        at = _TOML_LINE.search(str(error))
        within = int(at[1]) - 1 if at and at[1] else max(0, len(lines) - 1)
        why = _TOML_LINE.sub("", str(error))
        raise LessonError(file, line + within, f"this is no TOML: {why}") from None


def _made(
    file: str, kind: TypeAdapter[Any], table: Mapping[str, Any], lines: Sequence[str], line: int
) -> Any:
    """The slot of these fields; what is wrong is said at the line of its field."""
    try:
        return kind.validate_python(table)
    except ValidationError as error:
        # A name that is misspelt is there, and the one that it should be is missing.
        wrong = sorted(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        names = [str(part) for part in wrong[0]["loc"]]
        found = (_line_of(name, lines) for name in reversed(names))
        within = next((at for at in found if at is not None), 0)
        raise LessonError(file, line + within, explain(error)) from None


def _line_of(name: str, lines: Sequence[str]) -> int | None:
    """The line on which a field is given, or its table begins; None if on none."""
    pattern = re.compile(rf'(?:^|[\[{{,.])\s*"?{re.escape(name)}"?\s*[\]=.]')
    return next((number for number, text in enumerate(lines) if pattern.search(text)), None)
