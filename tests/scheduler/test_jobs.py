"""Jobs: what they compute, their order, and that none outlives its limit or its cancelling."""

from __future__ import annotations

import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import psutil
import pytest
import torch

from resnet_viz.arch.config import revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.data.registry import dataset_info
from resnet_viz.lab.lab import Lab
from resnet_viz.nets.network import build_resnet
from resnet_viz.nets.weights import save_weights
from resnet_viz.scheduler import launcher_client
from resnet_viz.scheduler.heartbeat import find_process
from resnet_viz.scheduler.jobs import job_table
from resnet_viz.scheduler.jobs.jobs import MOST_WAITING, Job
from resnet_viz.scheduler.jobs.registry import kinds
from resnet_viz.scheduler.task_table import JOBS
from resnet_viz.store.database import Store
from resnet_viz.views.summary import measure
from resnet_viz.workers import dispatcher
from resnet_viz.workers.dispatcher import Dispatcher
from resnet_viz.workers.job_worker import Progress
from resnet_viz.workers.tasks import JobTask
from resnet_viz.workers.worker_pool import WorkerPool, may_fork
from tests.labs import TINY, Stillborn, end, launcher_of, wait_until
from tests.launchers import end_launchers

SLOW = {"config": preset("resnet152"), "batch_size": 4}
"""Twelve passes forward and backward: tens of seconds."""
QUICK = {"config": revise(TINY, image_size=16), "batch_size": 2}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A Lab for tests that leave no job behind; its launcher has imported torch."""
    one = Lab(tmp_path_factory.mktemp("jobs"))
    yield one
    end(one)


def done(lab: Lab, kind: str, **request: Any) -> Job:
    """The job, when it is over."""
    job_id = lab.submit(kind, request)
    wait_until(lambda: lab.job(job_id).is_over)
    return lab.job(job_id)


def process_of(lab: Lab, job_id: str) -> psutil.Process:
    """The process of a job, once it has one."""

    def find() -> psutil.Process | None:
        with Store(lab.home).session() as connection:
            return find_process(job_table.select_jobs(connection, "id = ?", job_id)[0])

    wait_until(lambda: find() is not None)
    found = find()
    assert found is not None
    return found


def change(lab: Lab, what: str, job_id: str) -> None:
    with Store(lab.home).writing() as connection:
        connection.execute(f"UPDATE jobs SET {what} WHERE id = ?", (job_id,))


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_a_build_is_measured_on_the_net_asked_for(shared: Lab) -> None:
    job = done(shared, "build", **QUICK)
    assert (job.status, job.message) == ("done", "")
    assert job.result["output_shape"] == [2, 1000]
    assert job.result["params"] == plan(QUICK["config"]).params  # type: ignore[arg-type]
    assert all(job.result[key] > 0 for key in ("build_seconds", "forward_ms", "backward_ms"))


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_a_summary_is_torchinfos_and_made_once(shared: Lab) -> None:
    job = done(shared, "summary", config=TINY)
    assert job.result == measure(TINY).to_json()
    assert done(shared, "summary", config=TINY).id == job.id
    assert done(shared, "summary", config=revise(TINY, depths=(1, 2))).id != job.id
    assert done(shared, "build", **QUICK).id != done(shared, "build", **QUICK).id


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_what_is_under_way_is_found_by_whoever_looks(shared: Lab) -> None:
    slow = [shared.submit("build", SLOW | {"batch_size": size}) for size in (4, 3)]
    other = shared.submit("summary", {"config": preset("resnet18")})
    found = Lab(shared.home).jobs_under_way("build")
    assert [(job.id, job.request["batch_size"]) for job in found] == [(slow[0], 4), (slow[1], 3)]
    shared.cancel_job(slow[0])
    assert [job.id for job in shared.jobs_under_way("build")] == [slow[1]]
    shared.cancel_job(slow[1])
    shared.cancel_job(other)
    assert shared.jobs_under_way("build") == shared.jobs_under_way("summary") == []


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_an_onnx_file_computes_what_the_net_does(shared: Lab) -> None:
    net = revise(TINY, image_size=16)
    job = done(shared, "onnx", config=net)
    session = onnxruntime.InferenceSession((job.folder / job.result).read_bytes())
    images = np.random.default_rng(0).normal(size=(3, 3, 16, 16)).astype(np.float32)
    with torch.no_grad():
        expected = build_resnet(net, seed=0).eval()(torch.from_numpy(images)).numpy()
    np.testing.assert_allclose(
        session.run(None, {"images": images})[0], expected, rtol=1e-4, atol=1e-5
    )


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_weights_are_held_against_a_net(shared: Lab, tmp_path: Path) -> None:
    save_weights(build_resnet(TINY), tmp_path / "ours.pt")
    files = {"ours.pt": (tmp_path / "ours.pt").read_bytes(), "bad.pt": b"no weights" * 50}

    def report(name: str, config: Any) -> Job:
        job_id = shared.submit("weights", {"config": config, "file": name}, files=files)
        wait_until(lambda: shared.job(job_id).is_over)
        return shared.job(job_id)

    assert report("ours.pt", TINY).result["fits"]
    deeper = report("ours.pt", revise(TINY, depths=(1, 2))).result
    assert not deeper["fits"]
    assert all(key.startswith("stages.1.1.") for key in deeper["missing"])
    bad = report("bad.pt", TINY)
    assert bad.status == "failed"
    assert "bad.pt" in bad.message
    assert "\n" not in bad.message


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_data_are_counted(shared: Lab) -> None:
    digits = dataset_info("digits")
    expected = {"classes": 10, "train": digits.train, "test": digits.test}
    expected |= {"unreadable": [], "remarks": []}
    assert done(shared, "data", name="digits").result == expected


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_what_the_work_complains_of_is_one_sentence(shared: Lab) -> None:
    job = done(shared, "build", **QUICK | {"device": "cuda:7"})
    assert job.status == "failed"
    assert job.message.startswith("device = 'cuda:7' is not there")
    with pytest.raises(ValueError, match="unknown kind of job 'built'"):
        shared.submit("built", {})
    with pytest.raises(ValueError, match="batch_size"):
        shared.submit("build", QUICK | {"batch_size": 0})
    with pytest.raises(ValueError, match="is not a name in the job's folder"):
        shared.submit("weights", {"config": TINY, "file": "../lab.sqlite3"})
    with pytest.raises(ValueError, match="there is no job with the id 'x'"):
        shared.job("x")


def test_what_has_been_found_is_there_while_the_job_works(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    job_id = lab.submit("build", QUICK)
    progress = Progress(Store(lab.home), job_id)
    progress.found({"first": 1})
    assert (lab.job(job_id).is_over, lab.job(job_id).result) == (False, {"first": 1})
    lab.cancel_job(job_id)
    progress.found({"first": 1, "second": 2})
    assert (lab.job(job_id).status, lab.job(job_id).result) == ("cancelled", None)


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_a_cancelled_job_is_over_and_its_process_gone(shared: Lab) -> None:
    job_id = shared.submit("build", SLOW)
    process = process_of(shared, job_id)
    if sys.platform == "linux":
        assert process.nice() >= psutil.Process().nice() + 5
    shared.cancel_job(job_id)
    assert shared.job(job_id).status == "cancelled"
    psutil.wait_procs([process], timeout=10)
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    shared.cancel_job(job_id)
    assert shared.job(job_id).status == "cancelled"


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_a_shared_job_goes_on_until_nobody_wants_it(shared: Lab) -> None:
    big = {"config": preset("resnet152")}
    first, second = shared.submit("onnx", big), shared.submit("onnx", big)
    assert first == second
    shared.cancel_job(first)
    assert not shared.job(first).is_over
    shared.cancel_job(second)
    assert shared.job(first).status == "cancelled"
    assert shared.submit("onnx", big) != first
    [job_id] = [r["id"] for r in _active(shared)]
    shared.cancel_job(job_id)


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_a_job_past_its_limit_is_ended_and_says_so(shared: Lab) -> None:
    job_id = shared.submit("build", SLOW)
    process, launcher = process_of(shared, job_id), launcher_of(shared)
    change(shared, "limit_seconds = 0.1", job_id)
    wait_until(lambda: shared.job(job_id).is_over)
    job = shared.job(job_id)
    assert job.status == "failed"
    assert job.message == (
        "The build was ended after 0 seconds, the most that it may take; choose a smaller batch, "
        "net or image, or use the command line."
    )
    psutil.wait_procs([process], timeout=10)
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    assert done(shared, "data", name="digits").status == "done"
    assert launcher_of(shared) == launcher, "who ends a job goes on with the next"


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
@pytest.mark.skipif(sys.platform == "win32", reason="kills by a signal")
def test_a_killed_job_says_what_most_likely_happened(shared: Lab) -> None:
    job_id = shared.submit("build", SLOW)
    process_of(shared, job_id).send_signal(signal.SIGKILL)
    wait_until(lambda: shared.job(job_id).is_over, 10)
    job = shared.job(job_id)
    assert job.status == "interrupted"
    assert "most likely because memory ran out" in job.message


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_thirty_are_accepted_at_once_and_two_work(shared: Lab) -> None:
    began = time.perf_counter()
    ids = [shared.submit("build", SLOW, asker=f"{i % 10}") for i in range(30)]
    assert time.perf_counter() - began < 5
    wait_until(lambda: len(_working(shared)) == 2)
    time.sleep(1)
    assert len(_working(shared)) == 2
    if may_fork():
        assert len(launcher_of(shared).children()) == 2
    assert shared.job(ids[2]).before == 1
    assert shared.job(ids[-1]).before == 28
    with Store(shared.home).session() as connection:
        turn = [
            row["id"] for row in job_table.in_turn(job_table.select_jobs(connection, JOBS.busy))
        ]
    assert turn == ids[2:]
    for job_id in reversed(ids):
        shared.cancel_job(job_id)
    assert not _active(shared)


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_a_job_survives_its_launcher_and_the_next_one_takes_care_of_it(lab: Lab) -> None:
    going = lab.submit("build", SLOW)
    process = process_of(lab, going)
    one = launcher_of(lab)
    one.kill()
    one.wait(10)
    assert lab.job(going).status == "working"
    quick = lab.submit("build", QUICK)
    wait_until(lambda: lab.job(quick).status == "done")
    assert launcher_of(lab) != one
    change(lab, "limit_seconds = 0.1", going)
    wait_until(lambda: lab.job(going).status == "failed")
    psutil.wait_procs([process], timeout=10)
    assert not process.is_running()


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_one_that_nobody_cares_for_gets_a_launcher(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(launcher_client, "ensure_launcher", lambda store: None)
        job_id = lab.submit("data", {"name": "digits"})
    change(lab, "heartbeat = 0", job_id)
    assert lab.job(job_id).status == "queued"
    wait_until(lambda: lab.job(job_id).status == "done")
    end_launchers(lab.home)


def test_a_job_whose_process_cannot_begin_is_over(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    monkeypatch.setattr(dispatcher, "IDLE_SECONDS", 0.1)
    first, second = lab.submit("build", QUICK), lab.submit("build", QUICK)
    Dispatcher(Store(lab.home), Stillborn()).serve()
    assert lab.job(first).status == "interrupted"
    assert lab.job(second).message == "The worker process cannot be started: no room"


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_a_spare_process_does_a_job_as_a_fork_does(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    job_id = lab.submit("data", {"name": "digits"})
    pool = WorkerPool(lab.home)
    pool.start_worker(JobTask(job_id))
    wait_until(lambda: lab.job(job_id).status == "done")
    wait_until(lambda: pool.reap_workers() == [JobTask(job_id)])


@pytest.fixture
def queue(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A Lab whose jobs are never begun."""
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    return lab


def test_places_go_round_among_those_who_ask(queue: Lab) -> None:
    ids = [queue.submit("build", QUICK, asker=asker) for asker in "aaabbc"]
    assert [queue.job(ids[i]).before for i in (0, 3, 5, 1, 4, 2)] == [0, 0, 1, 2, 3, 4]
    change(queue, "status = 'working'", ids[0])
    with Store(queue.home).session() as connection:
        assert list(job_table.due(connection, ())) == [ids[3]]
        assert list(job_table.due(connection, [ids[3]])) == []
        assert list(job_table.due(connection, [ids[0]])) == [ids[3]]


def test_the_queue_has_an_end(queue: Lab) -> None:
    for _ in range(MOST_WAITING):
        queue.submit("data", {"name": "digits"})
    with pytest.raises(ValueError, match=f"{MOST_WAITING} jobs wait"):
        queue.submit("data", {"name": "digits"})


def test_old_jobs_are_forgotten_with_their_files(queue: Lab) -> None:
    request = {"config": TINY, "file": "a.pt"}
    old, new = (queue.submit("weights", request, files={"a.pt": b"1"}) for _ in range(2))
    for job_id in (old, new):
        queue.cancel_job(job_id)
    change(queue, "ended = ended - 3700", old)
    waits = queue.submit("weights", request, files={"a.pt": b"1"})
    change(queue, "created = 0", waits)
    queue.submit("data", {"name": "digits"})
    with pytest.raises(ValueError, match="there is no job"):
        queue.job(old)
    assert {folder.name for folder in (queue.home / "jobs").iterdir()} == {new, waits}


def test_the_files_of_jobs_take_bounded_room(queue: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are over give way, the oldest first; those under way are never touched."""
    monkeypatch.setattr(job_table, "MOST_BYTES", 10)
    request = {"config": TINY, "file": "a.pt"}
    over = [queue.submit("weights", request, files={"a.pt": b"123"}) for _ in range(2)]
    for job_id in over:
        queue.cancel_job(job_id)
    waits = queue.submit("weights", request, files={"a.pt": b"1234567"})
    assert {folder.name for folder in (queue.home / "jobs").iterdir()} == {over[1], waits}
    with pytest.raises(ValueError, match="no room for 4 B"):
        queue.submit("weights", request, files={"a.pt": b"1234"})
    assert {folder.name for folder in (queue.home / "jobs").iterdir()} == {waits}


def test_progress_is_seen(queue: Lab) -> None:
    job_id = queue.submit("data", {"name": "digits"})
    report = Progress(Store(queue.home), job_id)
    report(0.25, "Reading")
    report(0.5)  # a moment later: not worth a transaction
    assert (queue.job(job_id).progress, queue.job(job_id).words) == (0.25, "Reading")
    report(2.0, "Counting")
    assert (queue.job(job_id).progress, queue.job(job_id).words) == (1.0, "Counting")


def test_every_kind_is_described_in_its_file() -> None:
    assert set(kinds()) >= {"build", "summary", "onnx", "weights", "data"}
    for name, kind in kinds().items():
        assert kind.name == name
        assert kind.request.model_fields
        assert kind.limit_seconds > 0


def _active(lab: Lab) -> list[sqlite3.Row]:
    with Store(lab.home).session() as connection:
        return list(job_table.select_jobs(connection, JOBS.busy))


def _working(lab: Lab) -> list[sqlite3.Row]:
    return [row for row in _active(lab) if row["status"] == "working"]
