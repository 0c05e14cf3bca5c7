"""A race of two nets through the lab against two bare PyTorch scripts at once.

Both from nothing to the last step, start of the processes included; ours with its probes and its
records on disk. Ours, bare, bare, ours, ...: what else the machine does falls on both.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.result import Result
from resnet_viz import Lab, RunSpec, plain_twin, preset

STEPS, ROUNDS = 120, 2
BARE = Path(__file__).with_name("bare.py")


def run() -> Iterator[Result]:
    """The ratio of the total times."""
    seconds = {"lab": 0.0, "bare": 0.0}
    for number in range(ROUNDS):
        for side in ("lab", "bare") if number % 2 == 0 else ("bare", "lab"):
            begin = time.perf_counter()
            _race_in_lab() if side == "lab" else _race_bare()
            seconds[side] += time.perf_counter() - begin
    ratio = seconds["lab"] / seconds["bare"]
    lab, bare = (seconds[side] / ROUNDS for side in ("lab", "bare"))
    value = f"{ratio:.3f} ({lab:.1f} / {bare:.1f} s)"
    yield Result("race of two / two bare PyTorch scripts", value, "at most 1.10", ratio <= 1.10)


def _race_in_lab() -> None:
    config = preset("resnet56-cifar")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        lab = Lab(home)
        both = (config, plain_twin(config))
        race = lab.race([RunSpec(config=net, steps=STEPS, device="cpu") for net in both])
        while not all(run.is_over for run in lab.race_runs(race)):
            time.sleep(0.05)
        assert [run.status for run in lab.race_runs(race)] == ["finished", "finished"]


def _race_bare() -> None:
    commands = ([sys.executable, str(BARE), kind, str(STEPS)] for kind in ("residual", "plain"))
    scripts = [subprocess.Popen(command) for command in commands]
    assert [script.wait() for script in scripts] == [0, 0]
