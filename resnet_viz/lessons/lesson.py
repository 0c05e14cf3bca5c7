"""Lesson: its title, its steps, and in each step paragraphs and slots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from resnet_viz.lessons.measurement_slots import AnyMeasurement, NewNetsSlot, SweepSlot
from resnet_viz.lessons.slots import (
    AnyPrediction,
    Choices,
    ClaimSlot,
    Drawn,
    FigureSlot,
    StageSlot,
)

AnySlot = AnyMeasurement | AnyPrediction | StageSlot | FigureSlot | ClaimSlot
MEASUREMENTS = AnyMeasurement
PREDICTIONS = (Choices, Drawn)


class GoOn(BaseModel):
    """What to try next: a page of the app with its address's settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    page: str
    query: Mapping[str, str] = Field(default_factory=dict)


class Head(BaseModel):
    """What a lesson's file says first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Annotated[str, Field(min_length=1, max_length=80)]
    question: Annotated[str, Field(min_length=1, max_length=300)]
    order: int
    minutes: Annotated[int, Field(ge=1, le=60)]
    sources: tuple[str, ...]
    not_shown: Annotated[str, Field(min_length=1)]
    """What the lesson does not show, in a sentence or two."""
    go_on: GoOn


@dataclass(frozen=True)
class Text:
    """Paragraphs, in Markdown."""

    markdown: str


@dataclass(frozen=True)
class Placed:
    """A slot in its place: `number` counts the lesson's predictions from 0, and is -1 of others;
    `line` is where it stands in its file."""

    slot: AnySlot
    line: int
    number: int = -1


Part = Text | Placed


@dataclass(frozen=True)
class Step:
    """A step of a lesson: what is seen at once."""

    title: str
    parts: Sequence[Part]

    @property
    def slots(self) -> Sequence[Placed]:
        """Its slots, in order."""
        return [part for part in self.parts if isinstance(part, Placed)]


@dataclass(frozen=True)
class Lesson:
    """A lesson in one language: `key` is its name in addresses."""

    key: str
    language: str
    head: Head
    steps: Sequence[Step]

    @property
    def slots(self) -> Sequence[Placed]:
        """The slots of all steps."""
        return [placed for step in self.steps for placed in step.slots]

    @property
    def measurements(self) -> Mapping[str, AnyMeasurement]:
        """Its measurements by name."""
        slots = [placed.slot for placed in self.slots]
        return {slot.name: slot for slot in slots if isinstance(slot, MEASUREMENTS)}

    @property
    def predictions(self) -> Sequence[AnyPrediction]:
        """Its predictions, in order."""
        slots = [placed.slot for placed in self.slots]
        return [slot for slot in slots if isinstance(slot, PREDICTIONS)]

    def depths(self, slot: AnyPrediction) -> Sequence[int]:
        """The depths at which a reader draws a curve; none for a choice."""
        of = self.measurements[slot.of]
        return of.depths if isinstance(of, SweepSlot | NewNetsSlot) else ()
