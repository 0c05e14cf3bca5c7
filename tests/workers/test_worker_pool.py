"""Workers forked from the launcher, or ahead of what comes; spares; and where none can be made."""

import os
import subprocess
import sys
import time

import psutil
import pytest

from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler import launcher_client
from resnet_viz.scheduler.places import SLOTS_VARIABLE
from resnet_viz.store.database import Store
from resnet_viz.workers import dispatcher
from resnet_viz.workers.dispatcher import Dispatcher
from resnet_viz.workers.tasks import RunTask
from resnet_viz.workers.worker_pool import WorkerPool, may_fork
from tests.labs import (
    ENDLESS,
    Stillborn,
    launcher_of,
    process_of,
    same,
    steps_of,
    tiny_spec,
    wait_until,
)

forking = pytest.mark.skipif(not may_fork(), reason="elsewhere workers are not forked")


def idle(lab: Lab) -> set[psutil.Process]:
    """The processes that were forked ahead, and wait for a task."""
    children = launcher_of(lab).children()
    return {one for one in children if one.status() != psutil.STATUS_ZOMBIE}


def _is_there(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and those forked ahead")
@forking
def test_a_worker_is_forked_from_the_one_launcher_which_imports_torch_once(lab: Lab) -> None:
    first = lab.start(tiny_spec(steps=ENDLESS))
    wait_until(lambda: steps_of(lab, first) > 0)
    one = launcher_of(lab)
    second = lab.start(tiny_spec(steps=ENDLESS))
    wait_until(lambda: steps_of(lab, second) > 0)
    assert launcher_of(lab) == one
    for process in (process_of(lab, first), process_of(lab, second)):
        assert process is not None
        assert process.parent() == one
        assert process.cmdline() == one.cmdline(), "a fork, and no new Python"
        assert os.getsid(process.pid) == process.pid
        assert process.nice() == max(5, psutil.Process().nice())
    assert one.num_threads() == 1, "else a fork might hang"


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and those forked ahead")
@forking
def test_processes_forked_ahead_take_what_comes_and_none_is_left_over(lab: Lab) -> None:
    lab.ready()
    wait_until(lambda: len(idle(lab)) == 2)
    killed, other = sorted(idle(lab), key=lambda one: one.pid)
    killed.kill()
    wait_until(lambda: len(idle(lab) - {killed}) == 2)
    first = lab.start(tiny_spec(steps=ENDLESS))
    wait_until(lambda: steps_of(lab, first) > 0)
    assert process_of(lab, first) == other, "the one that waits longest"
    time.sleep(0.5)
    assert len(idle(lab) - {other}) == 1, "no more are made while something is at work"
    lab.stop(first)
    wait_until(lambda: len(idle(lab) - {other}) == 2)
    one, left = launcher_of(lab), idle(lab)
    one.kill()
    wait_until(lambda: not any(map(_is_there, left)), 10)


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and those forked ahead")
@forking
def test_a_process_forked_ahead_trains_as_one_forked_for_its_run_does(lab: Lab) -> None:
    first = lab.start(tiny_spec())  # there is no launcher yet, nor anything ahead
    wait_until(lambda: lab.get(first).status == "finished")
    wait_until(lambda: len(idle(lab)) == 2)
    second = lab.start(tiny_spec())
    wait_until(lambda: lab.get(second).status == "finished")
    one, other = (list(lab.records(run_id)) for run_id in (first, second))
    assert len(one) == len(other) == tiny_spec().steps
    assert all(map(same, one, other))


def launcher_that(does: str, lab: Lab, *words: str) -> subprocess.CompletedProcess[str]:
    """A process of its own that runs a script in a launcher's place: this one must not fork."""
    return subprocess.run(
        [sys.executable, "-c", does, str(lab.home), *words],
        env=launcher_client.environment(lab.home),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


FAILS_TO_GET_WARM = """
import sys, time
from pathlib import Path
from resnet_viz.workers import forked_worker
from resnet_viz.workers.tasks import JobTask
from resnet_viz.workers.worker_pool import WorkerPool

def fail():
    raise RuntimeError("no kernels")

forked_worker.job_worker.warm = fail
pool = WorkerPool(Path(sys.argv[1]), forked_worker.ForkedWorker)
pool.add_spare()
pool.start_worker(JobTask(sys.argv[2]))
while not pool.reap_workers():
    time.sleep(0.05)
"""


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and those forked ahead")
@forking
def test_a_process_forked_ahead_that_cannot_get_warm_works_all_the_same(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    job_id = lab.submit("data", {"name": "digits"})
    ended = launcher_that(FAILS_TO_GET_WARM, lab, job_id)
    assert ended.returncode == 0, ended.stderr
    assert "no kernels" in ended.stderr
    assert lab.job(job_id).status == "done"


KILLED_WHILE_IT_GETS_WARM = """
import os, signal, sys
from pathlib import Path
from resnet_viz.store.database import Store
from resnet_viz.workers import dispatcher, forked_worker
from resnet_viz.workers.worker_pool import WorkerPool

fork, home = os.fork, Path(sys.argv[1])
os.fork = lambda: print("a fork", flush=True) or fork()
forked_worker.job_worker.warm = lambda: os.kill(os.getpid(), signal.SIGKILL)
dispatcher.IDLE_SECONDS = 2.0
pool = WorkerPool(home, forked_worker.ForkedWorker)
dispatcher.Dispatcher(Store(home), pool).serve()
"""


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and those forked ahead")
@forking
def test_where_processes_are_killed_as_they_get_warm_few_are_made(lab: Lab) -> None:
    """Else one would be forked after the other, a hundred a second, for as long as memory lacks."""
    ended = launcher_that(KILLED_WHILE_IT_GETS_WARM, lab)
    assert ended.returncode == 0, ended.stderr
    assert 1 <= ended.stdout.count("a fork") <= 2


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and those forked ahead")
def test_a_spare_process_takes_up_a_run_as_a_fork_does(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    run_id = lab.start(tiny_spec())
    pool = WorkerPool(lab.home)
    pool.start_worker(RunTask(run_id))
    assert pool.started == [run_id]
    wait_until(lambda: lab.get(run_id).status == "finished")
    wait_until(lambda: pool.reap_workers() == [RunTask(run_id)])
    assert not launcher_client.log_file(lab.home, run_id).exists()


def test_a_run_whose_worker_cannot_begin_is_over(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    monkeypatch.setattr(dispatcher, "IDLE_SECONDS", 1.0)
    monkeypatch.setenv(SLOTS_VARIABLE, "1")
    pool = Stillborn()
    first, second = lab.start(tiny_spec()), lab.start(tiny_spec())
    Dispatcher(Store(lab.home), pool).serve()  # and it ends, since nothing is left to do
    assert pool.started == [first]
    assert lab.get(first).status == "interrupted"
    assert lab.get(second).status == "failed"
    assert lab.get(second).message == "The worker process cannot be started: no room"


class Crowded(Stillborn):
    """Nor can more processes be made."""

    needs_spare = True

    def add_spare(self) -> None:
        self.needs_spare = False  # until the next time
        raise BlockingIOError("no more processes")


def test_a_launcher_that_can_make_no_spare_goes_on(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    monkeypatch.setattr(dispatcher, "IDLE_SECONDS", 1.0)
    pool = Crowded()
    run_id = lab.start(tiny_spec())
    Dispatcher(Store(lab.home), pool).serve()
    assert pool.started == [run_id]
    assert not pool.needs_spare
    assert "no more processes" in capsys.readouterr().err
