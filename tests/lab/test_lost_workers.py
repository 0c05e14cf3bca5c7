"""Real workers that fail, are killed or do not answer: it is said, and no record is lost."""

import os
import random
import re
import signal
import sys
import time

import pytest

from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler.places import SLOTS_VARIABLE
from tests.labs import (
    ENDLESS,
    process_of,
    same,
    steps_of,
    stops_within_a_second,
    tiny_spec,
    wait_until,
)

pytestmark = pytest.mark.flaky(reruns=1, reason="processes: a launcher and its workers")


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
    stops_within_a_second(lab, run_id)
    wait_until(lambda: lab.get(waiting).status == "running")
