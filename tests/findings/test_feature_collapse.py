"""Collapse is said from effective ranks: in each direction, over seeds, where they are recorded."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resnet_viz.arch.presets import preset
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.race_summary import happened
from resnet_viz.findings.verdicts import effective_rank
from resnet_viz.quantities.records import History, StepRecord
from resnet_viz.text import number
from tests.findings.made import contestant

EVERY = 20


def net(*ranks: float, name: str = "plain20-cifar", classes: int = 10) -> Contestant:
    """A net whose median block has these ranks at every 20th step; of three blocks."""
    made = contestant(name, EVERY * (len(ranks) - 1) + 5)
    records = []
    for record in made.history.records():
        place, rest = divmod(record.step, EVERY)
        median = ranks[place]
        own = {} if rest else {"effective_rank": np.array([1, median, 64], np.float32)}
        records.append(StepRecord(record.step, 2.0, 0.1, 0.0, {**record.values, **own}))
    return replace(made, history=History(records), config=preset(name), classes=classes)


def told(*nets: Contestant) -> list[str]:
    """What is said of features; that a net is frozen links to the same plots."""
    said = [text for text, plot in happened(nets) if plot == "through_time"]
    return [text for text in said if text.startswith("The features of ")]


@pytest.mark.parametrize(
    ("ranks", "words"),
    [
        (
            (34, 1.4, 1.2),
            "collapse: the median block's effective rank goes from 34.0 at",
        ),
        (
            (34, 25, 24),
            "do not collapse: the median block's effective rank goes from 34.0 at",
        ),
        (
            (24, 25, 34),
            "do not collapse: the median block's effective rank goes from 24.0 at",
        ),
        ((1.2, 1.1, 1.1), "are collapsed from the start: "),
        ((34, 2, 20), "collapse on the way and come back: "),
        ((34, 2, np.nan), "are not finite, so their effective rank is not known."),
    ],
)
def test_what_becomes_of_a_nets_features(ranks: tuple[float, ...], words: str) -> None:
    (said,) = told(net(*ranks))
    assert said.startswith(f"The features of plain20-cifar {words}")
    if np.isfinite(ranks).all():
        assert said.endswith(f" at step 0 to {number(ranks[-1])} at step 40.")


def test_seeds_are_a_range_and_those_that_differ_are_counted() -> None:
    (said,) = told(net(34, 1.4), net(30, 2.2), net(38, 9))
    assert "collapse (in 2 of 3 runs)" in said
    assert "goes from 30.0 to 38.0 at step 0 to 1.40 to 9.00 at step 20." in said


def test_nothing_is_said_where_the_records_do_not_hold_it() -> None:
    assert told(contestant("plain20-cifar", 45)) == []
    assert told(net(34)) == [], "one measured step tells of no fall"
    assert effective_rank(contestant("plain20-cifar", 45)).word == "not measured"


def test_few_images_differ_in_few_directions_without_a_collapse() -> None:
    few = replace(net(2.9, 1.4), batch_size=4)
    assert told(few) == []
    assert effective_rank(few).word == "too few images"
    assert effective_rank(replace(few, batch_size=32)).word == "collapsed"


def test_of_minibatches_that_nobody_knows_it_is_told_where_there_were_more_directions() -> None:
    def watched(*ranks: float) -> Contestant:
        records = [
            StepRecord(step, 2.0, 0.1, 0.0, {"effective_rank": np.array([rank], np.float32)})
            for step, rank in enumerate(ranks)
        ]
        return replace(net(34), history=History(records), config=None)

    assert effective_rank(watched(2.9, 2.5)).word == "too few images"
    assert effective_rank(watched(20, 2.5)).word == "collapsed"


def test_few_classes_need_few_directions() -> None:
    (said,) = told(net(34, 1.4, classes=2))
    assert "do not collapse" in said
    assert "1.40" in said


@pytest.mark.parametrize(("ranks", "word"), [((34, 1.4), "collapsed"), ((34, 24), "not collapsed")])
def test_the_sign_is_the_newest_measured_step(ranks: tuple[float, ...], word: str) -> None:
    verdict = effective_rank(net(*ranks))
    assert verdict.word == word
    assert verdict.value == pytest.approx(ranks[-1])
    assert verdict.sentence.startswith("At step 20 the features of at most 64 images differ in ")
    assert verdict.sentence.endswith("(median of 3 blocks); at step 0 34.0.")
    assert effective_rank(net(34, np.nan)).word == "not finite"
