"""Sweeps: what their cells train, and how they end."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.lab.sweeps import Sweep
from resnet_viz.training.loop import train
from tests.labs import tiny_spec, wait_until


def tiny_sweep(**changes: Any) -> SweepSpec:
    """Four combinations of a few milliseconds a step."""
    axes = {"lr": [0.1, 0.01], "plain": [False, True]}
    return SweepSpec(**({"base": tiny_spec(steps=4), "axes": axes} | changes))


def finished(lab: Lab, sweep_id: str) -> Sweep:
    """The sweep once it is."""
    wait_until(lambda: lab.get_sweep(sweep_id).status == "finished")
    return lab.get_sweep(sweep_id)


def test_a_sweep_trains_what_its_cells_say_and_no_list_has_its_runs(
    lab: Lab, one_thread: None
) -> None:
    spec = tiny_sweep(seeds=(0, 1))
    sweep_id = lab.sweep(spec)
    cells = finished(lab, sweep_id).cells
    assert Counter(cell.status for cell in cells) == {"finished": 8}
    for cell in (cells[0], cells[7]):
        assert cell.spec is not None
        *_, last = train(cell.spec)
        ends = [np.float32(end) for end in cell.end.values()]
        np.testing.assert_array_equal(ends, last.values["final"])

    assert lab.list() == []
    assert lab.race_runs(str(cells[3].run_id))[0].status == "finished"
    assert len(lab.records(str(cells[3].run_id))) == 4
    (summary,) = lab.sweeps()
    assert (summary.id, summary.counts) == (sweep_id, {"finished": 8})
    table = lab.sweep_table(sweep_id)
    assert list(table.columns[:3]) == ["lr", "plain", "seed"]
    assert table[["lr", "plain", "seed"]].values.tolist() == [
        [run.lr, run.config.shortcut == "none", run.seed] for run in spec.runs()
    ]
    assert table["train_loss"].notna().all()
