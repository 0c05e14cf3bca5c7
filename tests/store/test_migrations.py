"""Old stores are brought up to date; newer ones are left alone."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler import launcher_client
from resnet_viz.store import migrations
from resnet_viz.store.database import FILE_NAME, StoreError
from tests.labs import tiny_spec

GOLDEN = Path(__file__).parents[1] / "golden" / "store-v1.sqlite3"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A folder with a store of version 0.1: a race of two, a run, one that cannot be read."""
    shutil.copy(GOLDEN, tmp_path / FILE_NAME)
    return tmp_path


def query(file: Path, text: str) -> list[sqlite3.Row]:
    with closing(sqlite3.connect(file)) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute(text).fetchall()


def test_every_record_of_version_1_is_there(old: Path) -> None:
    before = query(GOLDEN, "SELECT * FROM records ORDER BY run, step")
    ids = {row["position"]: row["id"] for row in query(GOLDEN, "SELECT position, id FROM runs")}
    lab = Lab(old)
    assert query(old / FILE_NAME, "PRAGMA user_version")[0][0] == migrations.SCHEMA_VERSION
    assert len(before) == 13
    for row in before:
        record = lab.records(ids[row["run"]], since=row["step"])[0]
        columns = np.frombuffer(row["layers"], "<f4").reshape(3, -1)
        assert (record.step, record.seconds) == (row["step"], row["seconds"])
        loss = np.nan if row["loss"] is None else row["loss"]
        np.testing.assert_array_equal([record.loss, record.accuracy], [loss, row["accuracy"]])
        assert list(record.values) == ["grad_norm", "weight_norm", "update_ratio"]
        np.testing.assert_array_equal(np.stack(list(record.values.values())), columns)


def test_runs_and_races_of_version_1_are_there(old: Path) -> None:
    lab = Lab(old)
    diverges, plain, residual = lab.list()
    assert [run.name for run in (residual, plain, diverges)] == ["residual", "plain", "diverges"]
    assert [run.steps for run in (residual, plain, diverges)] == [5, 5, 3]
    assert [run.contestant for run in lab.race_runs(str(residual.race_id))] == [0, 1]
    assert [run.name for run in lab.race_runs(str(residual.race_id))] == ["residual", "plain"]
    assert diverges.race_id is None
    assert {run.status for run in lab.list()} == {"finished"}
    assert [run.steps_done for run in (residual, plain, diverges)] == [5, 5, 3]
    assert residual.quantities["grad_norm"].names == residual.spec.layer_names
    assert [run.id for run in lab.unreadable()] == ["from-elsewhere"]
    (race,) = query(old / FILE_NAME, "SELECT * FROM races")
    assert race["id"] == residual.race_id
    assert json.loads(race["contestants"]) == ["residual", "plain"]
    assert json.loads(race["seeds"]) == [0]


def test_an_old_store_goes_on(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    lab = Lab(old)
    run_id = lab.start(tiny_spec())
    assert lab.list()[0].id == run_id
    assert Lab(old).get(run_id).status == "queued"


def test_a_migration_that_fails_leaves_the_file_as_it_was(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE half (a)")
        connection.execute("ALTER TABLE runs ADD COLUMN half")
        raise sqlite3.OperationalError("the power went")

    monkeypatch.setattr(migrations, "MIGRATIONS", (migrations.MIGRATIONS[0], half))
    with pytest.raises(StoreError, match="the power went"):
        Lab(old)
    monkeypatch.undo()
    assert query(old / FILE_NAME, "PRAGMA user_version")[0][0] == 1
    assert query(old / FILE_NAME, "SELECT * FROM sqlite_master WHERE name = 'half'") == []
    assert len(Lab(old).list()) == 3


def test_a_newer_store_is_refused_and_untouched(tmp_path: Path) -> None:
    file = tmp_path / FILE_NAME
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE runs (all_different TEXT)")
        connection.execute("PRAGMA user_version = 99")
    before = file.read_bytes()
    with pytest.raises(StoreError, match=r"newer version \(schema 99; this one reads up to \d+\)"):
        Lab(tmp_path)
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]
