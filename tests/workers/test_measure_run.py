"""Measurements of runs: of the weights at a step, kept, and there at once for who asks again."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from resnet_viz.__main__ import main
from resnet_viz.data.dataset import fixed_order
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.store import checkpoint_index
from resnet_viz.store.database import Store
from resnet_viz.store.records.chunks import insert_records
from resnet_viz.store.run import insert, new_row
from resnet_viz.training.loop import train
from resnet_viz.training.tensors import held_out_part, load
from resnet_viz.workers.checkpoint_writer import CheckpointWriter, net_at
from resnet_viz.workers.measure_run import measure_run
from tests.conftest import is_refused
from tests.labs import tiny_spec

SPEC = tiny_spec(steps=3, checkpoints=(2,), name="tiny")


def trained(
    home: Path, spec: RunSpec = SPEC, run_id: str = "run", race: tuple[str | None, int] = (None, 0)
) -> Store:
    """A store with a run that was trained here, as its worker would; `race`: its id and the net's
    number there."""
    store = Store(home)
    with store.session() as connection:
        insert(connection, "runs", {**new_row(run_id, *race, spec), "status": "finished"})
        position = connection.execute("SELECT max(position) FROM runs").fetchone()[0]
        writer = CheckpointWriter(
            partial(checkpoint_index.keep, connection, home, (run_id, position)), spec
        )
        for record in train(spec, built=writer.hold):
            insert_records(connection, position, [record])
            writer.after(record.step + 1, is_last=record.step + 1 == spec.steps)
    return store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """With one run."""
    return trained(tmp_path)


def test_what_is_measured_is_the_net_at_that_step(store: Store) -> None:
    losses = []
    data = load("digits")
    chosen = data.chosen(fixed_order(len(data))[:40])
    for step in (0, 2, 3):
        one = measure_run(store, "run", step, "gradients", settings={"images": 40})
        net = net_at(SPEC, store.home, "run", step, torch.device("cpu")).train()
        expected = functional.cross_entropy(net(chosen.images), chosen.labels).item()
        assert one.found["loss"] == pytest.approx(expected, rel=1e-6)
        assert (one.step, one.measurement, one.settings) == (step, "gradients", {"images": 40})
        losses.append(expected)
    assert len(set(losses)) == 3


def test_it_is_measured_once_for_each_step_and_settings(store: Store) -> None:
    first = measure_run(store, "run", 3, "hessian", settings={"iterations": 2})
    again = measure_run(store, "run", 3, "hessian", settings={"iterations": 2, "seed": 0})
    assert again.seconds == first.seconds > 0
    for name, array in first.found.items():
        np.testing.assert_array_equal(again.found[name], array)
    measure_run(store, "run", 3, "hessian", settings={"iterations": 3})
    measure_run(store, "run", 2, "hessian", settings={"iterations": 2})
    lab = Lab(store.home)
    kept = [(one.step, one.settings["iterations"]) for one in lab.measured("run")]
    assert kept == [(3, 2), (3, 3), (2, 2)]
    assert lab.measured("other") == []
    lab.delete("run")
    assert lab.measured("run") == []


def test_images_are_no_more_than_there_are_and_results_may_be_infinite(tmp_path: Path) -> None:
    store = trained(tmp_path, tiny_spec(steps=3, lr=1e6, subset=50))
    one = measure_run(store, "run", 3, "lesions")
    assert one.settings["images"] == 256
    read = Lab(store.home).measured("run")[0]
    np.testing.assert_array_equal(read.found["loss"], one.found["loss"])


@pytest.mark.parametrize(
    ("step", "name", "settings", "said"),
    [
        (1, "hessian", {}, "the weights at step 1 are not there; allowed: 0, 2, 3"),
        (0, "sharpness", {}, "no measurement 'sharpness'"),
        (0, "hessian", {"iterations": -1}, "iterations = -1 is not allowed"),
        (0, "lesions", {"block": "stem"}, "block = 'stem' is not one of the net's"),
    ],
)
def test_what_cannot_be_measured_is_told_in_a_sentence(
    store: Store, step: int, name: str, settings: dict[str, int], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        measure_run(store, "run", step, name, settings=settings)
    with pytest.raises(ValueError, match="no run or race with the id 'other'"):
        measure_run(store, "other", 0, "hessian")


def test_removed_blocks_are_measured_on_images_that_the_net_has_never_seen(store: Store) -> None:
    whole = measure_run(store, "run", 3, "removal").found["whole_error"]
    data = load("digits")
    others = held_out_part("digits", data, SPEC.adapted.image_size)
    assert others
    some = others.first(256)
    net = net_at(SPEC, store.home, "run", 3, torch.device("cpu")).train()
    with torch.no_grad():
        wrong = net(some.images).argmax(1) != some.labels
    assert whole == pytest.approx(wrong.double().mean().item())


def test_weights_that_are_others_are_refused(store: Store) -> None:
    other = tiny_spec(steps=1)
    other = RunSpec(
        **{**other.model_dump(), "config": {**SPEC.config.model_dump(), "depths": (2, 1)}}
    )
    trained(store.home, other, "other")
    folder = store.home / "checkpoints"
    (folder / "other" / "step-1.safetensors").replace(folder / "run" / "step-3.safetensors")
    with pytest.raises(ValueError, match="are not those of the run's net"):
        measure_run(store, "run", 3, "gradients")


def test_why_weights_are_gone_is_said(store: Store) -> None:
    with store.writing() as connection:
        connection.execute("UPDATE checkpoints SET bytes = 0, gone = 'no room' WHERE step = 2")
    with pytest.raises(ValueError, match="at step 2 are not there: no room; allowed: 0, 3"):
        measure_run(store, "run", 2, "gradients")


def test_the_command_measures_and_prints(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RESNET_VIZ_HOME", str(store.home))
    assert main(("measure", "run", "lesions", "--set", "images=100", "--json")) == 0
    out = json.loads(capsys.readouterr().out)
    assert (out["step"], out["settings"]) == (3, {"images": 100, "block": ""})
    assert out["names"]["block"] == ["stages.0.0", "stages.1.0"]
    one = measure_run(store, "run", 3, "lesions", settings={"images": 100})
    np.testing.assert_array_equal(out["found"]["loss"]["values"], one.found["loss"])
    assert main(("measure", "run", "rank_cka", "--step", "0")) == 0
    text = capsys.readouterr().out
    assert "effective rank and similarity to the input at step 0" in text
    assert "stages.1.0" in text
    assert main(("measurements",)) == 0
    assert "shattering" in capsys.readouterr().out
    refused = (
        (("measure", "run", "rank"), "no measurement 'rank'"),
        (("measure", "run", "lesions", "--step", "1"), "the weights at step 1 are not there"),
        (("measure", "run", "lesions", "--set", "images"), "is not NAME=VALUE"),
        (("measure", "run", "lesions", "--set", "images=few"), "is not a number"),
        (("measure", "none", "lesions"), "no run or race with the id"),
    )
    for words, said in refused:
        assert said in is_refused(words, capsys)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"measurement": "rank"}, "no measurement 'rank'"),
        ({"step": -1}, "step"),
        ({"settings": {"iterations": 0}}, "iterations = 0 is not allowed"),
        ({"run": "a"}, "run"),
    ],
)
def test_a_job_for_what_there_is_not_is_refused_before_it_waits(
    store: Store, changes: dict[str, object], said: str
) -> None:
    request = {"run_id": "run", "step": 0, "measurement": "hessian", **changes}
    with pytest.raises(ValueError, match=said) as caught:
        Lab(store.home).submit("measure", request)
    assert "\n" not in str(caught.value)
