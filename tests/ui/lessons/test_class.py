"""A class on the Lessons page: opened by a teacher, joined by its link, seen after predicting."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.lab.lab import Lab
from resnet_viz.ui.components.lessons.prediction import Given
from tests.ui.lessons.conftest import text, value

Open = Callable[..., AppTest]
READER = "cd" * 16


def drawn(app: AppTest) -> list[Mapping[str, Any]]:
    """What the pictures of the class on a page are told."""
    found = [json.loads(one.proto.json) for one in app.get("bidi_component")]
    return [data for data in found if "counts" in data]


def test_a_teacher_sees_all_at_once_and_closes_the_class(lab: Lab, lessons_page: Open) -> None:
    app = lessons_page(lesson="race")
    app.button(key="teach_open").click().run()
    code = value(app, "class")
    assert lab.class_link(code) == "lesson=race&only=race"
    assert f'<div class="class-code">{code}</div>' in text(app)
    assert f"http://school:8501/lessons?class={code}" in [one.value for one in app.code]
    assert "appear here as they are given" in text(app)
    lab.vote(code, "race.0", READER, "plain")
    app.run()
    (shown,) = drawn(app)
    assert shown["counts"] == [0, 1, 0]
    assert shown["words"]["said"] == "Predictions of your class: 1"
    app.button(key="teach_close").click().run()
    assert "class" not in app.query_params
    with pytest.raises(ValueError, match="no class with the code"):
        lab.class_link(code)


def test_a_reader_sees_the_class_after_predicting_and_may_change_it(
    lab: Lab, lessons_page: Open, browser: dict[str, Given]
) -> None:
    code = lab.open_class("lesson=race&only=race")
    for reader in range(29):
        lab.vote(code, "race.0", f"reader {reader}", "residual" if reader % 2 else "plain")
    app = lessons_page(**{"class": code.lower()})
    assert value(app, "lesson") == "race"
    assert drawn(app) == []
    assert len(lab.votes(code, "race.0")) == 29
    browser["prediction_race_0"] = Given("undecided", READER)
    app.run()
    (shown,) = drawn(app)
    assert shown["counts"] == [14, 15, 1]
    assert shown["mine"] == "undecided"
    browser["prediction_race_0"] = Given("residual", READER)
    app.run()
    assert drawn(app)[0]["counts"] == [15, 15, 0]
    assert len(lab.votes(code, "race.0")) == 30
    assert not [one for one in app.button if str(one.key).startswith("teach")]


def test_a_session_votes_once_whatever_names_it_gives(
    lab: Lab, lessons_page: Open, browser: dict[str, Given]
) -> None:
    code = lab.open_class("lesson=race&only=race")
    browser["prediction_race_0"] = Given("plain", READER)
    app = lessons_page(**{"class": code})
    for other, guess in (("0" * 32, "residual"), ("1" * 32, "undecided"), ("2" * 32, "plain")):
        browser["prediction_race_0"] = Given(guess, other)
        app.run()
    assert lab.votes(code, "race.0") == ["plain"]


def test_curves_are_drawn_with_their_median_and_others_are_left_out(
    lab: Lab, lessons_page: Open, browser: dict[str, Given]
) -> None:
    code = lab.open_class("lesson=deeper&only=deeper")
    for reader, curve in enumerate(([1.0, 1.5, 2.0], [0.5, 1.0, 1.0], [9.0, 1.0, 1.0], [1.0])):
        lab.vote(code, "deeper.0", f"reader {reader}", curve)
    browser["prediction_deeper_0"] = Given([0.75, 2.0, 0.5], READER)
    shown = next(one for one in drawn(lessons_page(**{"class": code})) if one["kind"] == "curve")
    assert sorted(shown["curves"]) == [[0.5, 1.0, 1.0], [0.75, 2.0, 0.5], [1.0, 1.5, 2.0]]
    assert shown["median"] == [0.75, 1.5, 1.0]


@pytest.mark.parametrize("guess", ["nonsense", [1.0, 2.0, 3.0], {"a": 1}])
def test_what_is_no_prediction_is_not_counted(
    lab: Lab, lessons_page: Open, browser: dict[str, Given], guess: object
) -> None:
    code = lab.open_class("lesson=race&only=race")
    browser["prediction_race_0"] = Given(guess, READER)
    lessons_page(**{"class": code})
    assert lab.votes(code, "race.0") == []


@pytest.mark.parametrize("reader", ["", "short", "X" * 32])
def test_who_has_no_name_of_the_browsers_is_not_counted(
    lab: Lab, lessons_page: Open, browser: dict[str, Given], reader: str
) -> None:
    code = lab.open_class("lesson=race&only=race")
    browser["prediction_race_0"] = Given("plain", reader)
    lessons_page(**{"class": code})
    assert lab.votes(code, "race.0") == []


def test_a_class_that_is_over_leaves_the_lesson(lab: Lab, lessons_page: Open) -> None:
    app = lessons_page(lesson="race", **{"class": "KKKKKK"})
    assert "No class with the code KKKKKK is open." in text(app)
    assert "Two networks" in text(app)


def test_a_gallery_opens_no_class(
    lab: Lab, lessons_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESNET_VIZ_PUBLIC", "gallery")
    assert lessons_page(lesson="race").button(key="teach_open").disabled


def test_what_is_counted_at_once_is_told_to_nobody_before_a_prediction(
    lab: Lab, lessons_page: Open, browser: dict[str, Given]
) -> None:
    app = lessons_page(lesson="blocks_and_costs")
    app.button(key="teach_open").click().run()
    lab.vote(value(app, "class"), "blocks_and_costs.0", READER, "basic")
    app.run()
    assert drawn(app)[0]["measured"] is None
    browser["prediction_blocks_and_costs_0"] = Given("basic", "")
    app.run()
    assert drawn(app)[0]["measured"]
