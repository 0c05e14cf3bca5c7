"""Reading: a lesson that a session reads, with what is seen of its measurements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from resnet_viz.lab.lab import Lab
from resnet_viz.lessons import kinds
from resnet_viz.lessons.facts import Seen
from resnet_viz.lessons.languages import words_in
from resnet_viz.lessons.lesson import Lesson
from resnet_viz.lessons.measurement_slots import CountsSlot, RemovalSlot
from resnet_viz.store.database import StoreError
from resnet_viz.text import Words
from resnet_viz.ui.pages.lessons.classroom import Classroom
from resnet_viz.ui.pages.lessons.lessons_url import Place


@dataclass(frozen=True)
class Reading:
    """A lesson at a place of it; `seen` has each of its measurements, None before it has begun.

    `classroom` is the class in which it is read, if any.
    """

    lab: Lab
    lesson: Lesson
    place: Place
    seen: Mapping[str, Seen | None]
    classroom: Classroom | None = None

    @classmethod
    def of(
        cls, lab: Lab, lesson: Lesson, place: Place, classroom: Classroom | None = None
    ) -> Reading:
        """The lesson with what is seen now."""
        seen = {name: look(lab, lesson, place, name) for name in lesson.measurements}
        return cls(lab, lesson, place, seen, classroom)

    @property
    def words(self) -> Words:
        """The words of its language."""
        return words_in(self.place.language)


def look(lab: Lab, lesson: Lesson, place: Place, name: str) -> Seen | None:
    """What is seen of a measurement; None before it has begun.

    One that was deleted, or is another lesson's, can be begun again.
    """
    slot = lesson.measurements[name]
    of = kinds.counts.ID if isinstance(slot, CountsSlot) else place.measured.get(name)
    if not of:
        return None
    if isinstance(slot, RemovalSlot) and of.split(",")[0] != place.measured.get(slot.of):
        return None
    try:
        return kinds.look(lab, slot, of)
    except StoreError as error:
        return Seen(0.0, False, problem=str(error))
    except ValueError:
        return None
