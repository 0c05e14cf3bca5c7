"""Results of measurements and small weights go with a race's file; bad ones are refused."""

from __future__ import annotations

import io
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import torch

from resnet_viz.lab.lab import Lab
from resnet_viz.lab.race_file import attachments
from resnet_viz.store.checkpoint_index import LIMIT_VARIABLE, file_of
from resnet_viz.workers.checkpoint_writer import net_at
from resnet_viz.workers.measure_run import measure_run
from tests.workers.test_measure_run import SPEC, trained


@pytest.fixture
def here(tmp_path: Path) -> Lab:
    """A store with one run, two results and two checkpoints."""
    store = trained(tmp_path / "here")
    measure_run(store, "run", 3, "lesions", settings={"images": 50})
    measure_run(store, "run", 0, "gradients", settings={"images": 50})
    return Lab(store.home)


@pytest.fixture
def file(here: Lab, tmp_path: Path) -> Path:
    """That run, exported."""
    here.export("run", tmp_path / "race.sqlite3")
    return tmp_path / "race.sqlite3"


@pytest.fixture
def there(tmp_path: Path) -> Lab:
    """An empty store."""
    return Lab(tmp_path / "there")


def test_results_and_weights_arrive_as_they_were(here: Lab, there: Lab, file: Path) -> None:
    [run] = there.race_runs(there.import_(file))
    for one, other in zip(here.measured("run"), there.measured(run.id), strict=True):
        assert (one.step, one.measurement, one.settings, one.seconds) == (
            *(other.step, other.measurement, other.settings, other.seconds),
        )
        for name, array in one.found.items():
            np.testing.assert_array_equal(other.found[name], array)
    assert there.checkpoints(run.id) == here.checkpoints("run")
    for step in (2, 3):
        nets = [
            net_at(SPEC, lab.home, run_id, step, torch.device("cpu"))
            for lab, run_id in ((here, "run"), (there, run.id))
        ]
        for key, tensor in nets[0].state_dict().items():
            assert torch.equal(nets[1].state_dict()[key], tensor)
    assert there.get(run.id).bytes >= sum(one.bytes for one in there.checkpoints(run.id))
    there.delete(run.id)
    assert not list((there.home / "checkpoints").iterdir())


def test_large_weights_stay_and_it_is_said(
    here: Lab, there: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = here.checkpoints("run")[0].bytes
    monkeypatch.setattr(attachments, "MOST_TOGETHER", size + 10)  # the newest alone
    here.export("run", tmp_path / "some")
    [run] = there.race_runs(there.import_(tmp_path / "some"))
    assert [(one.step, bool(one.gone)) for one in there.checkpoints(run.id)] == [(2, True), (3, 0)]
    monkeypatch.setattr(attachments, "MOST_BYTES", size - 1)
    here.export("run", tmp_path / "none")
    [run] = there.race_runs(there.import_(tmp_path / "none"))
    assert {one.gone for one in there.checkpoints(run.id)} == {attachments.NOT_SENT}


def test_the_limit_of_the_other_store_holds(
    there: Lab, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(LIMIT_VARIABLE, "1 kB")
    [run] = there.race_runs(there.import_(file))
    assert all("RESNET_VIZ_CHECKPOINTS allows" in one.gone for one in there.checkpoints(run.id))
    assert not file_of(there.home, run.id, 3).exists()


def npz(**arrays: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
    return stream.getvalue()


BAD: dict[str, tuple[str, tuple[object, ...], str]] = {
    "a step": ("UPDATE measured SET step = 4", (), "what was measured is none"),
    "a time": ("UPDATE measured SET seconds = 9e999", (), "what was measured is none"),
    "text": ("UPDATE measured SET data = 'text'", (), "what was measured is none"),
    "no arrays": ("UPDATE measured SET data = ?", (b"PK",), "is none"),
    "other arrays": ("UPDATE measured SET data = ?", (npz(loss=np.ones(3)),), "is none"),
    "objects": (
        "UPDATE measured SET data = ?",
        (npz(loss=np.array([{}], dtype=object)),),
        "is none",
    ),
    "a bomb": ("UPDATE measured SET data = ?", (npz(loss=np.zeros(2**24)),), "is none"),
    "settings": ("UPDATE measured SET settings = '{}'", (), "the settings of a [a-z]+ are none"),
    "a list": ("UPDATE measured SET settings = '[]'", (), "settings"),
    "deep": (
        "UPDATE measured SET settings = replace(hex(zeroblob(4000)), '0', '[')",
        (),
        "damaged",
    ),
    "weights' step": ("UPDATE checkpoints SET step = step + 9", (), "weights are none"),
    "weights' type": ("UPDATE checkpoints SET data = 'text'", (), "weights are none"),
    "weights and none": ("UPDATE checkpoints SET gone = 'away'", (), "weights are none"),
    "neither": ("UPDATE checkpoints SET data = NULL", (), "weights are none"),
    "large": ("UPDATE checkpoints SET data = zeroblob(32000001)", (), "weights are none"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_ones_are_one_sentence_and_change_nothing(what: str, there: Lab, file: Path) -> None:
    statement, values, said = BAD[what]
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute(statement, values)
    with pytest.raises(ValueError, match=said) as caught:
        there.import_(file)
    assert str(caught.value).startswith(f"the file '{file}' ")
    assert "\n" not in str(caught.value)
    assert there.list() == []
    assert not (there.home / "checkpoints").exists()


def test_what_a_newer_version_measures_is_left_out(there: Lab, file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("UPDATE measured SET measurement = 'new' WHERE step = 3")
    [run] = there.race_runs(there.import_(file))
    assert [one.measurement for one in there.measured(run.id)] == ["gradients"]


def test_weights_of_another_net_are_told_when_they_are_loaded(there: Lab, file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("UPDATE checkpoints SET data = ?", (b"\x02" + bytes(7) + b"{}",))
    [run] = there.race_runs(there.import_(file))
    with pytest.raises(ValueError, match=r"holds no weights|not those of the run's net"):
        net_at(run.spec, there.home, run.id, 3, torch.device("cpu"))
