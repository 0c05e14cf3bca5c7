"""The product's English: every text that a user may see, against words that were found foreign.

Texts are the strings of the package (docstrings excepted), of its scripts and of its sentences
about the corpus of races. The list grows when a reader finds more.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from resnet_viz.findings.race_summary import claims, happened
from resnet_viz.findings.why import why
from tests.findings.test_corpus import told_races

ROOT = Path(__file__).parents[1] / "resnet_viz"
FOREIGN = (
    r"anew",
    r"so far",
    r"as fast as it goes",
    r"what lies",
    r"that of",
    r"needless",
    r"in a process of its own",
    r"is no (whole|number|net|file|name)",
    r"take away|bring in",
    r"on show",
    r"as good as",
    r"but for",
    r"puts? out",
    r"whichever is",
    r"(a|\d) layer towards",
    r"for want of",
    r"thereof|hence|whereof",
    r"nothing brings",
    r"follow newest|halt",
)
"""What VOICE calls a dialect, as regular expressions over whole words."""
LONGEST = 30
"""Words of a sentence."""
NO_PROSE = {
    "store/migrations.py",
    "store/schema/statements.py",
    "store/lock_holder.py",
    "views/graph/svg.py",
}
"""Files whose long strings are SQL, source of a program, or SVG."""


def strings(file: Path) -> Iterator[tuple[int, str]]:
    """The strings of a file with their lines; what is filled in stands as "X"."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    parts = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for one in body if isinstance(body, list) else ():
            if isinstance(one, ast.Expr):
                parts.add(id(one.value))  # a docstring
        if isinstance(node, ast.JoinedStr):
            pieces = [v.value if isinstance(v, ast.Constant) else "X" for v in node.values]
            parts |= {id(piece) for piece in node.values}
            yield node.lineno, "".join(map(str, pieces))
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in parts:
            yield node.lineno, node.value


def faults(text: str) -> list[str]:
    """What is foreign or too long in a text of at least three words."""
    if len(text.split()) < 3 or re.match(r"\s*(SELECT|UPDATE|INSERT|CREATE|ALTER)\b", text):
        return []
    found = [word for word in FOREIGN if re.search(rf"\b({word})\b", text, re.IGNORECASE)]
    lengths = [len(one.split()) for one in re.split(r"(?<=[.!?:;])\s", text)]
    return found + [f"{length} words" for length in lengths if length > LONGEST]


@pytest.mark.parametrize(
    "text", ["The race on show is over.", "2.1 s so far", "word " * 31, "x is no number, I say"]
)
def test_a_foreign_text_is_found(text: str) -> None:
    assert faults(text)


def test_texts_of_the_package() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{line}: {fault} in {text[:90]!r}"
        for file in sorted(ROOT.rglob("*.py"))
        if str(file.relative_to(ROOT)) not in NO_PROSE
        for line, text in strings(file)
        for fault in faults(text)
    ]
    assert not found, "\n" + "\n".join(found)


def test_texts_of_the_scripts() -> None:
    found = [
        f"{file.relative_to(ROOT)}: {fault} in {text!r}"
        for ending in ("*.js", "*.html")
        for file in sorted(ROOT.rglob(ending))
        for line in file.read_text(encoding="utf-8").splitlines()
        if not line.lstrip().startswith(("//", "*", "/*"))
        for text in re.findall(r'["`>]([^"`<>]{12,})["`<]', line)
        for fault in faults(text)
    ]
    assert not found, "\n" + "\n".join(found)


def test_sentences_about_races() -> None:
    """Numbers count as words, so that a sentence with many may be longer."""
    for _, runs in told_races():
        said = [one.text for one in happened(runs)]
        if any(len(one.history) for one in runs):
            said += [text for step in why(runs, claims(runs)) for text in step.sentences]
        for text in said:
            assert not [fault for fault in faults(text) if not fault.endswith(" words")], text
            assert not re.search(r"\b[a-z]+_[a-z_]+\b", text), text
