"""A race with runs whose specs cannot be read: what is known of them is shown, with the reason."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler import launcher_client
from resnet_viz.store.database import Store
from tests.scheduler.test_retention import race
from tests.ui.headings import titles
from tests.ui.race.conftest import address, errors, has_button, opened, race_page, shown, text


@pytest.fixture
def race_id(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> str:
    """A race of two, "odd a" and "odd b", of three steps each."""
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    return race(lab, 3, "odd")


def spoil(lab: Lab, spec: str, which: str = "1") -> None:
    with Store(lab.home).writing() as connection:
        connection.execute(f"UPDATE runs SET spec = ? WHERE {which}", (spec,))


def lines(app: AppTest) -> set[str]:
    """The names in the one chart on the page."""
    figure = json.loads(shown(app, "live_chart")["news"])
    return {trace.get("name", "") for trace in figure["data"]}


@pytest.mark.parametrize("spec", ["{}", "", "[1", '{"config": {"wings": 2}}'])
def test_what_is_known_of_it_is_shown(lab: Lab, race_id: str, spec: str) -> None:
    first, second = (run.id for run in lab.race_runs(race_id))
    spoil(lab, spec)
    app = race_page(race_id)
    assert errors(app) == []
    assert titles(app)[0] == "odd a and odd b"
    said = [box.value for box in app.warning]
    assert [line.split(r"\.")[0].split(". ")[0] for line in said] == [
        "odd a\\: finished, step 3 of 20",
        "odd b\\: finished, step 3 of 20",
    ]
    assert all("cannot be read, another version wrote it" in line for line in said)
    assert lines(app) >= {"odd a", "odd b"}
    assert not has_button(app, "race_readable")
    app.run()  # and it stays
    assert errors(app) == []
    assert titles(app)[0] == "odd a and odd b"
    alone = opened(runs=second)
    assert titles(alone)[0] == "odd b"
    assert first not in text(alone)
    app.button(key="race_leave").click().run()
    assert errors(app) == []
    assert has_button(app, "race_start")


def test_those_that_can_be_read_are_a_press_away(lab: Lab, race_id: str) -> None:
    good = lab.race_runs(race_id)[0].id
    spoil(lab, "{}", "name = 'odd b'")
    app = race_page(race_id)
    assert titles(app)[0] == "odd b"
    assert len(app.warning) == 1
    app.button(key="race_readable").click().run()
    assert address(app)["runs"] == good
    assert titles(app)[0] == "odd a"


def test_a_damaged_row_has_no_more_than_its_reason(lab: Lab, race_id: str) -> None:
    with Store(lab.home).writing() as connection:
        connection.execute("UPDATE runs SET created = 9e11")
    app = race_page(race_id)
    assert errors(app) == []
    assert "how it stands is not known" in app.warning[0].value
    assert "its row in the store is damaged" in app.warning[0].value.casefold()
    with Store(lab.home).writing() as connection:
        connection.execute("UPDATE runs SET id = char(9) WHERE position = 1")
    stranger = opened(runs="#1")
    assert errors(stranger) == []
    assert "odd" not in "".join(box.value for box in stranger.warning)
