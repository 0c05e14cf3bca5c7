"""A sweep that was trained here, as its cells and their histories: depths 8, 20 and 56, residual
and plain nets, five seeds, 60 steps on the digits.

`golden/swept_depths.npz` holds what was measured, [cells, steps]; changes are made on top.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.findings.sweeps.courses import Histories
from resnet_viz.lab.sweeps import Cell
from resnet_viz.quantities.points import FINAL_NAMES
from resnet_viz.quantities.records import History, StepRecord

FILE = Path(__file__).parents[1] / "golden" / "swept_depths.npz"
Numbers = NDArray[np.float64]


def spec() -> SweepSpec:
    """What was trained."""
    with np.load(FILE) as file:
        return SweepSpec.model_validate_json(file["spec"].tobytes())


def trained(
    chosen: Callable[[Cell], bool] = lambda cell: True,
    loss_of: Callable[[Cell, Numbers], Numbers] = lambda cell, loss: loss,
) -> tuple[list[Cell], Histories]:
    """The cells and histories of the sweep; those that are not `chosen` wait, and `loss_of` may
    change a cell's losses."""
    sweep = spec()
    with np.load(FILE) as file:
        losses, rights, finals = (file[name] for name in ("loss", "accuracy", "final"))
    cells, histories = [], {}
    for planned in sweep.cells():
        number = planned.number
        end = dict(zip(FINAL_NAMES, finals[number].tolist(), strict=True))
        run_id = f"run {number}"
        cell = Cell(number, planned.values, run_id, "finished", 60, "", end, 2.0, sweep)
        if not chosen(cell):
            cells.append(replace(cell, status="waiting", run_id=None, end={}, seconds=None))
            continue
        loss = loss_of(cell, losses[number].astype(float))
        last = {"final": finals[number]}
        histories[run_id] = History(
            StepRecord(step, one, right, 0.03 * step, last if step == 59 else {})
            for step, (one, right) in enumerate(zip(loss.tolist(), rights[number], strict=True))
        )
        cells.append(cell)
    return cells, histories


def ends(depth: int, *, plain: bool, name: str = "train_loss") -> Numbers:
    """One end of the five seeds at a depth, read from the file by hand: the seeds are the slowest
    axis, and plain the fastest."""
    with np.load(FILE) as file:
        finals = file["final"].reshape(5, 3, 2, len(FINAL_NAMES))
    column = FINAL_NAMES.index(name)
    values: Numbers = finals[:, (8, 20, 56).index(depth), int(plain), column].astype(float)
    return values
