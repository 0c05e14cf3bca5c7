"""Checks of what a lesson's slots say of each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resnet_viz.lessons.figures import FIGURES, MOST_BLOCKS
from resnet_viz.lessons.lesson import MEASUREMENTS, AnySlot, Lesson
from resnet_viz.lessons.measurement_slots import (
    AnyMeasurement,
    CountsSlot,
    RaceSlot,
    RemovalSlot,
)
from resnet_viz.lessons.slots import (
    Choices,
    ClaimSlot,
    Drawn,
    FigureSlot,
    StageSlot,
)
from resnet_viz.text import or_words, unknown_name

RESERVED = ("lesson", "part", "step", "lang", "only", "hide", "locked", "class", "mended")
"""Names that links have for other things (ui/pages/lessons/lessons_url.py)."""


def first_problem(lesson: Lesson) -> tuple[int, str] | None:
    """The first thing that is wrong, with its line; None if nothing is."""
    known: dict[str, AnyMeasurement] = {}
    for placed in lesson.slots:
        slot = placed.slot
        if isinstance(slot, MEASUREMENTS):
            if slot.name in RESERVED:
                return placed.line, f"a measurement cannot be called {slot.name}: links use it"
            if slot.name in known:
                return placed.line, f"two measurements are called {slot.name}"
            known[slot.name] = slot
    if not known:
        return 1, "a lesson has at least one measurement"
    problems = ((placed.line, _problem(placed.slot, known)) for placed in lesson.slots)
    return next(((line, problem) for line, problem in problems if problem), None)


def _problem(slot: AnySlot, known: Mapping[str, AnyMeasurement]) -> str:
    """What is wrong with what a slot says of a measurement; "" if nothing."""
    if isinstance(slot, MEASUREMENTS) and not isinstance(slot, RemovalSlot):
        return ""
    if slot.of not in known:
        return unknown_name("measurement", slot.of, list(known))
    of, problem = known[slot.of], ""
    match slot:
        case StageSlot() | RemovalSlot() if not isinstance(of, RaceSlot):
            problem = f"{slot.of} is no race"
        case RemovalSlot() if isinstance(of, RaceSlot):
            problem = _problem_of_order(slot.nets, list(of.nets))
        case FigureSlot():
            problem = _problem_of_figure(slot, of)
        case Drawn():
            problem = _unknown("curve", [slot.curve], of.curves())
        case Choices():
            problem = _problem_of_results(slot.outcome, slot.choices, of)
        case ClaimSlot():
            problem = _problem_of_claim(slot, of)
    return problem


def _problem_of_order(nets: Sequence[str], race: Sequence[str]) -> str:
    """Blocks are removed from the first nets of a race, in its order."""
    if list(nets) == list(race)[: len(nets)]:
        return ""
    return _unknown("net", nets, race) or f"name the race's nets in its order: {', '.join(race)}"


def _problem_of_figure(slot: FigureSlot, of: AnyMeasurement) -> str:
    if slot.figure == "paths" and isinstance(of, CountsSlot):
        blocks = sum(next(iter(of.nets.values())).config().depths)
        if blocks > MOST_BLOCKS:
            return f"the paths of {blocks} blocks are too many to draw; at most {MOST_BLOCKS}"
    return _unknown("figure", [slot.figure], FIGURES[of.kind])


def _problem_of_claim(slot: ClaimSlot, of: AnyMeasurement) -> str:
    if slot.outcome is not None:
        if problem := _problem_of_results(slot.outcome, slot.sentences(), of):
            return problem
        missing = [one for one in of.outcomes()[slot.outcome] if one not in slot.sentences()]
        if missing:
            return f"{slot.outcome} may also be {or_words(missing)}; say that, too"
    return _unknown("number", sorted(slot.names()), of.numbers())


def _problem_of_results(outcome: str, sentences: Mapping[str, str], of: AnyMeasurement) -> str:
    """What is wrong with the results that sentences are given for."""
    if problem := _unknown("outcome", [outcome], list(of.outcomes())):
        return problem
    return _unknown("result", list(sentences), of.outcomes()[outcome])


def _unknown(kind: str, names: Sequence[str], allowed: Sequence[str]) -> str:
    wrong = [name for name in names if name not in allowed]
    return unknown_name(kind, wrong[0], list(allowed)) if wrong else ""
