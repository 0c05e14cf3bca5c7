"""Every lesson from its first to its last press, in every language, held against the records.

The measurements are the lessons' own with fewer steps, or whole with RESNET_VIZ_NIGHTLY=1.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from resnet_viz.arch.paper_names import paper_name
from resnet_viz.lab.lab import Lab
from resnet_viz.lessons import kinds
from resnet_viz.lessons.facts import UNDECIDED, Seen, say
from resnet_viz.lessons.judgement import UNCLEAR, judge
from resnet_viz.lessons.languages import LANGUAGES, words_in
from resnet_viz.lessons.lesson import Lesson
from resnet_viz.lessons.library import library
from resnet_viz.lessons.measurement_slots import (
    AnyMeasurement,
    NewNetsSlot,
    RaceSlot,
    RemovalSlot,
    SweepSlot,
)
from resnet_viz.lessons.notebook_slot import NotebookSlot
from resnet_viz.lessons.slots import (
    Choices,
    ClaimSlot,
    Drawn,
    FigureSlot,
)
from tests.labs import end, wait_until
from tests.lessons.test_figure_words import left_in_english

KEYS = [lesson.key for lesson in library("en").lessons]
IS_WHOLE = bool(os.environ.get("RESNET_VIZ_NIGHTLY"))
STEPS = 6


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    one = Lab(Path(tmp_path_factory.mktemp("lessons")) / "home")
    yield one
    end(one)


def shortened(slot: AnyMeasurement) -> AnyMeasurement:
    """The measurement with a few steps, two depths and one seed."""
    if IS_WHOLE:
        return slot
    if isinstance(slot, RaceSlot):
        return slot.model_copy(update={"training": {**slot.training, "steps": STEPS}})
    if isinstance(slot, SweepSlot):
        ends = (slot.depths[0], slot.depths[0] + 6)
        training = {**slot.training, "steps": STEPS}
        return slot.model_copy(update={"training": training, "depths": ends, "seeds": (0, 1)})
    if isinstance(slot, NotebookSlot):
        return slot.model_copy(update={"steps": 10})
    if isinstance(slot, NewNetsSlot) and slot.depths:
        return slot.model_copy(update={"depths": (8, 14)})
    return slot


def measure(lab: Lab, lesson: Lesson) -> tuple[dict[str, AnyMeasurement], dict[str, Seen]]:
    """All presses of a lesson, one after the other."""
    slots = {name: shortened(slot) for name, slot in lesson.measurements.items()}
    seen: dict[str, Seen] = {}
    ids: dict[str, str] = {}
    for name, slot in slots.items():
        race_id = ids[slot.of] if isinstance(slot, RemovalSlot) else ""
        ids[name] = kinds.begin(lab, slot, "", race_id)
        wait_until(lambda slot=slot, of=ids[name]: kinds.look(lab, slot, of).is_over)  # type: ignore[misc]
        seen[name] = kinds.look(lab, slot, ids[name])
        assert not seen[name].problem
        if isinstance(slot, RaceSlot):
            held_against_records(lab, slot, ids[name], seen[name])
    return slots, seen


def held_against_records(lab: Lab, slot: RaceSlot, race_id: str, seen: Seen) -> None:
    """The numbers of a race, by reading its records anew."""
    assert seen.facts is not None
    runs = lab.race_runs(race_id)
    assert len(runs) == len(slot.nets) * len(slot.seeds)
    for place, name in enumerate(slot.nets):
        own = [run for run in runs if run.contestant == place]
        ends = [lab.records(run.id)[-1].values["final"] for run in own]
        accuracies = [dict(zip(own[0].quantities["final"].names, end, strict=True)) for end in ends]
        median = np.median([end["eval_accuracy"] for end in accuracies])
        assert seen.facts.numbers[f"accuracy_{name}"] == f"{median:.0%}"
        norms = [lab.records(run.id)[0].values["grad_input_norm"] for run in own]
        ratio = np.median([float(norm[0]) / float(norm[-1]) for norm in norms])
        said = float(seen.facts.numbers[f"first_ratio_{name}"].replace(",", ""))
        assert said == pytest.approx(ratio, rel=0.06)


@pytest.mark.parametrize("key", KEYS)
def test_a_lesson_from_first_to_last_press(lab: Lab, key: str) -> None:
    english = library("en").lesson(key)
    assert english is not None
    slots, seen = measure(lab, english)
    for name, slot in slots.items():
        facts = seen[name].facts
        assert facts is not None
        assert set(facts.outcomes) == set(slot.outcomes())
        assert all(facts.outcomes[of] in results for of, results in slot.outcomes().items())
        assert set(facts.numbers) == set(slot.numbers())
        assert set(facts.curves) == set(slot.curves())
    for language in LANGUAGES:
        lesson = library(language).lesson(key)
        assert lesson is not None, f"{key} is not there in {language}"
        told(lesson, seen)


def told(lesson: Lesson, seen: dict[str, Seen]) -> None:
    """All that a lesson says and draws of what was measured."""
    words = words_in(lesson.language)
    for placed in lesson.slots:
        slot = placed.slot
        if isinstance(slot, ClaimSlot):
            sentence = say(slot, seen[slot.of].facts)  # type: ignore[arg-type]
            assert sentence
            assert "{" not in sentence
        elif isinstance(slot, Choices):
            facts = seen[slot.of].facts
            assert facts is not None
            for guess in slot.choices:
                right = judge(slot, guess, facts, words).is_right
                result = facts.outcomes[slot.outcome]
                if result in (UNDECIDED, UNCLEAR):
                    assert right is None
                else:
                    assert right is (result == guess)
        elif isinstance(slot, Drawn):
            facts = seen[slot.of].facts
            assert facts is not None
            measured = [min(max(y, slot.low), slot.high) for y in facts.curves[slot.curve].y]
            assert judge(slot, measured, facts, words).is_right is not False
        elif isinstance(slot, FigureSlot) and slot.figure in seen[slot.of].figures:
            figure = seen[slot.of].figures[slot.figure]()
            assert figure.data
            assert left_in_english(figure, names_of(lesson.key)) == []


def names_of(key: str) -> set[str]:
    """What the nets of a lesson are called in English, in which these were measured."""
    lesson = library("en").lesson(key)
    assert lesson is not None
    slots = [one for one in lesson.measurements.values() if isinstance(one, RaceSlot | NewNetsSlot)]
    nets = [net for slot in slots for net in slot.nets.values()]
    return {net.title for net in nets} | {paper_name(net.preset) for net in nets}
