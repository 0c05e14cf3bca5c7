"""Lab: what it offers, races to their end, and what it refuses."""

import re
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from resnet_viz.arch.config import plain_twin
from resnet_viz.arch.presets import label
from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler import heartbeat, launcher_client
from resnet_viz.scheduler.places import SLOTS_VARIABLE
from resnet_viz.scheduler.submit import MOST_ACTIVE
from resnet_viz.store.database import Store
from resnet_viz.store.run import Run
from resnet_viz.store.runs_table import select_runs
from tests.labs import (
    TINY,
    launcher_of,
    same,
    tiny_spec,
    wait_until,
)

PUBLIC = (
    "bytes cancel_job checkpoints class_link close_class datasets delete everything "
    "expected_seconds expected_sweep export get get_sweep home import_ job jobs_under_way "
    "list look_at may_steer measured note notes notice open_class pause prioritise race "
    "race_name race_names race_runs ready records recover rename resume series slow start "
    "steering_key step stop submit sweep sweep_cells sweep_table sweeps unreadable vote votes "
    "watch"
)


def test_what_programs_of_others_may_call_stays() -> None:
    assert [name for name in sorted(dir(Lab)) if not name.startswith("_")] == PUBLIC.split()


def _left_of(lab: Lab) -> list[psutil.Process]:
    """Of the launcher's processes those that were workers of runs, and those that nobody reaps."""
    with Store(lab.home).session() as connection:
        numbers = {row["pid"] for row in select_runs(connection, "1")}
    assert numbers
    assert None not in numbers
    found = []
    for process in launcher_of(lab).children():
        with suppress(psutil.NoSuchProcess):
            if process.pid in numbers or process.status() == psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its workers")
def test_a_race_runs_to_its_end_and_its_records_are_those_of_train(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SLOTS_VARIABLE, "2")
    specs = [tiny_spec(name="first"), tiny_spec(config=plain_twin(TINY))]
    race_id = lab.race(specs)
    begun = lab.race_runs(race_id)
    assert [run.spec for run in begun] == specs
    wait_until(lambda: all(run.is_over for run in lab.race_runs(race_id)))
    runs = lab.race_runs(race_id)
    assert [(run.status, run.message, run.steps_done) for run in runs] == [("finished", "", 20)] * 2
    assert [run.name for run in runs] == ["first", label(plain_twin(TINY))]
    assert {(run.device, run.threads, run.race_id) for run in runs} == {("cpu", 1, race_id)}
    assert lab.list() == runs[::-1]
    for run, spec in zip(runs, specs, strict=True):
        _check_times(run)
        _check_records(lab, run.id, len(spec.layer_names))
    wait_until(lambda: not _left_of(lab))


def _check_times(run: Run) -> None:
    assert run.started is not None
    assert run.ended is not None
    assert run.created <= run.started <= run.ended <= time.time()


def _check_records(lab: Lab, run_id: str, layers: int) -> None:
    import torch

    from resnet_viz.training.loop import train

    records = lab.records(run_id)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    expected = list(train(lab.get(run_id).spec))
    torch.set_num_threads(threads)
    torch.set_flush_denormal(False)
    assert len(records) == len(expected) == 20
    assert all(map(same, records, expected))
    assert records[0].grad_norm.shape == (layers,)
    assert [r.step for r in lab.records(run_id, since=15)] == [15, 16, 17, 18, 19]


def test_a_run_that_ends_while_it_is_looked_at_is_not_interrupted(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    from resnet_viz.scheduler import launcher_client

    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    finished, killed = lab.start(tiny_spec()), lab.start(tiny_spec())

    def ends_meanwhile(row: Any) -> bool:
        with Store(lab.home).writing() as connection:
            query = "UPDATE runs SET status = 'finished' WHERE id = ?"
            connection.execute(query, (finished,))
        return True

    monkeypatch.setattr(heartbeat, "is_gone", ends_meanwhile)
    assert {run.id: run.status for run in lab.list()} == {
        finished: "finished",
        killed: "interrupted",
    }
    monkeypatch.setattr(heartbeat, "is_gone", lambda row: row["id"] == killed)
    lab.start(tiny_spec())
    with Store(lab.home).session() as connection:
        rows = select_runs(connection)
    assert [row["status"] for row in rows] == ["finished", "interrupted", "queued"], "written down"


def test_nobody_may_fill_the_queue(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    from resnet_viz.scheduler import launcher_client

    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    with pytest.raises(ValueError, match=r"a race of 1000 nets is not allowed.*at most 32"):
        lab.race([tiny_spec()] * 1000)
    for _ in range(MOST_ACTIVE // 32):
        lab.race([tiny_spec()] * 32)
    with pytest.raises(ValueError, match="64 runs are queued, running or paused and 1 more"):
        lab.start(tiny_spec())
    assert len(lab.list()) == MOST_ACTIVE
    lab.stop(lab.list()[0].id)
    lab.start(tiny_spec())


def test_ids_cannot_be_guessed_and_unknown_ones_are_refused(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    from resnet_viz.scheduler import launcher_client

    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    ids = [lab.start(tiny_spec()) for _ in range(20)]
    ids += [lab.race([tiny_spec()]) for _ in range(20)]
    assert len(set(ids)) == 40
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22}", i) for i in ids), "128 bits"
    assert len({i[:4] for i in ids}) == 40
    calls = (lab.get, lab.records, lab.race_runs, lab.stop, lab.pause, lab.resume, lab.step)
    for call in calls:
        with pytest.raises(ValueError, match="there is no run or race with the id 'nope'"):
            call("nope")
    with pytest.raises(ValueError, match="at least one net"):
        lab.race([])


def test_a_worker_that_cannot_be_started_is_a_failed_run(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    run = lab.get(lab.start(tiny_spec()))
    assert run.status == "failed"
    assert run.message.startswith("The worker process cannot be started: ")


@pytest.mark.usefixtures("one_thread")
def test_the_last_record_is_there_before_the_end_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from resnet_viz.training import evaluation, loop
    from resnet_viz.workers.run_worker import Worker

    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    lab = Lab(tmp_path)
    run_id = lab.start(tiny_spec(steps=3, evaluate_every=2))
    seen: list[tuple[str, int, bool]] = []

    def at_the_end(*arguments: Any) -> Any:
        run, records = lab.get(run_id), lab.records(run_id)
        seen.append((run.status, len(records), "final" in records[-1].values))
        return evaluation.at_the_end(*arguments)

    monkeypatch.setattr(loop, "at_the_end", at_the_end)
    store = Store(lab.home)
    with store.session() as connection:
        connection.execute("UPDATE runs SET header = '' WHERE id = ?", (run_id,))
        Worker(connection, run_id, store.home).run()
    assert seen == [("running", 3, False)]
    run, records = lab.get(run_id), lab.records(run_id)
    assert (run.status, len(records)) == ("finished", 3)
    assert [("final" in record.values) for record in records] == [False, False, True]
    assert run.quantities["final"].names[0] == "train_loss"
    lab.export(run_id, tmp_path / "run.sqlite3")
    (again,) = lab.race_runs(lab.import_(tmp_path / "run.sqlite3"))
    assert same(lab.records(again.id)[-1], records[-1])
