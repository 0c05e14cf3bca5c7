"""The settings of the next race, in the address of the one on show."""

from __future__ import annotations

from pathlib import Path

import pytest

from resnet_viz.lab.lab import Lab
from resnet_viz.ui.widgets.markdown import plain
from tests.ui.race.conftest import address, errors, finished, has_button, opened, set_number, text

pytestmark = pytest.mark.usefixtures("no_workers")


@pytest.fixture
def race_id(lab: Lab) -> str:
    """A race that is over."""
    return finished(lab, steps=2)


def test_what_is_set_beside_a_race_is_in_its_address_and_opens_again(race_id: str) -> None:
    app = opened(race=race_id)
    assert address(app) == {"race": race_id}
    app.button(key="race_next").click().run()
    assert address(app) == {"race": race_id, "open": "next"}
    app.selectbox(key="race_first_net").set_value("plain20-cifar").run()
    set_number(app, "lr", 0.05)
    app.selectbox(key="race_quantity").set_value("update_ratio").run()
    beside = {"first": "plain20-cifar", "lr": "0.05"}
    query = {"race": race_id, "quantity": "update_ratio", "open": "next", **beside}
    assert address(app) == query
    other = opened(**query)
    assert errors(other) == []
    assert address(other) == query
    assert other.number_input(key="race_lr").value == 0.05
    assert other.selectbox(key="race_first_net").value == "plain20-cifar"
    assert other.session_state["race_specs"] == app.session_state["race_specs"]
    folded = other.button(key="race_next").click().run()
    assert address(folded) == {key: query[key] for key in query if key != "open"}
    again = opened(**address(folded)).button(key="race_next").click().run()
    assert again.number_input(key="race_lr").value == 0.05


def test_the_link_that_is_offered_shows_the_race_alone(race_id: str) -> None:
    app = opened(race=race_id, open="next", lr="0.05")
    (shows,) = [one.value for one in app.code if "race=" in one.value]
    assert shows.endswith(f"?race={race_id}")


def test_what_is_no_setting_beside_a_race_is_said_until_one_is_set(race_id: str) -> None:
    app = opened(race=race_id, open="next", lr="-1", steps="70")
    (error,) = errors(app)
    assert plain("is no setting and left out: lr = -1") in error
    assert address(app) == {"race": race_id, "open": "next", "steps": "70"}
    assert app.number_input(key="race_lr").value == 0.01
    assert errors(set_number(app, "steps", 80)) == []
    assert address(app)["steps"] == "80"


def test_a_race_that_begins_beside_another_has_the_address_to_itself(
    lab: Lab, race_id: str
) -> None:
    app = opened(race=race_id, open="next", first="resnet20-cifar", second="none", steps="1")
    app.button(key="race_start").click().run()
    (begun,) = address(app).values()
    assert list(address(app)) == ["race"]
    assert begun != race_id
    assert [run.spec.steps for run in lab.race_runs(begun)] == [1]
    app.button(key="race_next").click().run()
    assert address(app)["steps"] == "1"
    assert "resnet20-cifar" in text(app)


def test_what_is_to_be_looked_at_stays_in_the_address_until_a_race_begins(home: Path) -> None:
    view = {"quantity": "update_ratio", "axis": "linear", "smooth": "5", "open": "diagnosis"}
    app = opened(present="1", steps="70", **view)
    assert address(app) == {"steps": "70", "present": "1", **view}
    set_number(app, "steps", 2)
    assert address(app) == {"steps": "2", "present": "1", **view}
    app.button(key="race_start").click().run()
    begun = address(app)
    assert begun == {"race": begun["race"], "present": "1", **view}
    assert not has_button(app, "race_next"), "it is presented, without settings"


def test_how_curves_are_to_be_drawn_is_in_the_address_before_a_race(home: Path) -> None:
    app = opened(lr="0.05", steps="70")
    app.segmented_control(key="race_loss_axis").set_value("linear").run()
    assert address(app) == {"lr": "0.05", "steps": "70", "axis": "linear"}


@pytest.mark.parametrize("left", [{}, {"steps": "70", "first": "plain18"}])
def test_an_address_without_the_race_on_show_is_replaced(
    race_id: str, left: dict[str, str]
) -> None:
    """That of a switch of pages, or the browser's entry from before the race."""
    query = {"race": race_id, "quantity": "update_ratio", "open": "next", "lr": "0.05"}
    app = opened(**query)
    app.query_params.clear()
    for key, value in left.items():
        app.query_params[key] = value
    assert address(app.run()) == query


def test_settings_that_narrow_screens_fold_away_stay_unfolded_until_a_race_begins(
    home: Path,
) -> None:
    app = opened(steps="2")
    app.toggle(key="race_panel_settings").set_value(True).run()
    assert address(app) == {"steps": "2", "open": "settings"}
    other = opened(**address(app))
    assert other.toggle(key="race_panel_settings").value
    assert not opened(steps="2").toggle(key="race_panel_settings").value
    other.button(key="race_start").click().run()
    assert list(address(other)) == ["race"]
