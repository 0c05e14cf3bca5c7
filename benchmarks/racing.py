"""A race of two nets through the lab against two bare PyTorch scripts at once.

Two comparisons, since the one says nothing about the other: a step, with both contestants at work
and their imports done, ours with its probes and its records on disk; and the start, from nothing
to the end of each net's first step, where ours imports less than the scripts do. Ours, bare, bare,
ours, ...: what else the machine does falls on both.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import mean
from typing import NamedTuple

from benchmarks.result import Result
from resnet_viz import Lab, RunSpec, plain_twin, preset

STEPS, ROUNDS = 60, 4
POLL_SECONDS = 0.5  # as often as a page asks
BARE = Path(__file__).with_name("bare.py")


class Times(NamedTuple):
    """Seconds, means of the two nets: from nothing to the first step's end; a later step."""

    start: float
    step: float


def run() -> Iterator[Result]:
    """The ratios of the mean times."""
    taken: dict[str, list[Times]] = {"lab": [], "bare": []}
    for number in range(ROUNDS):
        for side in ("lab", "bare") if number % 2 == 0 else ("bare", "lab"):
            taken[side].append(_race_in_lab() if side == "lab" else _race_bare())
    lab, bare = (Times(*map(mean, zip(*taken[side], strict=True))) for side in ("lab", "bare"))
    ratio = lab.step / bare.step
    value = f"{ratio:.3f} ({1000 * lab.step:.1f} / {1000 * bare.step:.1f} ms)"
    what = "two nets at once / two bare PyTorch scripts"
    yield Result(f"{what}: a step", value, "at most 1.05", ratio <= 1.05)
    value = f"{lab.start / bare.start:.3f} ({lab.start:.1f} / {bare.start:.1f} s)"
    yield Result(f"{what}: nothing to the first step", value)


def _race_in_lab() -> Times:
    """By the store: when each first record was there, and the seconds that records name."""
    config = preset("resnet56-cifar")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        lab = Lab(home)
        both = (config, plain_twin(config))
        begin = time.perf_counter()
        race = lab.race([RunSpec(config=net, steps=STEPS, device="cpu") for net in both])
        first: dict[str, float] = {}
        runs = lab.race_runs(race)
        while not all(run.is_over for run in runs):
            time.sleep(POLL_SECONDS if len(first) == len(runs) else 0.05)
            runs = lab.race_runs(race)
            for run in runs:
                if run.steps_done:
                    first.setdefault(run.id, time.perf_counter() - begin)
        assert [run.status for run in runs] == ["finished", "finished"]
        records = [lab.records(run.id) for run in runs]
    steps = [(one[-1].seconds - one[0].seconds) / (STEPS - 1) for one in records]
    return Times(mean(first.values()), mean(steps))


def _race_bare() -> Times:
    """By what the scripts print."""
    begin = time.time()
    commands = ([sys.executable, str(BARE), kind, str(STEPS)] for kind in ("residual", "plain"))
    scripts = [subprocess.Popen(command, stdout=subprocess.PIPE) for command in commands]
    printed = [json.loads(script.communicate()[0]) for script in scripts]
    assert [script.returncode for script in scripts] == [0, 0]
    return Times(mean(p["first"] for p in printed) - begin, mean(p["step"] for p in printed))
