"""How long a sweep takes, and how much room: by what was measured here, else by a guess."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from statistics import median

from resnet_viz.arch.plan import plan
from resnet_viz.experiments.devices import expected_device
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.short_race import guessed_step_seconds
from resnet_viz.experiments.sweep_spec import PlannedCell, SweepSpec
from resnet_viz.scheduler import eta
from resnet_viz.scheduler.places import slots_on
from resnet_viz.scheduler.sweeps.cell_queue import read_sweep_spec
from resnet_viz.scheduler.sweeps.submit_sweep import planned
from resnet_viz.store.checkpoint_index import SMALL_BYTES
from resnet_viz.store.records.chunks import SCALAR_BYTES

_VALUE_BYTES = 4
_BESIDE_TRAINING = 0.4
"""Seconds of a cell for its process, the images and the measurement of its end."""
_DONE = """
SELECT 1 FROM sweep_cells WHERE key = :key AND final IS NOT NULL
UNION ALL SELECT 1 FROM runs WHERE key = :key AND status = 'finished' LIMIT 1
"""


@dataclass(frozen=True)
class Expected:
    """What a sweep is expected to take: `seconds` and `bytes` of the cells that are not `done`.

    `is_measured` tells whether the seconds rest on runs that trained here, and not only on how
    much the nets compute. `refused` cells are not trained, and say why.
    """

    cells: int
    done: int
    refused: Sequence[PlannedCell]
    seconds: float
    bytes: int
    is_measured: bool


def expected(connection: sqlite3.Connection, spec: SweepSpec) -> Expected:
    """The expectation of a sweep before it is submitted."""
    cells = planned(spec)
    specs = {key: cell.spec for cell, key in cells if cell.spec is not None}
    left = [
        one.model_copy(update={"seed": 0, "name": ""})
        for key, one in specs.items()
        if connection.execute(_DONE, {"key": key}).fetchone() is None
    ]
    kinds = dict.fromkeys(left)
    guesses = {one: guessed_step_seconds(one) for one in kinds}
    known = {one: eta.step_seconds(connection, one) for one in kinds}
    ratios = [seconds / guesses[one] for one, seconds in known.items() if seconds]
    scale = median(ratios) if ratios else 1.0
    lengths = [one.steps * (known[one] or scale * guesses[one]) + _BESIDE_TRAINING for one in left]
    slots = slots_on(expected_device(spec.base.device))
    refused = [cell for cell, key in cells if not key]
    room = {one: run_bytes(one) for one in kinds}
    return Expected(
        cells=len(cells),
        done=len(cells) - len(refused) - len(left),
        refused=refused,
        seconds=eta.schedule((), lengths, slots)[1],
        bytes=sum(room[one] for one in left),
        is_measured=bool(ratios),
    )


def run_bytes(spec: RunSpec) -> int:
    """What a run takes on disk, about: its records, and its last weights where they are kept."""
    records = spec.steps * SCALAR_BYTES + sum(
        _VALUE_BYTES * len(along) * ceil(spec.steps / along.every)
        for along in spec.quantities.values()
    )
    weights = _VALUE_BYTES * plan(spec.adapted).params
    return records + (weights if weights <= SMALL_BYTES else 0)


def seconds_left(text: str, rows: Sequence[sqlite3.Row]) -> float | None:
    """How much longer a sweep takes, judged by those of its cells that have ended; None if none
    has, and 0 at its end. `rows` have number, status, steps_done and seconds."""
    spec = read_sweep_spec(text)
    lengths = _lengths(text)

    def guess(row: sqlite3.Row) -> tuple[int, float]:
        return lengths[int(row["number"]) % len(lengths)]

    left = [row for row in rows if row["status"] in ("waiting", "queued", "running", "paused")]
    if not left:
        return 0.0
    ended = [(row["seconds"], row["steps_done"] * guess(row)[1]) for row in rows if row["seconds"]]
    if not ended:
        return None
    scale = sum(seconds for seconds, _ in ended) / sum(guessed for _, guessed in ended)
    seconds = [
        (guess(row)[0] - row["steps_done"]) * guess(row)[1] * scale + _BESIDE_TRAINING
        for row in left
    ]
    return eta.schedule((), seconds, slots_on(expected_device(spec.base.device)))[1]


@lru_cache(maxsize=16)
def _lengths(text: str) -> Sequence[tuple[int, float]]:
    """Steps, and guessed seconds per step, of each combination; 0 where it is refused."""
    spec = read_sweep_spec(text)
    cells = map(spec.cell, range(len(spec) // len(spec.seeds)))
    return [
        (0, 0.0) if one is None else (one.steps, guessed_step_seconds(one))
        for one in (cell.spec for cell in cells)
    ]
