"""A run that goes on in a program of its own: its row, its records; nobody steers it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from resnet_viz.lab.lab import Lab
from resnet_viz.quantities.quantity import Along
from resnet_viz.quantities.records import StepRecord
from resnet_viz.scheduler import launcher_client
from resnet_viz.store.database import FILE_NAME, Store
from resnet_viz.workers.run_recorder import Recording
from tests.labs import tiny_spec

HELD = {"grad_norm": Along("layer", ("conv", "fc")), "output_rms": Along("block", ("layer1.0",))}


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Recording]:
    one = Recording(Store(tmp_path), "mine", "torchvision.models.resnet.ResNet", 11, "cpu")
    yield one
    one.finish("finished")


def record(step: int) -> StepRecord:
    values = {"grad_norm": np.array([1.0, step], np.float32)}
    if step % 2 == 0:
        values["output_rms"] = np.array([np.nan], np.float32)
    return StepRecord(step, 2.0, np.nan, 0.5 * step, values)


def test_it_is_a_run_and_a_race_of_one(recording: Recording, tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    assert lab.records(recording.run_id) == []
    assert lab.get(recording.run_id).quantities == {}
    for step in range(5):
        recording.add(record(step), HELD)
    recording.finish("finished")
    (run,) = lab.race_runs(recording.run_id)
    assert (run.name, run.status, run.steps_done, run.params) == ("mine", "finished", 5, 11)
    assert run.is_watched
    assert run.quantities == HELD
    assert run.layer_names == ("conv", "fc")
    assert [layer.position for layer in run.layers] == [1, 2]
    assert run.blocks == ("layer1.0",)
    assert run.config is None
    assert [run.id for run in lab.list()] == [recording.run_id]
    assert lab.unreadable() == []
    for step, found in enumerate(lab.records(recording.run_id)):
        assert found.step == step
        assert np.isnan(found.accuracy)
        assert found.grad_norm.tolist() == [1.0, step]
        assert ("output_rms" in found.values) == (step % 2 == 0)


def test_it_lives_as_long_as_its_program(recording: Recording, tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    assert lab.get(recording.run_id).status == "running"
    with Store(tmp_path).writing() as connection:
        connection.execute("UPDATE runs SET pid_created = pid_created + 1000")
    assert lab.get(recording.run_id).status == "interrupted"


@pytest.mark.parametrize("action", ["stop", "pause", "resume", "step"])
def test_nobody_steers_it(recording: Recording, tmp_path: Path, action: str) -> None:
    lab = Lab(tmp_path)
    with pytest.raises(ValueError, match="a program of its own: end it there"):
        getattr(lab, action)(recording.run_id)
    assert lab.get(recording.run_id).status == "running"


def test_it_takes_no_place_from_others(
    recording: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    monkeypatch.setenv("RESNET_VIZ_SLOTS", "1")
    lab = Lab(tmp_path)
    run_id = lab.start(tiny_spec())
    assert lab.get(run_id).message == "Starting."
    assert lab.get(recording.run_id).status == "running"


def test_a_store_that_fails_does_not_disturb_the_program(
    recording: Recording, tmp_path: Path
) -> None:
    recording.add(record(0), HELD)
    for file in tmp_path.glob(f"{FILE_NAME}*"):
        file.unlink()
    (tmp_path / FILE_NAME).mkdir()
    recording.finish("finished")
    assert "cannot be opened" in recording.problem
