"""Code in the documents: it is run here, or the sentence above it says that it is not, and why."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from resnet_viz.__main__ import main
from resnet_viz.lab.lab import Lab
from tests.labs import end

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
NOT_RUN = "Not run in the tests"
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"^(?: {4}|\t)(?:\$ |\.venv/|python|pip |resnet-viz |import |from )")
_RUN = {"python", "sh"}
_SLOTS = {"measurement", "prediction", "stage", "figure", "claim"}
"""Of a lesson (docs/writing_lessons.md): tests/lessons reads them."""
_SHOWN = {"", "html", "yaml", "toml", "json", "text"} | _SLOTS


class Block(NamedTuple):
    """A block of code: its language, its lines, and the paragraph above."""

    language: str
    code: str
    above: str

    @property
    def is_run(self) -> bool:
        return self.language in _RUN and NOT_RUN not in self.above


def blocks(document: Path) -> Iterator[Block]:
    text = document.read_text(encoding="utf-8")
    for match in _FENCE.finditer(text):
        above = text[: match.start()].rstrip().rpartition("\n\n")[2]
        yield Block(match[2], match[3], above)


def named(document: Path) -> str:
    return str(document.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_no_code_is_hidden_from_this_test(document: Path) -> None:
    assert {block.language for block in blocks(document)} <= _RUN | _SHOWN
    text = _FENCE.sub("", document.read_text(encoding="utf-8"))
    assert [line for line in text.splitlines() if _INDENTED.match(line)] == []


def test_what_is_not_run_says_why() -> None:
    untested = [
        block
        for document in DOCUMENTS
        for block in blocks(document)
        if block.language in _RUN and not block.is_run
    ]
    assert untested
    why = re.compile(NOT_RUN + r"(, because|: |, but by `\.ci/run`)")
    assert [block.above for block in untested if not why.search(block.above)] == []


@pytest.mark.parametrize(
    "document",
    [one for one in DOCUMENTS if any(block.is_run for block in blocks(one))],
    ids=named,
)
def test_code_runs(document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of a document's blocks, in one folder, one after the other."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path / "home"))
    names: dict[str, object] = {"__name__": "__main__"}
    try:
        for block in blocks(document):
            if block.is_run and block.language == "python":
                exec(compile(block.code, named(document), "exec"), names)
            elif block.is_run:
                for line in block.code.splitlines():
                    assert run(line) == 0, line
    finally:
        for home in ("home", "races"):
            if Path(home).exists():
                end(Lab(home))


def run(line: str) -> int:
    """The exit status of a line of a terminal, which must be one of our command's."""
    words = shlex.split(line, comments=True)
    assert words[0] == "resnet-viz", line
    return main(words[1:])
