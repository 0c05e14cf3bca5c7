"""Tiny nets, a Lab of its own for each test, and its processes: waited for, found and ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.quantities.records import StepRecord
from resnet_viz.scheduler import heartbeat, launcher_lock
from resnet_viz.store.database import Store
from resnet_viz.store.runs_table import select_runs
from resnet_viz.workers.tasks import Task
from resnet_viz.workers.worker_pool import WorkerPool
from tests.launchers import end_launchers

TINY = ResNetConfig(depths=(1, 1), widths=(4, 8), stem="cifar", shortcut="zero_pad")
ENDLESS = 1_000_000
# A worker imports torch, which takes seconds, and many on a machine that is busy.
PATIENCE_SECONDS = 90.0


def tiny_spec(**changes: Any) -> RunSpec:
    """A run that takes a few milliseconds a step."""
    return RunSpec(**({"config": TINY, "batch_size": 16, "steps": 20, "device": "cpu"} | changes))


def wait_until(holds: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    """Look often until `holds`, and fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"did not come true within {seconds} s"
        time.sleep(0.05)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """A Lab in a new folder; no process outlives the test."""
    one = Lab(tmp_path / "home")
    yield one
    end(one)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """As workers have: with more, sums come out in another order. Denormals count again after."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    torch.set_flush_denormal(False)


def end(lab: Lab) -> None:
    """Stop all sweeps and runs, and end the launcher."""
    for sweep in lab.sweeps():
        if sweep.status in ("running", "paused"):
            lab.stop(sweep.id)
    for run in lab.list():
        if not run.is_over:
            lab.stop(run.id)
    end_launchers(lab.home)  # one that is still starting would not be dismissed


def launcher_of(lab: Lab) -> psutil.Process:
    """The process that holds the folder's lock, once there is one."""

    def find() -> psutil.Process | None:
        one = launcher_lock.current(lab.home)
        return one.process if one else None

    wait_until(lambda: find() is not None)
    found = find()
    assert found is not None
    return found


def process_of(lab: Lab, run_id: str) -> psutil.Process | None:
    """The process of a run, if it has one."""
    with Store(lab.home).session() as connection:
        (row,) = select_runs(connection, "id = ?", run_id)
    return heartbeat.find_process(row)


def workers(lab: Lab) -> Sequence[psutil.Process]:
    """The processes of the runs that have one."""
    found = (process_of(lab, run.id) for run in lab.list())
    return [process for process in found if process is not None]


def running(lab: Lab) -> Sequence[str]:
    """The ids of the runs that go on, the newest first."""
    return [run.id for run in lab.list() if run.status == "running"]


def steps_of(lab: Lab, run_id: str) -> int:
    """How many steps a run has done."""
    return lab.get(run_id).steps_done


def stops_within_a_second(lab: Lab, run_id: str) -> None:
    """Stops a run, and asserts that it and its process are gone soon after."""
    begin = time.monotonic()
    lab.stop(run_id)
    assert time.monotonic() - begin < 2  # a second, and one more for a busy machine
    run = lab.get(run_id)
    assert (run.status, run.message) == ("stopped", "")
    wait_until(lambda: process_of(lab, run_id) is None, 5)


def same(one: StepRecord, other: StepRecord) -> bool:
    """Whether two records hold the same values; their times may differ."""
    names = ("step", "loss", "accuracy", "grad_norm", "weight_norm", "update_ratio")
    return all(np.array_equal(getattr(one, n), getattr(other, n), equal_nan=True) for n in names)


class Stillborn(WorkerPool):
    """A pool whose workers end before they have taken up their run, and that has room for one."""

    needs_spare = False
    started: list[str] = []  # noqa: RUF012  the pool's own is a property

    def __init__(self) -> None:
        self.started = []
        self._ended: list[Task] = []

    def start_worker(self, task: Task) -> None:
        if self.started:
            raise OSError("no room")
        self.started.append(task.id)
        self._ended.append(task)

    def reap_workers(self) -> Sequence[Task]:
        ended, self._ended = self._ended, []
        return ended

    def add_spare(self) -> None:
        raise AssertionError("it has enough")
