"""Predictions held against what was measured."""

from __future__ import annotations

import pytest

from resnet_viz.lessons.facts import UNDECIDED, Curve, Facts, most
from resnet_viz.lessons.judgement import is_guess, judge
from resnet_viz.lessons.languages import words_in
from resnet_viz.lessons.slots import Choices, Drawn

WORDS = words_in("en")
CHOICE = Choices(ask="?", outcome="best", choices={"a": "The first.", "b": "The second"})
CURVE = Drawn(kind="curve", ask="?", curve="loss", title="loss [nats]", low=0, high=2)


def facts(result: str = "a", y: tuple[float, ...] = (0.2, 0.3, 1.9)) -> Facts:
    return Facts({"best": result}, {}, {"loss": Curve((8, 20, 56), y)})


@pytest.mark.parametrize(
    ("result", "is_right", "words"),
    [
        ("a", True, "You predicted: The first. That is what was measured."),
        ("b", False, "You predicted: The first. Measured: The second."),
        (UNDECIDED, None, "You predicted: The first. No clear difference was measured."),
        ("unclear", None, "You predicted: The first. This measurement cannot tell."),
        ("c", False, "You predicted: The first. Something else was measured."),
    ],
)
def test_a_choice(result: str, *, is_right: bool | None, words: str) -> None:
    judgement = judge(CHOICE, "a", facts(result), WORDS)
    assert (judgement.is_right, judgement.sentence) == (is_right, words)


@pytest.mark.parametrize(
    ("guess", "is_right", "words"),
    [
        ((0.1, 1.0, 1.8), True, "rises from 0.10 to 1.8"),
        ((1.8, 1.0, 0.1), False, "falls from 1.8 to 0.10"),
        ((1.0, 2.0, 1.1), False, "stays level, from 1.0 to 1.1"),
        ((0.0, 0.0, 0.3), True, "rises from 0 to 0.30"),
        ((0.05, 0.1, 0.28), True, "rises from 0.050 to 0.28"),
    ],
)
def test_a_curve_is_right_where_its_direction_is(
    guess: tuple[float, ...], *, is_right: bool, words: str
) -> None:
    judgement = judge(CURVE, guess, facts(), WORDS)
    assert judgement.is_right is is_right
    assert words in judgement.sentence
    assert "rises from 0.20 to 1.9" in judgement.sentence
    assert judgement.sentence.endswith(f"The direction is {'right' if is_right else 'not'}.")


def test_on_a_logarithmic_axis_factors_count() -> None:
    log = CURVE.model_copy(update={"log": True, "low": 1e-3, "high": 1e3})
    ratios = facts(y=(1.0, 10.0, 100.0))
    assert judge(log, (1.0, 1.0, 10.0), ratios, WORDS).is_right
    assert judge(log, (1.0, 1.0, 2.1), ratios, WORDS).is_right
    assert not judge(log, (1.0, 1.0, 1.2), ratios, WORDS).is_right


def test_a_curve_that_was_not_measured_is_not_judged() -> None:
    assert judge(CURVE, (0, 1, 2), facts(y=(0.1, float("nan"), 1.0)), WORDS).is_right is None


@pytest.mark.parametrize(
    ("slot", "value", "is_one"),
    [
        (CHOICE, "a", True),
        (CHOICE, "c", False),
        (CHOICE, ["a"], False),
        (CURVE, [0.1, 0.2, 2.0], True),
        (CURVE, [0.1, 0.2], False),
        (CURVE, [0.1, 0.2, 2.1], False),
        (CURVE, [0.1, 0.2, float("nan")], False),
        (CURVE, [0.1, 0.2, "1"], False),
        (CURVE, [0.1, 0.2, True], False),
        (CURVE, [0.1, 0.2, 10**400], False),
        (CURVE, "a", False),
    ],
)
def test_what_a_browser_sends_is_checked(
    slot: Choices | Drawn, value: object, *, is_one: bool
) -> None:
    assert is_guess(slot, 3, value) is is_one


def test_most() -> None:
    assert most({"a": (0.8, 0.9), "b": (0.1, 0.2)}) == "a"
    assert most({"a": (0.8, 0.9), "b": (0.1, 0.85)}) == UNDECIDED
