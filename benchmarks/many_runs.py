"""Lab.list() of 5,000 runs that are over: in a process that has just begun, and again."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.result import Result, median_seconds
from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.quantities.records import StepRecord
from resnet_viz.store.database import Store
from resnet_viz.store.records.chunks import insert_records
from resnet_viz.store.run import insert, new_id, new_row

RUNS, STEPS = 5_000, 20
_COLD = """
import sys, time
from resnet_viz.lab.lab import Lab
begin = time.perf_counter()
lab = Lab(sys.argv[1])
assert len(lab.list()) == int(sys.argv[2])
print(time.perf_counter() - begin)
"""


def run() -> Iterator[Result]:
    """Milliseconds with nothing read before, and with all in memory."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        _fill(home)
        cold = median(_cold_seconds(home) for _ in range(5))
        yield Result(f"list of {RUNS:,} runs, first in a process", *_against_goal(cold))
        warm = median_seconds(Lab(home).list, 15)
        yield Result(f"list of {RUNS:,} runs, again", *_against_goal(warm))


def _against_goal(seconds: float) -> tuple[str, str, bool]:
    return f"{1000 * seconds:.0f} ms", "< 50 ms", seconds < 0.05


def _cold_seconds(home: Path) -> float:
    command = [sys.executable, "-c", _COLD, str(home), str(RUNS)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _fill(home: Path) -> None:
    spec = RunSpec(config=preset("resnet56-cifar"), device="cpu")
    row = {**new_row("", None, 0, spec), "status": "finished"}
    records = [_record(step, spec) for step in range(STEPS)]
    with Store(home).writing() as connection:
        for _ in range(RUNS):
            _add(connection, {**row, "id": new_id()}, records)


def _add(connection: sqlite3.Connection, row: dict[str, object], records: list[StepRecord]) -> None:
    insert(connection, "runs", row)
    position = connection.execute("SELECT max(position) FROM runs").fetchone()[0]
    insert_records(connection, position, records)


def _record(step: int, spec: RunSpec) -> StepRecord:
    random = np.random.default_rng(step)
    values = {name: random.random(len(a), np.float32) for name, a in spec.quantities.items()}
    return StepRecord(step, 2.0, 0.5, 0.1 * step, values)
