"""A teacher's link: which lessons and steps there are, and what a locked lesson hides."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.lab.lab import Lab
from resnet_viz.lessons.library import library
from resnet_viz.ui.components.lessons.prediction import Given
from tests.ui.lessons.conftest import text, value

Open = Callable[..., AppTest]
PAGE = "http://school:8501/lessons"


def link(app: AppTest) -> str:
    (shown,) = (one.value for one in app.code)
    return str(shown)


def keys(app: AppTest) -> set[str]:
    return {str(one.key) for one in app.button}


def test_the_link_says_what_the_teacher_chose(lab: Lab, lessons_page: Open) -> None:
    app = lessons_page(lesson="race")
    assert link(app) == f"{PAGE}?lesson=race&only=race"
    app.multiselect(key="teach_only_race").set_value(["race", "deeper"]).run()
    app.multiselect(key="teach_hide_race").set_value(["deeper.4", "race.1"]).run()
    app.toggle(key="teach_locked").set_value(True).run()
    app.get("button_group")[0].set_value("ko").run()
    assert link(app) == f"{PAGE}?lang=ko&only=race,deeper&hide=deeper.4,race.1&locked=1"
    app.multiselect(key="teach_only_race").set_value(["deeper"]).run()
    assert link(app) == f"{PAGE}?lesson=deeper&lang=ko&only=deeper&hide=deeper.4&locked=1"


def test_a_link_has_its_lessons_in_its_order_without_its_hidden_steps(
    lab: Lab, lessons_page: Open
) -> None:
    app = lessons_page(only="race,deeper", hide="race.1,race.3")
    cards = [one.label for one in app.button if str(one.key).startswith("lesson_open")]
    assert cards == ["1. The race", "2. Deeper is worse?"]
    app.button(key="lesson_open_race").click().run()
    assert "Step 1 of 2: **Watch them train** → Look inside" in text(app)
    assert "Two networks" not in text(app)


def test_a_locked_lesson_opens_step_by_step_and_has_no_way_out(
    lab: Lab, lessons_page: Open, browser: dict[str, Given], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = lessons_page(lesson="race", only="race", locked="1", part="4")
    assert "Step 1 of 4" in text(app)
    assert app.button(key="lesson_next").disabled
    assert not keys(app) & {"teach_open", "lesson_all", "lesson_after"}
    assert "stHeader" in text(app)  # the menu is hidden
    browser["prediction_race_0"] = Given("plain", "")
    app.run()
    assert "Step 2 of 4" in text(app), "the link's step is as far as what is done allows"
    assert app.button(key="lesson_next").disabled
    app.button(key="lesson_back").click().run()
    assert not app.button(key="lesson_next").disabled
    monkeypatch.setattr("resnet_viz.ui.pages.lessons.lesson_view._is_done", lambda *_: True)
    for _ in range(3):
        app.button(key="lesson_next").click().run()
    assert "Step 4 of 4" in text(app)
    assert not app.get("link_button")
    assert "lesson_after" not in keys(app)


def test_a_locked_press_waits_for_the_prediction_in_its_own_step(
    lab: Lab, lessons_page: Open, browser: dict[str, Given]
) -> None:
    hide = "theory.1,theory.2,theory.3"
    app = lessons_page(lesson="theory", only="theory", hide=hide, locked="1")
    assert app.button(key="lesson_press_batch_of_four").disabled
    guess = next(iter(library("en").lesson("theory").predictions[2].choices))  # type: ignore[union-attr]
    browser["prediction_theory_2"] = Given(guess, "")
    app.run()
    assert not app.button(key="lesson_press_batch_of_four").disabled


def test_several_locked_lessons_have_a_list_of_them_alone(lab: Lab, lessons_page: Open) -> None:
    app = lessons_page(lesson="race", only="race,deeper", locked="1")
    app.button(key="lesson_all").click().run()
    cards = {key for key in keys(app) if key.startswith("lesson_open")}
    assert cards == {"lesson_open_race", "lesson_open_deeper"}
    assert not app.get("button_group")


def test_a_class_holds_its_readers_to_its_link(lab: Lab, lessons_page: Open) -> None:
    code = lab.open_class("lesson=race&lang=ko&only=race&hide=race.4&locked=1")
    app = lessons_page(**{"class": code})
    assert value(app, "lang") == "ko"
    assert "3" in text(app)
    assert app.button(key="lesson_next").disabled
    app = lessons_page(lesson="deeper", **{"class": code})
    assert "lesson_open_race" in keys(app)
    assert "lesson_open_deeper" not in keys(app)
