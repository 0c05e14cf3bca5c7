"""A race under way: stopped, paused and repeated by those who may, and by nobody else."""

from __future__ import annotations

import sqlite3
import time

import pytest

from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler.submit import MOST_ACTIVE
from resnet_viz.store.database import StoreError
from resnet_viz.ui.widgets.markdown import plain
from tests.labs import tiny_spec, wait_until
from tests.ui.headings import headers
from tests.ui.race.conftest import (
    errors,
    has_button,
    notes,
    press,
    race_page,
    shown,
    stage,
    steering,
)


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its workers")
def test_stop_keeps_what_was_measured(lab: Lab) -> None:
    race_id = lab.race([tiny_spec(steps=1_000_000, name="one"), tiny_spec(steps=1_000_000)])
    app = steering(lab, race_id)
    assert has_button(app, "race_stop")
    wait_until(lambda: all(run.steps_done > 2 for run in lab.race_runs(race_id)))
    began = time.monotonic()
    app.button(key="race_stop").click().run()
    assert all(run.status == "stopped" for run in lab.race_runs(race_id))
    assert time.monotonic() - began < 5
    assert notes(app)["one"].startswith("stopped at step ")
    assert "What happened" in headers(app)


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its workers")
def test_pause_step_resume(lab: Lab) -> None:
    race_id = lab.race([tiny_spec(steps=1_000_000)])
    wait_until(lambda: lab.race_runs(race_id)[0].steps_done > 0)
    app = steering(lab, race_id)
    press(app, "pause")
    wait_until(lambda: lab.race_runs(race_id)[0].status == "paused")
    paused_at = lab.race_runs(race_id)[0].steps_done
    app.run()
    press(app, "train_one")
    wait_until(lambda: lab.race_runs(race_id)[0].steps_done == paused_at + 1)
    app.run()
    press(app, "resume")
    wait_until(lambda: lab.race_runs(race_id)[0].steps_done > paused_at + 2)


@pytest.mark.usefixtures("no_workers")
def test_slow_motion_is_set_while_it_goes(lab: Lab) -> None:
    race_id = lab.race([tiny_spec(steps=1_000_000)] * 2, pace=3)
    app = steering(lab, race_id)
    message = stage(app)
    assert message["pace"] == 3
    assert message["paces"][0] == [0, "Full speed"]
    assert [3.0, "3 steps/s"] in message["paces"]
    press(app, "pace", value=1.0)
    assert errors(app) == []
    assert [run.pace for run in lab.race_runs(race_id)] == [1.0, 1.0]
    lab.slow(race_id, None)
    assert stage(app.run())["pace"] == 0


@pytest.mark.usefixtures("no_workers")
def test_again_from_the_same_seeds_and_from_the_next(lab: Lab) -> None:
    specs = [tiny_spec(steps=1_000_000, seed=seed, name=f"n{seed}") for seed in (3, 5)]
    first = lab.race(specs, pace=2)
    app = steering(lab, first)
    app.button(key="race_again_Next seed").click().run()
    assert errors(app) == []
    second = "".join(app.query_params["race"])
    assert {run.status for run in lab.race_runs(first)} == {"stopped"}
    assert [(run.name, run.seed, run.pace) for run in lab.race_runs(second)] == [
        ("n3", 6, 2.0),
        ("n5", 7, 2.0),
    ]
    assert has_button(app, "race_stop")
    app.button(key="race_again_Same seed").click().run()
    third = "".join(app.query_params["race"])
    assert [run.spec for run in lab.race_runs(third)] == [run.spec for run in lab.race_runs(second)]
    stranger = race_page(third)
    assert not has_button(stranger, "race_again_Same seed")
    lab.stop(third)
    assert has_button(race_page(third), "race_again_Same seed")


@pytest.mark.usefixtures("no_workers")
def test_a_race_goes_on_where_again_is_refused_and_makes_room_where_it_is_not(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = lab.race([tiny_spec(steps=1_000_000)] * 2)
    for _ in range(2):
        lab.race([tiny_spec()] * (MOST_ACTIVE // 2 - 1))
    with pytest.raises(ValueError, match=f"{MOST_ACTIVE} runs are queued"):
        lab.start(tiny_spec())
    app = steering(lab, first)
    with monkeypatch.context() as here:
        here.setattr("resnet_viz.scheduler.submit.check_ready", _refuse)
        app.button(key="race_again_Same seed").click().run()
    assert errors(app) == [plain("Again did nothing: its images are gone")]
    assert {run.status for run in lab.race_runs(first)} == {"queued"}
    app.button(key="race_again_Same seed").click().run()
    assert errors(app) == []
    assert {run.status for run in lab.race_runs(first)} == {"stopped"}
    assert "".join(app.query_params["race"]) != first


def _refuse(_: object) -> None:
    raise ValueError("its images are gone")


WISHES = ("pause", "train_one", "resume", "pace")


@pytest.mark.usefixtures("no_workers")
@pytest.mark.parametrize("key", ["", "x" * 43, "é"])
def test_link_alone_only_shows(lab: Lab, key: str) -> None:
    race_id = lab.race([tiny_spec(steps=1_000_000, name="mine")])
    other = lab.race([tiny_spec(steps=1, name="other")])
    app = race_page(race_id, key or lab.steering_key(other))
    assert "mine" in notes(app)
    assert not has_button(app, "race_stop")
    assert not shown(app, "stage")["steers"]
    before = lab.race_runs(race_id)
    for wish in WISHES:
        assert errors(press(app, wish, value=2)) == []
    assert lab.race_runs(race_id) == before, "whatever a browser sends"
    assert not [code.value for code in app.code if "steer=" in code.value]
    assert "steer" not in app.query_params


@pytest.mark.usefixtures("no_workers")
def test_link_with_controls_steers_and_leaves_the_address(lab: Lab) -> None:
    race_id = lab.race([tiny_spec(steps=1_000_000, name="mine")])
    app = steering(lab, race_id)
    assert has_button(app, "race_stop")
    assert "steer" not in app.query_params
    assert f"race={race_id}" in app.code[0].value
    assert "steer" not in app.code[0].value
    assert f"steer={lab.steering_key(race_id)}" in app.code[1].value
    assert has_button(app.run(), "race_stop")


def forget(lab: Lab, race_id: str) -> None:
    """Takes a race out of the store, as another version's clean-up may."""
    with sqlite3.connect(lab.home / "lab.sqlite3") as connection:
        connection.execute("DELETE FROM records")
        connection.execute("DELETE FROM runs WHERE race_id = ?", (race_id,))


@pytest.mark.usefixtures("no_workers")
def test_press_on_a_race_that_is_gone(lab: Lab) -> None:
    race_id = lab.race([tiny_spec(steps=1_000_000, name="mine")])
    app = steering(lab, race_id)
    lab.stop(race_id)
    forget(lab, race_id)
    press(app, "pause")
    assert "no longer in the store" in errors(app)[0]
    assert "mine" in notes(app)
    assert not has_button(app, "race_stop")
    assert not errors(race_page())


@pytest.mark.usefixtures("no_workers")
def test_refusal_stays_until_it_is_dismissed_or_a_press_succeeds(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    race_id = lab.race([tiny_spec(steps=1_000_000, name="mine")])
    app = steering(lab, race_id)

    def refuse(_: Lab, id: str) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(Lab, "pause", refuse)
        press(app, "pause")
        assert errors(app.run()) == [plain("Pause training did nothing: the disk is full")]
        app.button(key="race_dismiss").click().run()
        assert errors(app.run()) == []
        press(app, "pause")
    assert errors(app.run()) == [plain("Pause training did nothing: the disk is full")]
    press(app, "pause")
    assert errors(app.run()) == []
