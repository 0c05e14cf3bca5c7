"""Reading of exhibits: from cells that were trained, and from a store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.measurements import measurement
from resnet_viz.measurements.base.measurement import Value
from resnet_viz.measurements.base.result import MeasurementResult
from resnet_viz.papers.exhibit import Trained
from resnet_viz.papers.nets import blocks
from resnet_viz.papers.reading import judged, left_to_measure, of_cells
from resnet_viz.papers.statements import Below
from resnet_viz.scheduler import launcher_client
from tests.findings.swept import ends, spec, trained
from tests.labs import tiny_spec

GROUPS = {
    f"{'Plain' if plain else 'ResNet'}-{depth}": {"depths": blocks(depth), "plain": plain}
    for depth in (8, 20, 56)
    for plain in (False, True)
}
PART = Trained(spec(), GROUPS, (Below("", "", "ResNet-56", "Plain-56"),), "training loss [nats]")


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    return Lab(tmp_path)


def test_groups_have_the_ends_of_their_cells(lab: Lab) -> None:
    numbers = of_cells(lab, PART, trained()[0])
    assert numbers["Plain-56"] == ends(56, plain=True).tolist()
    assert numbers["ResNet-20"] == ends(20, plain=False).tolist()
    (row,) = judged(PART, numbers)
    assert row.verdict == "agrees"


def test_a_group_counts_once_all_its_seeds_have_ended(lab: Lab) -> None:
    """What is there before is a selection: the quick ones."""
    cells = trained(lambda cell: cell.values["seed"] != 4 or not cell.values["plain"])[0]
    assert set(of_cells(lab, PART, cells)) == {"ResNet-8", "ResNet-20", "ResNet-56"}


def test_a_cell_that_diverged_is_infinite(lab: Lab) -> None:
    cells = [replace(cell, end={**cell.end, "train_loss": None}) for cell in trained()[0]]
    numbers = of_cells(lab, PART, cells)
    assert set(numbers["Plain-56"]) == {float("inf")}


def test_only_a_measurement_with_the_usual_settings_counts_and_the_newest(lab: Lab) -> None:
    """That of one block, asked for by hand, is no median over all blocks."""
    part = replace(PART, measurement="lesions", read=lambda found: float(found["error"]))
    cells = [replace(cell, run_id="a run", steps_done=9) for cell in trained()[0]]
    usual = measurement("lesions").checked({})

    def result(error: float, settings: Mapping[str, Value]) -> MeasurementResult:
        return MeasurementResult(9, "lesions", settings, 0.1, {"error": np.array(error)})

    kept = [result(0.9, {**usual, "block": "conv2_1"})]
    store = cast(Lab, SimpleNamespace(measured=lambda run_id: kept))
    assert of_cells(store, part, cells) == {}
    assert len(left_to_measure(store, part, cells)) == len(cells)
    kept += [result(0.4, usual), result(0.2, usual), result(0.8, {**usual, "block": "conv2_2"})]
    assert set(of_cells(store, part, cells)["Plain-56"]) == {0.2}
    assert left_to_measure(store, part, cells) == ()


def test_cells_that_something_else_trained_are_found_and_nothing_starts(lab: Lab) -> None:
    """A run of a race is the same training as the sweep's cell."""
    base = tiny_spec()
    sweep = SweepSpec(base=base, axes={"lr": (0.01, 0.05)}, seeds=(0, 1))
    assert {cell.status for cell in lab.sweep_cells(sweep)} == {"waiting"}
    lab.race([sweep.cell(1).spec or base])
    assert [cell.status for cell in lab.sweep_cells(sweep)].count("queued") == 1
    assert not lab.sweeps()
    assert len(lab.list()) == 1
    sweep_id = lab.sweep(sweep)
    assert [one.number for one in lab.get_sweep(sweep_id).cells] == [
        one.number for one in lab.sweep_cells(sweep)
    ]
