"""Words around the lessons: the catalogue of each language, brought up to date.

    python docs/tools/lesson_words.py

collects what the code asks for, adds it to locale/*/LC_MESSAGES/lessons.po, and compiles the .mo
beside it. A translation that is missing stays empty, and a test says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from resnet_viz.findings.words.headline import ONE_SEED
from resnet_viz.lessons.figure_words import TEXTS as FIGURE_TEXTS
from resnet_viz.quantities import quantity
from resnet_viz.stage.message import QUANTITIES
from resnet_viz.stage.recording import recording
from resnet_viz.stage.status import NUMBERS
from resnet_viz.stage.words import COUNTED, ENDED_AT, LABELS, MONTHS, SEEDS, WORDS
from resnet_viz.text import capital

PACKAGE = Path(__file__).parents[2] / "resnet_viz"
LOCALE = PACKAGE / "lessons" / "locale"
ROOMS = ("lessons", "stage", "ui/pages/lessons", "ui/pages/start", "ui/components/lessons")
VERDICTS = ("headline", "comparison_words", "phrases")
FILES = (
    "text.py",
    "scheduler/eta.py",
    *(f"findings/words/{name}.py" for name in VERDICTS),
    "ui/server/recorded_race.py",
)
CALLS = ("words", "say")
"""What the functions are called that translate."""


def messages() -> Iterator[str]:
    """The English texts that the code asks for, and those of the stage that stand in tables."""
    keywords = dict.fromkeys(CALLS)
    for room in ROOMS:
        found = extract_from_dir(PACKAGE / room, [("**.py", "python")], keywords=keywords)
        yield from (str(message) for _, _, message, _, _ in found)
    for file in FILES:
        for _, message, _, _ in extract_from_file("python", PACKAGE / file, keywords=keywords):
            yield str(message)
    for table in (WORDS, LABELS, COUNTED, ENDED_AT):
        yield from table.values()
    yield from FIGURE_TEXTS
    yield from (SEEDS, *MONTHS, *NUMBERS[1:], recording()["sentence"], ONE_SEED)
    yield from (capital(quantity(name).title) for name in QUANTITIES)


def catalogue(file: Path) -> Catalog:
    """A language's catalogue as its file has it."""
    with file.open("rb") as stream:
        return read_po(stream)


def compiled(of: Catalog) -> bytes:
    """The same as gettext reads it."""
    stream = BytesIO()
    write_mo(stream, of)
    return stream.getvalue()


def update(file: Path) -> None:
    """Add what is missing to a catalogue, drop what nobody asks for, and compile it."""
    known, wanted = catalogue(file), list(dict.fromkeys(messages()))
    fresh = Catalog(
        locale=known.locale,
        header_comment="# Words around the lessons.",
        project="resnet_viz",
        charset="utf-8",
        creation_date=known.creation_date,
        revision_date=known.revision_date,
        fuzzy=False,
    )
    for text in sorted(wanted):
        before = known.get(text)
        fresh.add(text, before.string if before else "")
    with file.open("wb") as stream:
        write_po(stream, fresh, omit_header=False, width=100)
    file.with_suffix(".mo").write_bytes(compiled(catalogue(file)))


if __name__ == "__main__":
    for file in LOCALE.glob("*/LC_MESSAGES/lessons.po"):
        update(file)
