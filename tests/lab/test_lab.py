"""Real worker processes: they run, are steered, die, and queue."""

import os
import random
import re
import signal
import subprocess
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
    ENDLESS,
    TINY,
    launcher_of,
    process_of,
    same,
    steps_of,
    tiny_spec,
    wait_until,
)

PUBLIC = (
    "bytes cancel_job checkpoints datasets delete everything expected_seconds export get home "
    "import_ job jobs_under_way list look_at may_steer measured note notes notice pause race "
    "race_name race_names race_runs ready records recover rename resume series slow start "
    "steering_key step stop submit unreadable watch"
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


def test_pause_step_resume_and_stop_while_another_process_reads(lab: Lab) -> None:
    run_id = lab.start(tiny_spec(steps=ENDLESS))
    wait_until(lambda: steps_of(lab, run_id) > 5)
    assert _read_elsewhere(lab.home, run_id) > 5
    lab.pause(run_id)
    wait_until(lambda: lab.get(run_id).status == "paused", 20)
    done = steps_of(lab, run_id)
    lab.step(run_id)
    wait_until(lambda: steps_of(lab, run_id) == done + 1, 20)
    lab.step(run_id)
    lab.step(run_id)
    wait_until(lambda: steps_of(lab, run_id) == done + 3, 20)
    time.sleep(0.3)
    assert (lab.get(run_id).status, steps_of(lab, run_id)) == ("paused", done + 3)
    lab.resume(run_id)
    wait_until(lambda: steps_of(lab, run_id) > done + 20)
    assert lab.get(run_id).status == "running"
    _stops_within_a_second(lab, run_id)
    records = lab.records(run_id)
    assert [r.step for r in records] == list(range(len(records)))
    assert records[0].seconds > 0
    between = records[done + 3].seconds - records[done].seconds
    assert between < 0.5, "pauses are left out"
    for command in (lab.stop, lab.pause, lab.resume, lab.step):
        command(run_id)
    assert lab.get(run_id).status == "stopped"


def _read_elsewhere(home: Path, run_id: str) -> int:
    code = (
        "import sys; from resnet_viz.lab.lab import Lab;"
        "print(len(Lab(sys.argv[1]).records(sys.argv[2])))"
    )
    command = [sys.executable, "-c", code, str(home), run_id]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout)


def _stops_within_a_second(lab: Lab, run_id: str) -> None:
    begin = time.monotonic()
    lab.stop(run_id)
    assert time.monotonic() - begin < 2  # a second, and one more for a busy machine
    run = lab.get(run_id)
    assert (run.status, run.message) == ("stopped", "")
    wait_until(lambda: process_of(lab, run_id) is None, 5)


def test_a_paused_run_stops_and_so_does_one_that_is_still_loading(lab: Lab) -> None:
    paused, loading = (lab.start(tiny_spec(steps=ENDLESS)) for _ in range(2))
    lab.pause(paused)
    wait_until(lambda: lab.get(loading).status == "running")
    _stops_within_a_second(lab, loading)
    assert lab.get(paused).status == "paused"
    assert (steps_of(lab, paused), lab.get(paused).device) == (0, ""), "it has loaded nothing"
    lab.step(paused)
    wait_until(lambda: steps_of(lab, paused) == 1)
    assert 0 < lab.records(paused)[0].seconds < 5, "the pause before it is left out"
    assert lab.get(paused).status == "paused"
    _stops_within_a_second(lab, paused)


def test_slow_motion_is_obeyed_while_it_goes_and_is_no_training_time(lab: Lab) -> None:
    race_id = lab.race([tiny_spec(steps=ENDLESS)], pace=10)
    run_id = lab.race_runs(race_id)[0].id
    wait_until(lambda: steps_of(lab, run_id) > 2)
    began, before = time.monotonic(), steps_of(lab, run_id)
    wait_until(lambda: steps_of(lab, run_id) > before + 10)
    assert time.monotonic() - began > 0.9, "eleven steps at ten a second"
    trained = [record.seconds for record in lab.records(run_id)]
    assert trained[-1] < 0.5 * (len(trained) / 10), "the waits count for nothing"
    lab.slow(run_id, 0.01)
    time.sleep(0.2)
    before = steps_of(lab, run_id)
    lab.step(run_id)
    wait_until(lambda: steps_of(lab, run_id) == before + 1, 20)
    lab.resume(run_id)
    lab.slow(run_id, None)
    wait_until(lambda: steps_of(lab, run_id) > before + 100)
    lab.slow(run_id, 0.01)
    lab.stop(run_id)
    assert lab.get(run_id).status == "stopped"


def test_a_step_that_takes_long_is_cut_off(lab: Lab) -> None:
    long = tiny_spec(config=TINY, image_size=256, batch_size=1500, steps=3)
    run_id = lab.start(long)
    wait_until(lambda: lab.get(run_id).device == "cpu")
    time.sleep(1)
    _stops_within_a_second(lab, run_id)


def test_runs_queue_by_age_and_say_so(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SLOTS_VARIABLE, "1")
    first, second, third, fourth = (lab.start(tiny_spec(steps=ENDLESS)) for _ in range(4))
    wait_until(lambda: lab.get(first).status == "running")
    time.sleep(1)
    assert [run.status for run in reversed(lab.list())] == ["running", *["queued"] * 3]
    assert lab.get(third).message.startswith(
        "Waits for a free core: 1 running, 1 waiting ahead of it"
    )
    _stops_within_a_second(lab, third)
    assert "0 waiting" in lab.get(second).message
    assert process_of(lab, second) is None, "what waits is a row, and no process"
    killed = process_of(lab, first)
    assert killed is not None
    killed.kill()
    wait_until(lambda: lab.get(first).status == "interrupted", 5)
    wait_until(lambda: lab.get(second).status == "running")
    assert lab.get(fourth).status == "queued"
    lab.stop(second)
    wait_until(lambda: lab.get(fourth).status == "running")


def test_a_resumed_run_waits_for_a_place(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SLOTS_VARIABLE, "1")
    first = lab.start(tiny_spec(steps=ENDLESS))
    wait_until(lambda: steps_of(lab, first) > 0)
    lab.pause(first)
    second = lab.start(tiny_spec(steps=ENDLESS))
    wait_until(lambda: lab.get(second).status == "running")
    lab.resume(first)
    wait_until(lambda: lab.get(first).status == "queued")
    lab.stop(second)
    wait_until(lambda: lab.get(first).status == "running")


def test_failures_are_told_in_words(lab: Lab) -> None:
    import torch

    too_large = tiny_spec(image_size=16_384, batch_size=1500)
    absent = "mps" if sys.platform == "linux" else "cuda"
    large, elsewhere = lab.start(too_large), lab.start(tiny_spec(device=absent))
    wait_until(lambda: all(lab.get(i).is_over for i in (large, elsewhere)))
    assert [lab.get(i).status for i in (large, elsewhere)] == ["failed"] * 2
    assert lab.get(large).message == (
        "Out of memory on cpu: the net with batch 1500 needs more than there is; choose a "
        "smaller batch, net or image."
    )
    assert lab.get(elsewhere).message.startswith(f"device = '{absent}' is not there; there is: ")
    assert torch.cuda.is_available() or lab.get(elsewhere).message.endswith("cpu")


@pytest.mark.skipif(sys.platform != "linux", reason="limits another process's files")
def test_a_disk_that_fills_up_in_mid_run_is_told(lab: Lab) -> None:
    import resource

    run_id = lab.start(tiny_spec(steps=ENDLESS))
    wait_until(lambda: steps_of(lab, run_id) > 3)
    process = process_of(lab, run_id)
    assert process is not None
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (200_000, 200_000))
    wait_until(lambda: lab.get(run_id).is_over, 60)
    run = lab.get(run_id)
    assert run.status == "interrupted"
    assert re.search("full", run.message)
    assert len(lab.records(run_id)) == run.steps_done > 3


@pytest.mark.slow
def test_killed_workers_show_as_interrupted_and_lose_no_record(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SLOTS_VARIABLE, "5")
    choose = random.Random(0)
    for _ in range(4):
        ids = [lab.start(tiny_spec(steps=ENDLESS)) for _ in range(5)]
        targets = {run_id: choose.randrange(1, 60) for run_id in ids}
        for run_id, target in sorted(targets.items(), key=lambda item: item[1]):
            wait_until(lambda i=run_id, t=target: steps_of(lab, i) >= t)  # type: ignore[misc]
            _kill_and_check(lab, run_id)


def _kill_and_check(lab: Lab, run_id: str) -> None:
    seen = lab.records(run_id)
    process = process_of(lab, run_id)
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    wait_until(lambda: lab.get(run_id).status == "interrupted", 5)
    run, kept = lab.get(run_id), lab.records(run_id)
    assert run.message == "The worker process ended without a word (killed, or out of memory)."
    assert len(kept) == run.steps_done >= len(seen) > 0
    assert all(map(same, seen, kept))
    assert run.ended is not None


@pytest.mark.skipif(sys.platform == "win32", reason="stops a process by a signal")
def test_a_stopped_process_is_not_answering_keeps_its_place_and_goes_on(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SLOTS_VARIABLE, "1")
    run_id = lab.start(tiny_spec(steps=ENDLESS))
    wait_until(lambda: steps_of(lab, run_id) > 0)
    waiting = lab.start(tiny_spec(steps=ENDLESS))
    process = process_of(lab, run_id)
    assert process is not None
    process.send_signal(signal.SIGSTOP)
    wait_until(lambda: lab.get(run_id).status == "not answering", 10)
    silent = lab.get(run_id)
    assert not silent.is_over
    assert silent.ended is None
    assert re.search(r"has not answered for [45] s", silent.message)
    time.sleep(1)
    assert lab.get(run_id).message > silent.message, "it says for how long"
    assert lab.get(waiting).status == "queued"
    process.send_signal(signal.SIGCONT)
    wait_until(lambda: lab.get(run_id).status == "running", 10)
    wait_until(lambda: steps_of(lab, run_id) > silent.steps_done, 10)
    assert lab.get(waiting).status == "queued"
    process.send_signal(signal.SIGSTOP)
    _stops_within_a_second(lab, run_id)
    wait_until(lambda: lab.get(waiting).status == "running")


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
