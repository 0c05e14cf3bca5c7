"""Real worker processes, steered: paused, stepped, slowed, stopped, and queued."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler.places import SLOTS_VARIABLE
from tests.labs import (
    ENDLESS,
    TINY,
    process_of,
    steps_of,
    stops_within_a_second,
    tiny_spec,
    wait_until,
)

pytestmark = pytest.mark.flaky(reruns=1, reason="processes: a launcher and its workers")


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
    stops_within_a_second(lab, run_id)
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


def test_a_paused_run_stops_and_so_does_one_that_is_still_loading(lab: Lab) -> None:
    paused, loading = (lab.start(tiny_spec(steps=ENDLESS)) for _ in range(2))
    lab.pause(paused)
    wait_until(lambda: lab.get(loading).status == "running")
    stops_within_a_second(lab, loading)
    assert lab.get(paused).status == "paused"
    assert (steps_of(lab, paused), lab.get(paused).device) == (0, ""), "it has loaded nothing"
    lab.step(paused)
    wait_until(lambda: steps_of(lab, paused) == 1)
    assert 0 < lab.records(paused)[0].seconds < 5, "the pause before it is left out"
    assert lab.get(paused).status == "paused"
    stops_within_a_second(lab, paused)


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
    stops_within_a_second(lab, run_id)


def test_runs_queue_by_age_and_say_so(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SLOTS_VARIABLE, "1")
    first, second, third, fourth = (lab.start(tiny_spec(steps=ENDLESS)) for _ in range(4))
    wait_until(lambda: lab.get(first).status == "running")
    time.sleep(1)
    assert [run.status for run in reversed(lab.list())] == ["running", *["queued"] * 3]
    assert lab.get(third).message.startswith(
        "Waits for a free core: 1 running, 1 waiting ahead of it"
    )
    stops_within_a_second(lab, third)
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
