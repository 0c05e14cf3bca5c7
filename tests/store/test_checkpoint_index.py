"""Checkpoints: the weights that are kept are those of the steps, training does not notice, and they
take no more room than they may."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch

from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.nets.network import ResNet, build_resnet
from resnet_viz.store import checkpoint_index
from resnet_viz.store.checkpoint_index import LIMIT_VARIABLE, Checkpoint, file_of
from resnet_viz.store.database import Store
from resnet_viz.training.loop import train
from resnet_viz.workers.checkpoint_writer import CheckpointWriter, net_at
from tests.labs import ENDLESS, tiny_spec, wait_until
from tests.workers.test_measure_run import trained

CPU = torch.device("cpu")


pytestmark = pytest.mark.usefixtures("one_thread")


def weights_after(spec: RunSpec, steps: int) -> dict[str, torch.Tensor]:
    """The state of the net after so many updates, by training it here."""
    if steps == 0:
        return dict(build_resnet(spec.adapted, seed=spec.seed).state_dict())
    nets: list[ResNet] = []
    records = train(spec, built=nets.append)
    for _ in range(steps):
        next(records)
    return {name: tensor.clone() for name, tensor in nets[0].state_dict().items()}


def test_the_weights_are_those_that_the_step_began_with(lab: Lab) -> None:
    spec = tiny_spec(steps=6, checkpoints=(2, 5))
    run_id = lab.start(spec)
    wait_until(lambda: lab.get(run_id).is_over)
    assert lab.get(run_id).status == "finished"
    assert [one.step for one in lab.checkpoints(run_id)] == [2, 5, 6]
    assert not any(one.gone for one in lab.checkpoints(run_id))
    for step in (0, 2, 5, 6):
        kept = net_at(spec, lab.home, run_id, step, CPU).state_dict()
        for name, tensor in weights_after(spec, step).items():
            assert torch.equal(kept[name], tensor), (step, name)
    sizes = {one.step: one.bytes for one in lab.checkpoints(run_id)}
    assert sizes == {step: file_of(lab.home, run_id, step).stat().st_size for step in (2, 5, 6)}
    assert lab.get(run_id).bytes > sum(sizes.values())


def test_training_is_the_same_bit_for_bit(tmp_path: Path) -> None:
    spec = tiny_spec(steps=5, checkpoints=(1, 2, 3, 4, 5))
    store = Store(tmp_path)
    with store.session() as connection:
        writer = CheckpointWriter(
            partial(checkpoint_index.keep, connection, tmp_path, ("one", 1)), spec
        )
        watched = []
        for record in train(spec, built=writer.hold):
            writer.after(record.step + 1)
            watched.append(replace(record, seconds=0))
        assert len(checkpoint_index.of_run(connection, 1)) == 5
    for record, other in zip(train(tiny_spec(steps=5)), watched, strict=True):
        assert (record.loss, record.accuracy) == (other.loss, other.accuracy)
        for name, values in record.values.items():
            assert values.tobytes() == other.values[name].tobytes()


def test_a_stopped_run_keeps_where_it_came_to(lab: Lab) -> None:
    run_id = lab.start(tiny_spec(steps=ENDLESS))
    wait_until(lambda: lab.get(run_id).steps_done > 2)
    lab.stop(run_id)
    wait_until(lambda: len(lab.checkpoints(run_id)) > 0)
    run = lab.get(run_id)
    assert [one.step for one in lab.checkpoints(run_id)] == [run.steps_done]
    with pytest.raises(ValueError, match=r"step-1\.safetensors"):
        net_at(run.spec, lab.home, run_id, 1, CPU)


def test_they_go_with_their_run_and_count_in_what_is_taken(lab: Lab) -> None:
    run_id = "run"
    trained(lab.home, tiny_spec(steps=2), run_id)
    file = file_of(lab.home, run_id, 2)
    assert lab.bytes > file.stat().st_size
    before = lab.bytes
    file.rename(lab.home / "elsewhere")
    assert before - lab.bytes == (lab.home / "elsewhere").stat().st_size
    (lab.home / "elsewhere").rename(file)
    lab.delete(run_id)
    assert not file.parent.exists()
    with closing(sqlite3.connect(lab.home / "lab.sqlite3")) as connection:
        assert connection.execute("SELECT count(*) FROM checkpoints").fetchone()[0] == 0


@pytest.fixture
def two(tmp_path: Path) -> Store:
    """A store of two runs, each with weights of 1,000 bytes at steps 1 and 2."""
    store = Store(tmp_path)
    with store.session() as connection:
        for position in (1, 2):
            connection.execute(
                "INSERT INTO runs (position, id, name, spec, created, heartbeat, params) "
                "VALUES (?, ?, '', '', 0, 0, 0)",
                (position, f"run-{position}"),
            )
            for step in (1, 2):
                file = file_of(tmp_path, f"run-{position}", step)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(bytes(1000))
                checkpoint_index.write_down(connection, position, Checkpoint(step, 1000, ""))
    return store


def test_past_the_limit_the_oldest_make_room_and_it_is_said(
    two: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(LIMIT_VARIABLE, "4 kB")
    with two.session() as connection:
        assert checkpoint_index.make_room(connection, two.home, 1500) == ""
        first, second = (checkpoint_index.of_run(connection, position) for position in (1, 2))
        taken = [row["bytes"] for row in connection.execute("SELECT bytes FROM runs")]
    assert [one.bytes for one in first] == [0, 0]
    assert all("RESNET_VIZ_CHECKPOINTS allows 4 kB" in one.gone for one in first)
    assert second == [Checkpoint(1, 1000, ""), Checkpoint(2, 1000, "")]
    assert taken == [0, 2000]
    assert [path.name for path in checkpoint_index.files(two.home)] != []
    assert not file_of(two.home, "run-1", 1).exists()
    assert file_of(two.home, "run-2", 2).exists()


def test_what_never_fits_is_not_kept_and_nothing_goes_for_it(
    two: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(LIMIT_VARIABLE, "4 kB")
    with two.session() as connection:
        why = checkpoint_index.make_room(connection, two.home, 4001)
        assert why == (
            "they take 4 kB, and RESNET_VIZ_CHECKPOINTS allows 4 kB for all weights that are kept"
        )
        assert len(checkpoint_index.files(two.home)) == 4
    monkeypatch.setenv(LIMIT_VARIABLE, "some")
    with pytest.raises(ValueError, match="RESNET_VIZ_CHECKPOINTS = 'some' is not a size"):
        checkpoint_index.limit()


def test_what_cannot_be_written_is_told_and_the_run_goes_on(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(LIMIT_VARIABLE, "1 kB")
    trained(lab.home, tiny_spec(steps=2), "run")
    assert len(lab.records("run")) == 2
    [one] = lab.checkpoints("run")
    assert (one.step, one.bytes) == (2, 0)
    assert "RESNET_VIZ_CHECKPOINTS allows 1 kB" in one.gone


@pytest.mark.parametrize("given", [(0,), (7,), (2, 2), (3, 1)])
def test_steps_that_there_are_not_are_refused(given: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"checkpoints = .* from 1 to 6, each larger"):
        tiny_spec(steps=6, checkpoints=given)


def test_large_weights_are_kept_only_where_one_asks() -> None:
    large = checkpoint_index.SMALL_BYTES + 1
    spec = tiny_spec(steps=6, checkpoints=(2, 6))
    assert checkpoint_index.is_wanted(spec, 6, large, is_last=True)
    assert checkpoint_index.is_wanted(spec, 2, large, is_last=False)
    assert not checkpoint_index.is_wanted(spec, 4, large, is_last=True)
    assert checkpoint_index.is_wanted(spec, 4, 1000, is_last=True)
    assert not checkpoint_index.is_wanted(spec, 4, 1000, is_last=False)
    assert not checkpoint_index.is_wanted(spec, 0, 1000, is_last=True)


def test_weights_are_kept_every_so_often() -> None:
    spec = tiny_spec(steps=7, checkpoint_every=3, checkpoints=(4,))
    assert [step for step in range(8) if checkpoint_index.is_due(spec, step)] == [3, 4, 6]
