"""python -m benchmarks.clustering [RUNS]: what a Ray cluster costs beside this machine's launcher:
per run, per delivery, and in short runs a minute (20 of them; 200 take ten times as long)."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from pathlib import Path
from statistics import median

import numpy as np
import ray
from rich.console import Console

from benchmarks.result import Result, median_seconds
from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.presets import preset
from resnet_viz.cluster.engine import RayEngine
from resnet_viz.cluster.writer import NAMESPACE
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.quantities.records import StepRecord
from resnet_viz.scheduler.engine import ThisMachine
from tests.cluster.conftest import Machines, cluster
from tests.launchers import end_all_with_this_process, end_launchers

RUNS, STEPS = 20, 20
PLACES = 2
"""Both have as many: two machines with a CPU each, and two slots."""
SINGLE_RUNS, CALLS, RECORDS = 7, 200, 10
_LOOK_SECONDS, _PATIENCE_SECONDS = 0.02, 300.0
_NET = ResNetConfig(depths=(1, 1), widths=(4, 8), stem="cifar", shortcut="zero_pad")
_BASE = RunSpec(config=_NET, batch_size=16, steps=STEPS, device="cpu")


def run(runs: int = RUNS) -> Iterator[Result]:
    """Ratios of the two, measured one after the other; both are warm, so that PyTorch is loaded."""
    with tempfile.TemporaryDirectory() as folder, _places(), cluster() as machines:
        here = Lab(Path(folder) / "here", ThisMachine())
        there = Lab(Path(folder) / "there", RayEngine(machines.address))
        try:
            first = {lab: _seconds_of_sweep(lab, PLACES, 0.5) for lab in (here, there)}
            yield Result("first runs with the launcher", f"{first[here]:.1f} s")
            yield _beside("first runs in a new cluster", first[there], first[here])
            single = {lab: median(_seconds_of_single_runs(lab)) for lab in (here, there)}
            yield Result("a run of one step with the launcher", f"{single[here]:.2f} s")
            yield _beside("a run of one step in the cluster", single[there], single[here])
            many = {lab: runs / _seconds_of_sweep(lab, runs, 0.1) for lab in (here, there)}
            what = f"{runs} runs of {STEPS} steps, {PLACES} at a time"
            yield Result(f"{what}, with the launcher", f"{many[here]:.2f} runs/s")
            yield _beside(f"{what}, in the cluster", many[there], many[here], "runs/s")
            yield _delivery(there, machines)
        finally:
            end_launchers(here.home)


def _beside(what: str, ours: float, theirs: float, unit: str = "s") -> Result:
    return Result(what, f"{ours:.2f} {unit}, {ours / theirs:.2f} times the launcher's")


@contextmanager
def _places() -> Iterator[None]:
    before = os.environ.get("RESNET_VIZ_SLOTS")
    os.environ["RESNET_VIZ_SLOTS"] = str(PLACES)
    try:
        yield
    finally:
        del os.environ["RESNET_VIZ_SLOTS"]
        if before is not None:
            os.environ["RESNET_VIZ_SLOTS"] = before


def _seconds_of_sweep(lab: Lab, runs: int, rate: float) -> float:
    """From the start of so many runs until the last has ended."""
    begin = time.perf_counter()
    sweep_id = lab.sweep(SweepSpec(base=_BASE, axes={"lr": (rate,)}, seeds=tuple(range(runs))))
    _wait(lambda: lab.get_sweep(sweep_id).status == "finished")
    return time.perf_counter() - begin


def _seconds_of_single_runs(lab: Lab) -> Iterator[float]:
    """From a start to the end of a run of one step, which each time is another."""
    for seed in range(SINGLE_RUNS):
        begin = time.perf_counter()
        run_id = lab.start(_BASE.model_copy(update={"steps": 1, "seed": 1000 + seed}))
        _wait(partial(_is_over, lab, run_id))
        yield time.perf_counter() - begin


def _is_over(lab: Lab, run_id: str) -> bool:
    return lab.get(run_id).is_over


def _delivery(lab: Lab, machines: Machines) -> Result:
    """The call of a delivery, which the launcher's workers do without; what the writer then writes
    is the same in both, and left out: it is told of an attempt that there is not."""
    ray.init(address=machines.address, namespace=NAMESPACE, log_to_driver=False)
    writer = ray.get_actor(sha256(str(lab.home).encode()).hexdigest())
    random = np.random.default_rng(0)
    along = RunSpec(config=preset("resnet56-cifar")).quantities
    values = {name: random.random(len(one), np.float32) for name, one in along.items()}
    records = [StepRecord(step, 2.0, 0.5, 0.1 * step, values) for step in range(RECORDS)]

    def deliver() -> None:
        ray.get(writer.deliver.remote("no run", -1, records, None))

    seconds = median_seconds(deliver, CALLS)
    ray.shutdown()
    what = f"call of a delivery of {RECORDS} steps of ResNet-56 to the cluster's writer"
    return Result(what, f"{1000 * seconds:.1f} ms")


def _wait(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > until:
            raise TimeoutError(f"it took more than {_PATIENCE_SECONDS:.0f} s")
        time.sleep(_LOOK_SECONDS)


if __name__ == "__main__":
    end_all_with_this_process()
    console = Console()
    for result in run(*map(int, sys.argv[1:2])):
        console.print(f"{result.what}: [b]{result.value}[/b]")
