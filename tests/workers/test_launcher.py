"""The launcher: one a folder, that begins workers and hands out places, and may die at any time."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler import launcher_client, launcher_lock
from resnet_viz.scheduler.places import SLOTS_VARIABLE
from resnet_viz.store.database import Store
from resnet_viz.workers.dispatcher import due
from resnet_viz.workers.worker_pool import may_fork
from tests.labs import (
    ENDLESS,
    launcher_of,
    process_of,
    running,
    steps_of,
    tiny_spec,
    wait_until,
    workers,
)
from tests.scheduler.test_places import row


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its workers")
def test_thirty_runs_are_accepted_and_only_those_with_a_place_are_processes(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SLOTS_VARIABLE, "2")
    ids = [lab.start(tiny_spec(steps=ENDLESS)) for _ in range(30)]
    wait_until(lambda: len(running(lab)) == 2)
    time.sleep(1)
    assert sorted(running(lab)) == sorted(ids[:2])
    assert len(workers(lab)) == 2
    if may_fork():
        assert len(launcher_of(lab).children()) == 2
    waits = "Waits for a free core: 2 running, 27 waiting ahead of it"
    assert lab.get(ids[-1]).message.startswith(waits)
    lab.stop(ids[0])
    wait_until(lambda: sorted(running(lab)) == sorted(ids[1:3]))
    lab.stop(ids[3])
    assert lab.get(ids[3]).status == "stopped"
    lab.pause(ids[4])
    lab.step(ids[4])
    wait_until(lambda: steps_of(lab, ids[4]) == 1)
    assert lab.get(ids[4]).status == "paused", "a single step takes nobody's place"


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its workers")
def test_of_two_launchers_one_leaves(lab: Lab) -> None:
    lab.ready()
    one = launcher_of(lab)
    command = [sys.executable, "-P", "-m", "resnet_viz.workers.launcher", launcher_client.kind()]
    done = subprocess.run(
        command, env=launcher_client.environment(lab.home), cwd=lab.home, timeout=60, check=False
    )
    assert done.returncode == 0
    lab.ready()
    time.sleep(0.3)
    assert launcher_of(lab) == one
    run_id = lab.start(tiny_spec())
    wait_until(lambda: lab.get(run_id).status == "finished")


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its workers")
def test_runs_survive_the_launchers_death_and_none_is_begun_twice(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SLOTS_VARIABLE, "1")
    first, second = (lab.start(tiny_spec(steps=ENDLESS)) for _ in range(2))
    wait_until(lambda: steps_of(lab, first) > 0)
    worker, dead = process_of(lab, first), launcher_of(lab)
    dead.kill()
    dead.wait(10)
    done = steps_of(lab, first)
    wait_until(lambda: steps_of(lab, first) > done + 20)
    other = Lab(lab.home)
    third = other.start(tiny_spec(steps=ENDLESS))
    assert launcher_of(other) != dead
    time.sleep(1.5)
    assert process_of(lab, first) == worker
    assert [run.status for run in reversed(lab.list())] == ["running", "queued", "queued"]
    lab.stop(first)
    wait_until(lambda: running(lab) == [second])
    lab.stop(second)
    wait_until(lambda: running(lab) == [third])


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its workers")
def test_who_looks_at_runs_that_nobody_cares_for_begins_a_launcher(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SLOTS_VARIABLE, "1")
    with monkeypatch.context() as patched:
        patched.setattr(launcher_client, "ensure_launcher", lambda store: None)
        run_id = lab.start(tiny_spec())
    with Store(lab.home).writing() as connection:
        connection.execute("UPDATE runs SET heartbeat = heartbeat - 4")
    assert lab.get(run_id).status == "queued"
    assert launcher_lock.is_free(lab.home), "it may be on its way"
    with Store(lab.home).writing() as connection:
        connection.execute("UPDATE runs SET heartbeat = heartbeat - 3600")
    forsaken = lab.get(run_id)
    assert forsaken.status == "not answering"
    assert forsaken.message.startswith("The worker process was never started: ")
    wait_until(lambda: lab.get(run_id).status == "finished")


def test_who_lists_them_does_so_too_and_is_told_why_nobody_answers(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        begun: list[Store] = []
        patched.setattr(launcher_client, "ensure_launcher", begun.append)
        lab.start(tiny_spec())
        with Store(lab.home).writing() as connection:
            connection.execute("UPDATE runs SET heartbeat = heartbeat - 3600")
        begun.clear()
        assert lab.list()[0].message.endswith("for 60 min; there is none.")
        assert len(begun) == 1
        log = launcher_client.log_file(lab.home, launcher_client.LAUNCHER)
        log.parent.mkdir(exist_ok=True)
        log.write_text("Traceback\nModuleNotFoundError: No module named 'torch'\n\n")
        why = lab.list()[0].message
        assert "it ended with \"ModuleNotFoundError: No module named 'torch'\"." in why


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its workers")
def test_killed_workers_are_interrupted_and_their_place_goes_to_the_next(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SLOTS_VARIABLE, "2")
    choose = random.Random(0)
    ids = [lab.start(tiny_spec(steps=ENDLESS)) for _ in range(10)]
    killed: set[str] = set()
    while len(killed) < 8:
        wait_until(lambda: len(workers(lab)) == 2)
        time.sleep(choose.random() * 0.3)
        run_id = choose.choice([i for i in ids if i not in killed and process_of(lab, i)])
        process = process_of(lab, run_id)
        assert process is not None
        process.kill()
        killed.add(run_id)
        wait_until(lambda i=run_id: lab.get(i).status == "interrupted", 5)  # type: ignore[misc]
    wait_until(lambda: len(running(lab)) == 2)
    assert {run.id for run in lab.list() if run.status == "interrupted"} == killed
    assert len(workers(lab)) == 2


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its workers")
def test_the_launcher_goes_with_its_folder_and_so_do_its_workers(tmp_path: Path) -> None:
    lab = Lab(tmp_path / "home")
    run_id = lab.start(tiny_spec(steps=ENDLESS))
    wait_until(lambda: steps_of(lab, run_id) > 0)
    one, worker = launcher_of(lab), process_of(lab, run_id)
    assert worker is not None
    shutil.rmtree(lab.home, ignore_errors=True)
    wait_until(lambda: not one.is_running() or one.status() == psutil.STATUS_ZOMBIE, 20)
    wait_until(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE, 20)
    assert not lab.home.exists()


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its workers")
@pytest.mark.skipif(sys.platform == "win32", reason="stops a process by a signal")
def test_a_suspended_launcher_does_not_make_waiting_runs_interrupted(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SLOTS_VARIABLE, "1")
    first, second = (lab.start(tiny_spec(steps=ENDLESS)) for _ in range(2))
    wait_until(lambda: steps_of(lab, first) > 0)
    one = launcher_of(lab)
    one.send_signal(signal.SIGSTOP)
    with Store(lab.home).writing() as connection:
        connection.execute("UPDATE runs SET heartbeat = 0 WHERE id = ?", (second,))
    assert lab.get(second).status == "not answering"
    assert f"; its process {one.pid} is there (suspended?)." in lab.get(second).message
    one.send_signal(signal.SIGCONT)
    wait_until(lambda: lab.get(second).status == "queued", 10)
    assert launcher_of(lab) == one


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its workers")
def test_two_races_of_many_runs_get_their_turns_alternately(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SLOTS_VARIABLE, "1")
    first = lab.start(tiny_spec(steps=ENDLESS))  # while the others queue
    wait_until(lambda: steps_of(lab, first) > 0)
    races = [lab.race([tiny_spec(steps=2, seed=seed) for seed in range(3)]) for _ in range(2)]
    lab.stop(first)
    runs = [run for race in races for run in lab.race_runs(race)]
    wait_until(lambda: all(lab.get(run.id).status == "finished" for run in runs))
    done = sorted((lab.get(run.id) for run in runs), key=lambda run: run.started or 0.0)
    assert [run.race_id for run in done] == races * 3
    assert [run.seed for run in done] == [0, 0, 1, 1, 2, 2]


def test_due_are_those_with_a_place_in_each_queue_and_single_steps() -> None:
    def waits(position: int, **changes: Any) -> Any:
        new = {"pid": None, "control": "run", "extra_steps": 0}
        return row(position, **new | changes)

    def due_of(*rows: Any) -> list[str]:
        return [found["id"].removeprefix("run ") for found in due(rows)]

    on = {"asked_device": "cuda:0"}
    os.environ[SLOTS_VARIABLE], before = "2", os.environ.get(SLOTS_VARIABLE)
    try:
        assert due_of(waits(1), waits(2), waits(3)) == ["1", "2"]
        assert due_of(row(1, "running"), waits(2), waits(3)) == ["2"]
        assert due_of(row(1, "running"), row(2, "running"), waits(3), waits(4, **on)) == ["4"]
        assert due_of(row(1, "paused"), waits(2), waits(3), waits(4)) == ["2", "3"]
        paused = {"status": "paused", "control": "pause"}
        full = [row(1, "running"), row(2, "running")]
        assert due_of(*full, waits(3, **paused), waits(4, **paused, extra_steps=1)) == ["4"]
        resumed = row(1, started=1.0)
        assert due_of(resumed, row(2, "running"), waits(3)) == [], "it was there before"
    finally:
        os.environ.pop(SLOTS_VARIABLE)
        if before is not None:
            os.environ[SLOTS_VARIABLE] = before


class Cluster:
    """Another engine: it takes runs up elsewhere, where no process number means anything here."""

    host = "cluster"

    def __init__(self) -> None:
        self.ended: list[str] = []

    def check(self, specs: Sequence[RunSpec]) -> None:
        pass

    def prepare(self, store: Store) -> None:
        pass

    def start(self, store: Store) -> None:
        with store.writing() as connection:
            change = f"status = 'running', started = 1, heartbeat = {time.time() - 100}"
            connection.execute(f"UPDATE runs SET {change} WHERE host = 'cluster'")

    def end(self, rows: Sequence[sqlite3.Row]) -> None:
        self.ended += [row["id"] for row in rows]


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its workers")
def test_another_engine_can_stand_in_for_this_machine(lab: Lab) -> None:
    cluster = Cluster()
    elsewhere = Lab(lab.home, cluster)
    far = elsewhere.start(tiny_spec())
    assert lab.get(far).status == "not answering", "and not interrupted"
    assert "has not answered for" in lab.get(far).message
    assert launcher_lock.is_free(lab.home), "it is not this machine's to begin"
    near = lab.start(tiny_spec())
    wait_until(lambda: lab.get(near).status == "finished")
    assert not lab.get(far).is_over
    elsewhere.stop(far)
    assert (lab.get(far).status, cluster.ended) == ("stopped", [far])
