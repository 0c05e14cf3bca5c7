"""Spoken messages: all that a stage shows in Korean is Korean, but for names and numbers."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.race_summary import happened, verdict
from resnet_viz.lessons.languages import words_in
from resnet_viz.stage import status
from resnet_viz.stage.followed import Followed
from resnet_viz.stage.message import whole_message
from resnet_viz.stage.recording import recording
from resnet_viz.stage.spoken import spoken
from resnet_viz.stage.told import PACES
from resnet_viz.store.run import Run
from tests.findings.made import falling, several
from tests.findings.made import run as net_of
from tests.report.test_report import reported
from tests.stage.test_followed import look_at
from tests.stage.test_status import NONE, SOME, contestant
from tests.ui.race.test_words import run

SAY = words_in("ko")
HANGUL = re.compile("[가-힣]")


def shown(message: dict[str, Any]) -> list[str]:
    """The texts of a whole message."""
    return [
        *message["words"].values(),
        *(about["title"] for about in message["quantities"]),
        *(box["label"] for net in message["nets"] for box in net["boxes"]),
        *(stage[0] for net in message["nets"] for stage in net["stages"]),
    ]


def test_no_word_of_a_stage_is_left_in_english() -> None:
    net = reported("resnet20-cifar", 12).contestant
    reader = Followed(lambda _: [net], lambda *_: {}, SAY)
    for message in (json.loads(reader.text(look_at(net))), spoken(recording(), SAY)):
        assert [text for text in shown(message) if not HANGUL.search(text)] == []


def test_a_net_of_several_seeds_is_called_so_in_korean() -> None:
    net = replace(reported("resnet20-cifar", 12).contestant, name="ResNet-20, 3 seeds")
    [said] = spoken(whole_message([net], 12), SAY)["nets"]
    assert said["name"] == "ResNet-20, 시드 3개"


def test_in_english_a_message_stays_as_it_is() -> None:
    assert spoken(recording(), str) == recording()


def test_readers_of_two_languages_share_a_look() -> None:
    net = reported("resnet20-cifar", 12).contestant
    look, texts = look_at(net), {}
    for name, say in (("en", str), ("ko", SAY)):
        said = lambda _, say: {"sentence": say("Starting...")}  # noqa: E731
        texts[name] = json.loads(Followed(lambda _: [net], said, say).text(look))
    assert texts["en"]["sentence"] == "Starting..."
    assert HANGUL.search(texts["ko"]["sentence"])
    assert texts["ko"]["records"] == texts["en"]["records"]


@pytest.mark.parametrize(
    ("runs", "nets"),
    [
        ([run()], [contestant(SOME)]),
        ([run(), run()], [contestant(SOME)] * 2),
        ([run()] * 3, [contestant(SOME)] * 3),
        ([run(), run("queued")], [contestant(SOME), contestant(NONE)]),
        ([run("paused")], [contestant(SOME)]),
        ([run("stopped"), run("failed")], [contestant(NONE)] * 2),
        ([run("queued")], [contestant(NONE)]),
    ],
)
def test_a_race_under_way_is_told_in_korean(runs: list[Run], nets: list[Contestant]) -> None:
    sentence = status.progress_sentence(runs, nets, SAY)
    notes = [
        status.card_note([(one, net.history)], SAY) for one, net in zip(runs, nets, strict=True)
    ]
    for text in (sentence, *filter(None, notes)):
        assert HANGUL.search(text), text
        assert not re.search("[a-z]", text), text


def test_paces_are_told_in_korean() -> None:
    assert all(HANGUL.search(status.pace_words(pace, SAY)) for pace in PACES)


LEARNS, GUESSES, AWAY = falling(2.5, 0.1, 9), falling(2.3, 2.29, 9), falling(2.5, 900.0, 9)
FLAT = {"accuracy": lambda _: 0.1}
RACES: list[list[Contestant]] = [
    [net_of("resnet56-cifar", LEARNS)],
    [net_of("resnet56-cifar", LEARNS), net_of("plain56-cifar", GUESSES, **FLAT)],
    [net_of("resnet56-cifar", LEARNS), net_of("plain56-cifar", AWAY)],
    [net_of("resnet56-cifar", LEARNS, steps=2), net_of("plain56-cifar", GUESSES, steps=2)],
    [net_of("resnet56-cifar", GUESSES, **FLAT), net_of("plain56-cifar", GUESSES, **FLAT)],
    [net_of(f"resnet{depth}-cifar", LEARNS) for depth in (20, 32, 44)],
    [net_of("plain56-cifar", AWAY), net_of("plain110-cifar", AWAY)],
    several("plain56-cifar", 2.3, 2.31, 2.3, **FLAT)
    + several("plain110-cifar", 2.3, 2.3, 2.31, **FLAT),
    several("resnet56-cifar", *[0.1] * 4) + several("plain56-cifar", 0.3, 0.34, 0.31, 0.36),
    several("resnet56-cifar", 0.1, 0.4, 0.2) + several("plain56-cifar", 0.3, 0.2, 0.31),
    several("resnet56-cifar", 0.1, 0.1, 0.1) + several("plain56-cifar", 0.3, 0.2, 2.31),
    several("resnet56-cifar", *[0.1] * 4) + several("plain56-cifar", *[2.3] * 4, **FLAT),
]


@pytest.mark.parametrize("nets", RACES)
def test_a_verdict_is_told_in_korean_with_the_same_numbers(nets: list[Contestant]) -> None:
    english, korean = verdict(nets), verdict(nets, SAY)
    assert english == happened(nets)[0].text
    names = "|".join(net.net_name or net.name for net in nets)
    assert not re.search("[a-z]{2}", re.sub(names, "", korean)), korean
    numbers = [sorted(re.findall(r"[\d.]*\d", text)) for text in (english, korean)]
    assert set(numbers[0]) <= set(numbers[1]), korean
