"""Checks of what a lesson's slots say of each other, and of what its words point at."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from resnet_viz.lessons import slots
from resnet_viz.lessons.lesson import MEASUREMENTS, AnySlot, Lesson
from resnet_viz.lessons.measurement_slots import (
    AnyMeasurement,
    CountsSlot,
    RaceSlot,
    RemovalSlot,
)
from resnet_viz.text import or_words, unknown_name

RESERVED = ("lesson", "part", "step", "lang", "only", "hide", "locked", "class", "mended")
"""Names that links have for other things (ui/pages/lessons/lessons_url.py)."""

FIGURES: Mapping[str, tuple[str, ...]] = {
    "race": ("loss", "gradients", "rank", "shares"),
    "sweep": ("loss_by_depth",),
    "new_nets": ("gradients", "by_depth", "per_layer", "branches", "shattering"),
    "removal": ("errors",),
    "counts": ("table", "blocks", "paths"),
    "notebook": ("table", "losses", "gradients"),
}
"""The figures that a lesson may show of each kind of measurement, by name.

race: loss and accuracy by step; gradient norm by layer at step 0; the blocks' effective rank at
the end; the shortcut's share of the gradient at step 0. sweep: training loss by depth. new_nets:
gradient by block with theory, its ratio by depth, its factor per layer, branch variance, cosines of
neighbours. removal: error without each block. counts: parameters and costs, one block of each net
as a graph, and the 2^n paths through a small net. notebook: the programs side by side, their
training loss by step, and the gradient norm by layer before it."""
MOST_BLOCKS = 5
"""Of a net whose paths are drawn: each block doubles them."""
PLACES = (
    "stage",
    "stage.scoreboard",
    "stage.nets",
    "stage.shortcuts",
    "stage.gradients",
    "stage.curves",
    "stage.sentence",
    "stage.transport",
    "figure",
    "prediction",
)
"""Places in the pictures that words of a lesson point at, as [the scoreboard](#stage.scoreboard).

On the stage: accuracies and losses, the rows of blocks, the arcs above them, the pictures of the
gradient below them, loss and accuracy by step, the sentence above, the controls; the step's figure,
and its prediction."""
_LINK = re.compile(r"\]\(#([^)]*)\)")


def unknown_place(markdown: str) -> str:
    """A sentence about the first place that no picture has; "" for none."""
    wrong = [place for place in _LINK.findall(markdown) if place not in PLACES]
    return unknown_name("place", wrong[0], PLACES) if wrong else ""


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
        case slots.StageSlot() | RemovalSlot() if not isinstance(of, RaceSlot):
            problem = f"{slot.of} is no race"
        case RemovalSlot() if isinstance(of, RaceSlot):
            problem = _problem_of_order(slot.nets, list(of.nets))
        case slots.FigureSlot():
            problem = _problem_of_figure(slot, of)
        case slots.Drawn():
            problem = _unknown("curve", [slot.curve], of.curves())
        case slots.Choices():
            problem = _problem_of_results(slot.outcome, slot.choices, of)
        case slots.ClaimSlot():
            problem = _problem_of_claim(slot, of)
    return problem


def _problem_of_order(nets: Sequence[str], race: Sequence[str]) -> str:
    """Blocks are removed from the first nets of a race, in its order."""
    if list(nets) == list(race)[: len(nets)]:
        return ""
    return _unknown("net", nets, race) or f"name the race's nets in its order: {', '.join(race)}"


def _problem_of_figure(slot: slots.FigureSlot, of: AnyMeasurement) -> str:
    if slot.figure == "paths" and isinstance(of, CountsSlot):
        blocks = sum(next(iter(of.nets.values())).config().depths)
        if blocks > MOST_BLOCKS:
            return f"the paths of {blocks} blocks are too many to draw; at most {MOST_BLOCKS}"
    return _unknown("figure", [slot.figure], FIGURES[of.kind])


def _problem_of_claim(slot: slots.ClaimSlot, of: AnyMeasurement) -> str:
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
