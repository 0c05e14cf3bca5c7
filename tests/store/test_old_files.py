"""A store and a race file made by version 0.1.0, in the last of its schemas: they open for good."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from zipfile import ZipFile

import pytest

from resnet_viz.lab.lab import Lab
from resnet_viz.store.database import FILE_NAME
from resnet_viz.store.stored_spec import seal
from tests.lab.race_file.test_exchange import values
from tests.labs import tiny_spec

GOLDEN = Path(__file__).parents[1] / "golden" / "made_by_0_1_0.zip"
NAMES = ["residual", "plain"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The store of a race of two, and the race exported from it, with its weights."""
    with ZipFile(GOLDEN) as archive:
        archive.extractall(tmp_path)
    return tmp_path


def seals(folder: Path) -> set[str]:
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        return {seal for (seal,) in connection.execute("SELECT seal FROM runs")}


def test_a_store_sealed_by_another_rule_is_checked_anew_and_sealed(folder: Path) -> None:
    assert seals(folder).isdisjoint({seal(), ""})
    lab = Lab(folder)
    runs = lab.list()
    assert [run.name for run in runs] == NAMES[::-1]
    assert lab.unreadable() == []
    assert seals(folder) == {seal()}
    for run in runs:
        assert (run.status, run.steps_done) == ("finished", 5)
        assert run.spec == tiny_spec(name=run.name, steps=5)
        assert [record.step for record in lab.records(run.id)] == [0, 1, 2, 3, 4]


def test_a_race_file_brings_what_the_store_has(folder: Path, tmp_path: Path) -> None:
    there, original = Lab(tmp_path / "there"), Lab(folder)
    runs = there.race_runs(there.import_(folder / "race.resnetviz"))
    assert [run.name for run in runs] == NAMES
    for run, sent in zip(runs, original.list()[::-1], strict=True):
        assert run.spec == sent.spec
        assert values(there.records(run.id)) == values(original.records(sent.id))
        assert [kept.step for kept in there.checkpoints(run.id)] == [5]
