"""The reader of lessons: what is wrong with a file is said at its line, and harms no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from resnet_viz.lessons.checks import FIGURES, PLACES
from resnet_viz.lessons.library import FOLDER, TEXTS, library
from resnet_viz.lessons.reader import LessonError, read_lesson

HEAD = """+++
title = "A title"
question = "Why?"
order = 99
minutes = 3
sources = ["He et al. 2015, arXiv:1512.03385"]
not_shown = "Much."
[go_on]
label = "On"
page = "race"
+++

"""
RACE = """```measurement
kind = "race"
training = { steps = 5 }
[nets]
residual = "resnet20-cifar"
plain = "plain20-cifar"
```
"""
CHOICE = """```prediction
ask = "Which?"
outcome = "best"
[choices]
residual = "This"
plain = "That"
```
"""
GOOD = f"{HEAD}## One\n\nText with [arcs](#stage.shortcuts).\n\n{CHOICE}\n{RACE}\n"
FILE = "99_mine.en.md"


def line_of(text: str, part: str) -> int:
    """The line on which a part of a text begins, from 1."""
    return text[: text.index(part)].count("\n") + 1


def test_a_lesson_is_read() -> None:
    lesson = read_lesson(GOOD + "## Two\n\nMore.\n", FILE)
    assert (lesson.key, lesson.language, lesson.head.title) == ("mine", "en", "A title")
    assert [step.title for step in lesson.steps] == ["One", "Two"]
    assert list(lesson.measurements) == ["main"]
    assert [placed.number for placed in lesson.slots] == [0, -1]
    assert [placed.line for placed in lesson.slots] == [
        line_of(GOOD, "```prediction"),
        line_of(GOOD, "```measurement"),
    ]


@pytest.mark.parametrize(
    ("before", "after", "at", "why"),
    [
        ("minutes = 3", "minutes = 300", "minutes = 300", "60"),
        ("minutes = 3", "minuts = 3", "minuts = 3", "minuts"),
        ("minutes = 3", "minutes = = 3", "minutes = = 3", "TOML"),
        ('kind = "race"', 'kind = "rase"', "kind = ", "rase"),
        ("resnet20-cifar", "resnet21-cifar", 'residual = "resnet21', "resnet21-cifar"),
        ("steps = 5", "steps = -5", "training = ", "steps"),
        ("steps = 5", "stepps = 5", "training = ", "stepps"),
        ('outcome = "best"', 'outcome = "bets"', "```prediction", "best"),
        ('plain = "That"', 'pain = "That"', "```prediction", "plain"),
        ("#stage.shortcuts", "#stage.shortcut", "Text with", "stage.shortcuts"),
        ("## One", "# One", "# One", "heading"),
    ],
)
def test_what_is_wrong_is_said_at_its_line(before: str, after: str, at: str, why: str) -> None:
    text = GOOD.replace(before, after, 1)
    with pytest.raises(LessonError) as error:
        read_lesson(text, FILE)
    assert why in str(error.value)
    assert error.value.line == line_of(text, at), str(error.value)


@pytest.mark.parametrize(
    ("slot", "why"),
    [
        ('```stage\nof = "other"\ncaption = "x"\n```', "other"),
        ('```figure\nfigure = "paths"\ncaption = "x"\n```', "paths"),
        ('```claim\nsay = "{speed_plain}"\n```', "speed_plain"),
        ('```claim\nsay = "a { b"\n```', "between braces"),
        ('```claim\nsay = "a {} b"\n```', "between braces"),
        ('```claim\nsay = "{steps:>999999999}"\n```', "between braces"),
        ('```claim\nsay = "{steps!r}"\n```', "between braces"),
        (RACE.replace('kind = "race"', 'kind = "race"\nname = "lang"'), "links use it"),
        (
            '```measurement\nkind = "removal"\nname = "cut"\nof = "main"\nnets = ["plain"]\n```',
            "in its order",
        ),
        (
            '```measurement\nkind = "new_nets"\nname = "new"\ndepths = [60002]\n[nets]\n'
            'a = "resnet20-cifar"\n```',
            "1,202",
        ),
        (
            '```measurement\nkind = "new_nets"\nname = "new"\ndepths = [20, 32]\n[nets]\n'
            'a = "resnet34"\n```',
            "basic blocks",
        ),
        (
            '```measurement\nkind = "counts"\nname = "c"\n[nets]\na = "resnet20-cifar"\n```\n'
            '```figure\nof = "c"\nfigure = "paths"\ncaption = "x"\n```',
            "too many",
        ),
        ("```measurement\nnets = " + 5000 * "[" + "\n```", "too deep"),
        ('```claim\noutcome = "best"\n[say]\nplain = "x"\n```', "undecided"),
        ('```claim\noutcome = "best"\nsay = "x"\n```', "sentence for each"),
        (
            '```prediction\nkind = "curve"\nask = "?"\ncurve = "loss"\ntitle = "x"\nlow = 0\n'
            "high = 1\n```",
            "loss",
        ),
        (
            '```removal\n```\n```measurement\nkind = "removal"\nof = "main"\nnets = ["x"]\n'
            'name = "cut"\n```',
            "x",
        ),
        (RACE, "two measurements"),
    ],
)
def test_slots_that_do_not_fit_each_other_are_refused(slot: str, why: str) -> None:
    with pytest.raises(LessonError, match=why):
        read_lesson(f"{GOOD}\n{slot}\n", FILE)


def test_a_broken_file_harms_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / FILE).write_text(GOOD, encoding="utf-8")
    (tmp_path / "98_broken.en.md").write_text("nothing", encoding="utf-8")
    (tmp_path / "97_bytes.en.md").write_bytes(b"\xff\xfe\x00")
    monkeypatch.setenv(FOLDER, str(tmp_path))
    found = library("en")
    assert found.lesson("mine") is not None
    assert len(found.problems) == 2
    assert any("98_broken.en.md, line 1" in problem for problem in found.problems)
    names = {path.name for path in TEXTS.glob("*.en.md")}
    assert len(found.lessons) == len(names) + 1


def test_a_lesson_of_ones_own_replaces_the_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "race.en.md").write_text(GOOD, encoding="utf-8")
    monkeypatch.setenv(FOLDER, str(tmp_path))
    lesson = library("en").lesson("race")
    assert lesson is not None
    assert lesson.head.title == "A title"


DOCS = Path(__file__).parents[2] / "docs" / "writing_lessons.md"


def test_the_example_of_the_documentation_is_a_lesson() -> None:
    text = DOCS.read_text(encoding="utf-8").split("````markdown\n")[1].split("````")[0]
    lesson = read_lesson(text, "13_batch.en.md")
    assert [step.title for step in lesson.steps] == ["Guess first", "Race them", "What happened"]


def test_the_documentation_has_every_figure_number_and_place() -> None:
    text = DOCS.read_text(encoding="utf-8")
    missing = [name for names in FIGURES.values() for name in names if f"`{name}`" not in text]
    missing += [place for place in PLACES if f"`{place}`" not in text]
    race = read_lesson(GOOD, FILE).measurements["main"]
    names = {name.replace("_residual", "_NET").replace("_plain", "_NET") for name in race.numbers()}
    missing += [name for name in names if f"`{name}`" not in text]
    assert not missing
