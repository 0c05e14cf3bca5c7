"""What the user wants and what the worker does, in every order that they can come in."""

import itertools
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler import launcher_client
from resnet_viz.scheduler.heartbeat import born
from resnet_viz.scheduler.worker_turn import MOST_BEHIND, Stopped, Turns
from resnet_viz.store.database import Store
from resnet_viz.store.runs_table import select_runs
from tests.labs import tiny_spec

COMMANDS = ("pause", "resume", "step")
LOOK = "look"


class Desk:
    """A run that nobody works on but the test, which plays both its user and its worker."""

    def __init__(self, home: Path, connection: sqlite3.Connection) -> None:
        self.lab, self.connection = Lab(home), connection
        self.id = self.lab.start(tiny_spec())
        self.turns = Turns(connection, 1)

    @property
    def row(self) -> sqlite3.Row:
        return select_runs(self.connection, "id = ?", self.id)[0]

    def command(self, name: str) -> None:
        getattr(self.lab, name)(self.id)

    def set(self, change: str) -> None:
        self.connection.execute(f"UPDATE runs SET {change}")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    with Store(tmp_path).session() as connection:
        yield Desk(tmp_path, connection)


def test_resume_while_a_single_step_computes_is_not_lost(desk: Desk) -> None:
    assert desk.turns.may_begin()
    desk.command("pause")
    assert not desk.turns.may_step()
    desk.command("step")
    assert desk.turns.may_step(), "the single step computes from here on"
    desk.command("resume")
    assert desk.lab.get(desk.id).status == "queued"
    assert desk.turns.may_step()
    assert desk.lab.get(desk.id).status == "running"
    desk.command("pause")
    assert not desk.turns.may_step()
    assert desk.lab.get(desk.id).status == "paused"


@pytest.mark.parametrize("begun", [True, False])
def test_every_order_of_commands_and_looks_does_what_was_asked(desk: Desk, begun: bool) -> None:
    for events in itertools.product((*COMMANDS, LOOK), repeat=4):
        status = "'running', started = 1" if begun else "'queued', started = NULL"
        desk.set(f"control = 'run', extra_steps = 0, status = {status}")
        wants_pause, singles = False, 0
        for event in (*events, LOOK):
            if event == "pause":
                wants_pause = True
            elif event == "resume":
                wants_pause, singles = False, 0
            elif event == "step":
                wants_pause, singles = True, singles + 1
            if event != LOOK:
                desk.command(event)
                continue
            expected = not wants_pause or singles > 0
            singles -= wants_pause and singles > 0
            assert desk.turns.may_step() == expected, events
            row = desk.row
            assert row["status"] == ("paused" if wants_pause else "running"), events
            assert row["extra_steps"] == singles, events
            assert (row["started"] is not None) >= expected


def test_nobody_writes_between_a_look_and_what_follows_from_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a Resume there would leave extra_steps = -1, and every later Pause ignored."""
    look = Turns._read
    tried = []

    def look_and_be_disturbed(turns: Turns) -> sqlite3.Row:
        row = look(turns)
        if desk.connection.in_transaction:
            with sqlite3.connect(Store(desk.lab.home).file, timeout=0) as other:
                tried.append(True)
                with pytest.raises(sqlite3.OperationalError, match="locked"):
                    other.execute("UPDATE runs SET control = 'run', extra_steps = 0")
        return row

    monkeypatch.setattr(Turns, "_read", look_and_be_disturbed)
    desk.command("step")
    assert desk.turns.may_begin()
    assert desk.turns.may_step()
    assert len(tried) == 2
    assert desk.row["extra_steps"] == 0


def test_a_run_paused_in_the_queue_lends_its_place_and_begins_with_a_single_step(
    desk: Desk,
) -> None:
    desk.command("pause")
    assert desk.lab.get(desk.id).status == "paused"
    assert not desk.turns.may_begin()
    desk.command("step")
    assert desk.turns.may_begin()
    assert desk.turns.may_step(), "loading has not used the step up"
    assert not desk.turns.may_step()
    assert desk.row["started"] is not None


def test_a_single_step_of_a_race_is_of_the_runs_that_are_at_work(desk: Desk) -> None:
    race = desk.lab.race([tiny_spec(seed=seed, name=name) for seed in (0, 1) for name in "ab"])

    def steps() -> list[int]:
        query = "SELECT extra_steps FROM runs WHERE race_id = ? ORDER BY position"
        return [row[0] for row in desk.connection.execute(query, (race,))]

    def stand(change: str, which: str) -> None:
        desk.set(f"{change} WHERE race_id = '{race}' AND {which}")

    desk.lab.step(race)
    desk.lab.step(race)
    assert steps() == [2, 2, 0, 0], "none has begun: those of the first seed do it"
    assert {run.status for run in desk.lab.race_runs(race)} == {"paused"}
    stand("extra_steps = 0, started = 1", "seed = 0")
    desk.lab.step(race)
    assert steps() == [1, 1, 0, 0]
    desk.lab.resume(race)
    stand("status = 'running'", "seed = 0")
    desk.lab.step(race)
    assert steps() == [1, 1, 0, 0]
    waits = [run.status for run in desk.lab.race_runs(race) if run.seed == 1]
    assert waits == ["paused"] * 2, "nor do they begin as the places become free"
    stand("status = 'finished', extra_steps = 0", "seed = 0")
    desk.lab.step(race)
    assert steps() == [0, 0, 1, 1]
    desk.lab.step(desk.lab.race_runs(race)[3].id)
    assert steps() == [0, 0, 1, 2], "a run that is named does its own"
    assert desk.row["extra_steps"] == 0, "of another race"


def test_a_worker_that_is_about_to_begin_does_a_single_step_as_well(desk: Desk) -> None:
    race = desk.lab.race([tiny_spec(name=name) for name in "abc"])
    worker = f"pid = {os.getpid()}, pid_created = {born(psutil.Process())}"
    desk.set(f"started = 1, status = 'running', {worker} WHERE position = 2")
    desk.set(f"{worker} WHERE position = 3")
    desk.lab.step(race)
    rows = select_runs(desk.connection, "race_id = ?", race)
    assert [row["extra_steps"] for row in rows] == [1, 1, 0]


def test_a_stopped_or_removed_run_has_no_more_turns(desk: Desk) -> None:
    desk.set("control = 'stop'")
    for look in (desk.turns.may_begin, desk.turns.may_step):
        with pytest.raises(Stopped):
            look()
    desk.set("control = 'run', status = 'stopped'")
    with pytest.raises(Stopped):
        desk.turns.may_step()
    desk.connection.execute("DELETE FROM runs")
    with pytest.raises(Stopped):
        desk.turns.may_begin()


def test_no_turn_without_a_place(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESNET_VIZ_SLOTS", "1")
    desk.lab.start(tiny_spec())
    later = Turns(desk.connection, 2)
    assert not later.may_begin()
    assert desk.turns.may_begin()
    assert not later.may_begin()
    desk.command("pause")
    assert not desk.turns.may_step()
    assert later.may_begin(), "a paused run lends its place"
    desk.command("resume")
    assert not desk.turns.may_step()
    assert desk.lab.get(desk.id).message.startswith("Waits for a free core: 1 running")


def test_slow_motion_holds_for_a_run_that_goes_on_and_not_for_a_single_step(desk: Desk) -> None:
    assert desk.turns.may_step()
    assert desk.turns.interval == 0
    desk.lab.slow(desk.id, 4)
    assert desk.turns.may_step()
    assert desk.turns.interval == 0.25
    assert desk.lab.get(desk.id).pace == 4
    desk.command("step")
    assert desk.turns.may_step()
    assert desk.turns.interval == 0
    desk.command("resume")
    desk.lab.slow(desk.id, None)
    assert desk.turns.may_step()
    assert desk.turns.interval == 0
    assert desk.lab.get(desk.id).pace is None


@pytest.mark.parametrize("pace", [0.0, -1.0, 1001.0, float("nan"), float("inf")])
def test_a_pace_that_is_none_is_refused(desk: Desk, pace: float) -> None:
    for start in (lambda: desk.lab.slow(desk.id, pace), lambda: desk.lab.race([], pace=pace)):
        with pytest.raises(ValueError, match=r"allowed are 0\.01 to 1000"):
            start()


def test_paused_nets_of_a_race_stop_at_the_same_step(desk: Desk) -> None:
    """The one behind goes on until it has done as many steps, and not one more."""
    race = desk.lab.race([tiny_spec(name="one"), tiny_spec(name="two")])
    me = psutil.Process()
    desk.set(f"pid = {me.pid}, pid_created = {born(me)!r}, heartbeat = {time.time()}")
    desk.set("control = 'pause', status = 'paused', steps_done = 7, started = 1")
    behind = Turns(desk.connection, 2)
    assert [behind.may_step(done) for done in (5, 6, 7, 8)] == [True, True, False, False]
    assert {run.status for run in desk.lab.race_runs(race)} == {"paused"}
    far = 7 - MOST_BEHIND - 1 + 40
    desk.set("steps_done = 47")
    assert not behind.may_step(far - 1), "of nets far apart each stops where it is"
    assert behind.may_step(far + 1)
    assert not behind.may_step(0), "one that has not begun does not begin"
    desk.connection.execute("UPDATE runs SET seed = 5 WHERE position = 3")
    assert not behind.may_step(46), "the nets of another seed go on their own"
    assert not desk.turns.may_step(5), "a run alone has nobody to wait for"
