"""The Lessons page, run by Streamlit's AppTest."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.lab.lab import Lab
from resnet_viz.lessons.library import library
from resnet_viz.lessons.measurement_slots import RaceSlot
from resnet_viz.ui.pages.lessons import pictures
from resnet_viz.ui.session.public import VARIABLE
from tests.ui.headings import titles
from tests.ui.lessons.conftest import ROOT


def page(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.switch_page("pages/lessons.py")
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def texts(app: AppTest) -> str:
    return "\n".join(str(element.value) for element in app.markdown)


def query(app: AppTest) -> dict[str, str]:
    return {name: "".join(value) for name, value in app.query_params.items()}


@pytest.mark.usefixtures("lab")
@pytest.mark.parametrize("language", ["en", "ko"])
def test_all_lessons_are_listed_and_open(language: str) -> None:
    app = page(lang=language)
    lessons = library(language).lessons
    cards = [one.label for one in app.button if str(one.key).startswith("lesson_open")]
    assert [f"{n}. {one.head.title}" for n, one in enumerate(lessons, 1)] == cards
    for lesson in lessons:
        opened = page(lang=language, lesson=lesson.key)
        assert titles(opened)[0] == lesson.head.title
        for _ in lesson.steps[1:]:
            opened.button(key="lesson_next").click().run()
            assert not opened.exception
        assert opened.button(key="lesson_next").disabled
        assert lesson.head.not_shown.split()[0] in texts(opened)


def test_a_press_begins_the_race_and_the_link_keeps_it(lab: Lab) -> None:
    app = page(lesson="race", part="2")
    app.button(key="lesson_press_main").click().run()
    assert not app.exception
    [race_id] = {run.race_id for run in lab.list()}
    assert query(app)["main"] == race_id
    again = page(lesson="race", part="2", main=race_id or "")
    assert not [button for button in again.button if button.key == "lesson_press_main"]


def test_the_race_of_another_lesson_is_not_taken_for_ones_own(lab: Lab) -> None:
    app = page(lesson="race", part="2")
    app.button(key="lesson_press_main").click().run()
    [race_id] = {run.race_id for run in lab.list()}
    other = next(
        lesson.key
        for lesson in library("en").lessons
        if lesson.key != "race" and "main" in lesson.measurements
    )
    opened = page(lesson=other, main=race_id or "")
    for _ in library("en").lesson(other).steps[1:]:  # type: ignore[union-attr]
        opened.button(key="lesson_next").click().run()
        assert not opened.exception


@pytest.mark.usefixtures("lab")
@pytest.mark.parametrize(
    "link",
    [
        {"lesson": "no_such"},
        {"lesson": "race", "part": "99"},
        {"lesson": "race", "part": "-1"},
        {"lesson": "race", "main": "<script>"},
        {"lesson": "race", "main": "nobody"},
        {"lesson": "race", "lang": "xx"},
        {"lesson": "race", "hide": "race.1,race.2,race.3,race.4,race.5"},
        {"only": "no_such"},
    ],
)
def test_a_link_that_cannot_be_meant_shows_a_page(link: dict[str, str]) -> None:
    assert titles(page(**link))


@pytest.mark.usefixtures("lab")
def test_a_teachers_link_hides_steps_and_orders_lessons() -> None:
    app = page(only="race,deeper")
    wanted = [library("en").lesson(key) for key in ("race", "deeper")]
    names = [f"{n}. {one.head.title}" for n, one in enumerate(wanted, 1) if one]
    cards = [one.label for one in app.button if str(one.key).startswith("lesson_open")]
    assert cards == names
    hidden = page(lesson="race", hide="race.1")
    steps = library("en").lesson("race").steps  # type: ignore[union-attr]
    assert f"Step 1 of {len(steps) - 1}" in texts(hidden)
    assert steps[0].title not in texts(hidden)


@pytest.mark.usefixtures("lab")
def test_a_locked_lesson_opens_step_by_step() -> None:
    app = page(lesson="race", locked="1")
    assert app.button(key="lesson_next").disabled, "before the prediction"
    assert query(app)["locked"] == "1"


def test_nothing_is_measured_in_a_gallery(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "gallery")
    app = page(lesson="race", part="2")
    assert app.button(key="lesson_press_main").disabled
    assert not lab.list()


@pytest.mark.parametrize("is_ones_own", [True, False])
def test_only_who_has_the_controls_pauses_a_race(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, *, is_ones_own: bool
) -> None:
    """Whatever a browser sends for the stage of somebody else's race."""
    monkeypatch.setattr(pictures, "is_owner", lambda: False)
    monkeypatch.setattr(pictures, "has_controls", lambda lab, race_id: is_ones_own)
    monkeypatch.setattr(
        pictures, "stage_view", lambda *args, on_wish, **more: on_wish({"name": "pause"})
    )
    slot = library("en").lesson("race").measurements["main"]  # type: ignore[union-attr]
    assert isinstance(slot, RaceSlot)
    race_id = lab.race(slot.spec())
    page(lesson="race", part="2", main=race_id)
    assert {run.status for run in lab.race_runs(race_id)} == {"paused" if is_ones_own else "queued"}


def test_a_step_that_tells_of_a_race_under_way_shows_how_far_it_is(lab: Lab) -> None:
    slot = library("en").lesson("race").measurements["main"]  # type: ignore[union-attr]
    assert isinstance(slot, RaceSlot)
    race_id = lab.race(slot.spec())
    app = page(lesson="race", part="3", main=race_id)
    assert [one for one in app.get("progress") if "Measuring" in one.text]  # type: ignore[attr-defined]
