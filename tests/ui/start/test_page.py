"""The start page, run by Streamlit's AppTest; and which race it plays."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.experiments.starting_points.default_race import STARTING_POINT
from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler import launcher_client
from resnet_viz.stage.recording import newest_race, recording
from tests.labs import end, tiny_spec
from tests.ui.headings import titles

ROOT = Path(__file__).parents[3]
BUTTON = "start_race_button"


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """The page's lab, in which whatever is started waits."""
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.cookies", {})
    one = Lab(tmp_path / "home")
    yield one
    end(one)


def start_page() -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    assert not app.exception
    return app


def set_over(lab: Lab, race_id: str, status: str = "finished") -> None:
    """As if each run of the race had come to its end, half a second a step."""
    with sqlite3.connect(lab.home / "lab.sqlite3") as connection:
        change = "UPDATE runs SET status = ?, ended = created + 30 WHERE race_id = ?"
        connection.execute(change, (status, race_id))


def test_the_button_starts_the_default_race_and_goes_there(lab: Lab) -> None:
    app = start_page()
    assert titles(app) == [
        "Stack more layers and a plain network gets worse. One extra wire fixes it."
    ]
    assert app.button(key=BUTTON).label == "Race it live"
    app.button(key=BUTTON).click().run()
    assert not app.exception
    assert [run.spec for run in reversed(lab.list())] == list(STARTING_POINT.specs)
    [race_id] = {run.race_id for run in lab.list()}
    assert "".join(app.query_params["race"]) == race_id
    assert any(button.key == "race_stop" for button in app.button), "it is this session's to steer"


def test_a_second_press_leads_to_the_race_that_still_trains(lab: Lab) -> None:
    app = start_page()
    app.button(key=BUTTON).click().run()
    app.query_params.clear()
    app.switch_page("pages/start.py").run()
    assert app.button(key=BUTTON).label == "Watch your race"
    app.button(key=BUTTON).click().run()
    [race_id] = {run.race_id for run in lab.list()}
    assert "".join(app.query_params["race"]) == race_id
    set_over(lab, race_id or "")
    app.switch_page("pages/start.py").run()
    assert app.button(key=BUTTON).label.startswith("Race it live")


def test_the_button_says_how_long_it_takes_where_that_is_known(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lab, "expected_seconds", lambda self, specs, pace=None: 14.2)
    assert start_page().button(key=BUTTON).label == "Race it live (about 14 s)"


def test_a_store_that_cannot_be_used_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").write_text("not a folder")
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path / "home"))
    app = start_page()
    assert not app.button
    assert "Until then no race can be started" in app.error[0].value


def test_the_recording_gives_way_to_this_computers_newest_default_race(lab: Lab) -> None:
    """Not to one of other nets, of other settings, or one that was stopped."""
    assert newest_race(lab) is None
    specs = list(STARTING_POINT.specs)
    own = lab.race([spec.model_copy(update={"seed": 3}) for spec in specs])
    others = [
        lab.race([tiny_spec(), tiny_spec()]),
        lab.race([spec.model_copy(update={"lr": 0.1}) for spec in specs]),
        lab.race(specs[:1]),
    ]
    stopped = lab.race(specs)
    assert newest_race(lab) is None, "nothing is over"
    for race_id in (own, *others):
        set_over(lab, race_id)
    set_over(lab, stopped, "stopped")
    assert newest_race(lab) == own


def test_the_shipped_recording_is_of_the_default_race() -> None:
    nets = recording()["nets"]
    assert recording()["steps"] == STARTING_POINT.specs[0].steps
    assert [net["name"] for net in nets] == ["ResNet-56", "Plain-56"]
