"""The words around the lessons: every text that the code asks for is there in every language."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from resnet_viz.lessons.languages import LANGUAGES, LOCALE, words_in
from tests.lessons.test_texts import OTHER_WORDS

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "docs" / "tools" / "lesson_words.py"
OTHERS = [code for code in LANGUAGES if code != "en"]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("lesson_words", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_is_missing(tool: ModuleType, language: str) -> None:
    words = words_in(language)
    wanted = set(tool.messages())
    assert len(wanted) > 40
    missing = [text for text in wanted if words(text) in ("", text)]
    assert not missing, "run `python docs/tools/lesson_words.py` and translate"


def test_korean_has_one_word_for_each_idea(tool: ModuleType) -> None:
    words = words_in("ko")
    assert not [words(text) for text in tool.messages() if OTHER_WORDS.search(words(text))]


@pytest.mark.parametrize("language", OTHERS)
def test_translations_name_the_same_numbers(tool: ModuleType, language: str) -> None:
    from string import Formatter

    def names(text: str) -> set[str | None]:
        return {name for _, name, _, _ in Formatter().parse(text)} - {None}

    words = words_in(language)
    for text in tool.messages():
        assert names(words(text)) == names(text), text


@pytest.mark.parametrize("language", OTHERS)
def test_what_is_compiled_is_what_is_written(tool: ModuleType, language: str) -> None:
    file = LOCALE / language / "LC_MESSAGES" / "lessons.po"
    assert file.with_suffix(".mo").read_bytes() == tool.compiled(tool.catalogue(file))


def test_the_tool_finds_every_text_that_is_asked_for(tool: ModuleType) -> None:
    """Within the braces of an f-string it would find none."""
    found = set(tool.messages())
    for room in tool.ROOMS:
        for file in (tool.PACKAGE / room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or not node.args:
                    continue
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                first = node.args[0]
                if name in tool.CALLS and isinstance(first, ast.Constant):
                    assert first.value in found, f"{file.name}: {first.value!r}"
