"""Library of lessons: those of the package, and those of a folder of one's own."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from resnet_viz.lessons.lesson import Lesson
from resnet_viz.lessons.reader import LessonError, read_lesson

TEXTS = Path(__file__).with_name("texts")
FOLDER = "RESNET_VIZ_LESSONS"
"""The environment variable that names a folder with further lessons; one with the name of a lesson
of the package replaces it."""
_MOST_BYTES = 200_000


class Library(NamedTuple):
    """The lessons in one language, by their order, and a sentence about each broken file."""

    lessons: Sequence[Lesson]
    problems: Sequence[str]

    def lesson(self, key: str) -> Lesson | None:
        """The lesson of that name."""
        return next((one for one in self.lessons if one.key == key), None)


def library(language: str) -> Library:
    """The lessons of a language. What is broken is left out, said, and harms no other."""
    folders = [TEXTS]
    if own := os.environ.get(FOLDER):
        folders.append(Path(own))
    lessons: dict[str, Lesson] = {}
    problems = [f"{FOLDER} names no folder: {folder}" for folder in folders if not folder.is_dir()]
    for folder in folders:
        for file in sorted(folder.glob(f"*.{language}.md")):
            try:
                lesson = _read(file, file.stat().st_mtime_ns)
                lessons[lesson.key] = lesson
            except (LessonError, OSError, UnicodeDecodeError, RecursionError) as error:
                problems.append(str(error))
    in_order = sorted(lessons.values(), key=lambda one: (one.head.order, one.key))
    return Library(tuple(in_order), tuple(problems))


@lru_cache(maxsize=256)
def _read(file: Path, _changed: int) -> Lesson:
    if file.stat().st_size > _MOST_BYTES:
        raise LessonError(file.name, 1, f"a lesson has at most {_MOST_BYTES // 1000:,} kB")
    return read_lesson(file.read_text(encoding="utf-8"), file.name)
