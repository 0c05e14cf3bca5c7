"""Which step the page shows while the runs of a race are not equally far."""

from __future__ import annotations

import json
import re

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler import launcher_client
from resnet_viz.store.database import Store
from resnet_viz.store.records.chunks import insert_records
from tests.labs import tiny_spec
from tests.quantities.test_records import record
from tests.ui.race.conftest import errors, notes, race_page

LAYERS = 6  # of the tiny net


def come_to(lab: Lab, position: int, steps: range) -> None:
    with Store(lab.home).writing() as connection:
        insert_records(connection, position, [record(step, LAYERS) for step in steps])


def step_of(app: AppTest) -> int:
    """The step that the charts below the stage show."""
    alts = [
        json.loads(element.proto.json)["alt"]
        for element in app.get("bidi_component")
        if "alt" in element.proto.json
    ]
    (step,) = {found[1] for alt in alts if (found := re.search(r" at step (\d+)", alt))}
    return int(step)


def test_the_step_shown_does_not_go_back_when_a_further_net_begins(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    race = lab.race([tiny_spec(name=name) for name in ("one", "two", "three")])
    for position in (1, 2):
        come_to(lab, position, range(12))
    app = race_page(race)
    assert step_of(app) == 11
    come_to(lab, 3, range(3))
    for one in (app.run(), race_page(race)):
        assert errors(one) == []
        assert step_of(one) == 11, "for all who look at it"
    come_to(lab, 3, range(3, 15))
    for position in (1, 2):
        come_to(lab, position, range(12, 14))
    assert step_of(app.run()) == 13


def test_stopped_seeds_are_not_said_to_be_done(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    race = lab.race([tiny_spec(name="net", seed=seed) for seed in (0, 1)])
    come_to(lab, 1, range(3))
    lab.stop(race)
    assert list(notes(race_page(race)).values()) == ["0 of 2 seeds done, 2 stopped"]
