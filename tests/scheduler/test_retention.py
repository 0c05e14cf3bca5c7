"""Runs are deleted with all that is theirs, by hand or past the limit, and the space comes back."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler import launcher_client
from resnet_viz.scheduler.retention import LIMIT_VARIABLE
from resnet_viz.store.database import FILE_NAME, Store
from resnet_viz.store.records.chunks import insert_records
from resnet_viz.store.size_limits import size_in
from resnet_viz.text import byte_size
from tests.labs import tiny_spec
from tests.quantities.test_records import record

GOLDEN = Path(__file__).parents[1] / "golden" / "store-v1.sqlite3"


@pytest.fixture(autouse=True)
def no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are queued and nobody works on them."""
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    monkeypatch.delenv(LIMIT_VARIABLE, raising=False)


def query(home: Path, text: str, *values: object) -> Sequence[tuple[object, ...]]:
    with Store(home).session() as connection:
        return [tuple(row) for row in connection.execute(text, values)]


def finish(lab: Lab, run_ids: Sequence[str], steps: int = 0, layers: int = 6) -> None:
    """The runs are over, with records, and each has left a log."""
    with Store(lab.home).writing() as connection:
        for run_id in run_ids:
            change = "UPDATE runs SET status = 'finished' WHERE id = ? RETURNING position"
            position = connection.execute(change, (run_id,)).fetchone()[0]
            insert_records(connection, position, [record(step, layers) for step in range(steps)])
            log = launcher_client.log_file(lab.home, run_id)
            log.parent.mkdir(exist_ok=True)
            log.write_text("warning: a word")


def race(lab: Lab, steps: int, name: str = "", layers: int = 6) -> str:
    """A race of two nets that is over."""
    race_id = lab.race([tiny_spec(name=f"{name} a"), tiny_spec(name=f"{name} b")])
    finish(lab, [run.id for run in lab.race_runs(race_id)], steps, layers)
    return race_id


def test_a_race_is_deleted_with_all_that_is_its_own_and_nothing_else(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    kept, gone = race(lab, 30), race(lab, 30)
    alone = lab.start(tiny_spec())
    finish(lab, [alone], 5)
    before = {run.id: lab.records(run.id) for run in (*lab.race_runs(kept), lab.get(alone))}
    gone_runs = lab.race_runs(gone)
    lab.delete(gone)
    with pytest.raises(ValueError, match="there is no run or race with the id"):
        lab.race_runs(gone)
    with pytest.raises(ValueError, match="there is no run or race with the id"):
        lab.delete(gone)
    assert {run.id for run in lab.list()} == set(before)
    for table in ("records", "series"):
        owners = query(tmp_path, f"SELECT count(DISTINCT run) FROM {table}")
        assert owners == [(3,)]
    assert query(tmp_path, "SELECT id FROM races") == [(kept,)]
    for run_id, records in before.items():
        assert [r.loss for r in lab.records(run_id)] == [r.loss for r in records]
        assert launcher_client.log_file(tmp_path, run_id).exists()
    assert not any(launcher_client.log_file(tmp_path, run.id).exists() for run in gone_runs)


def test_a_race_goes_with_its_last_run(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    first, second = lab.race_runs(race(lab, 3))
    lab.delete(first.id)
    assert [run.id for run in lab.race_runs(str(second.race_id))] == [second.id]
    lab.delete(second.id)
    assert query(tmp_path, "SELECT * FROM races") == []


def test_the_space_comes_back(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    empty, race_id = lab.bytes, race(lab, 2000, layers=60)
    full = lab.bytes
    assert full > empty + 0.9 * sum(run.bytes for run in lab.list()) > 2_000_000
    lab.delete(race_id)
    assert lab.bytes < 200_000


def test_the_space_of_a_store_of_version_1_comes_back_when_nothing_is_under_way(
    tmp_path: Path,
) -> None:
    shutil.copy(GOLDEN, tmp_path / FILE_NAME)
    lab = Lab(tmp_path)
    under_way = lab.start(tiny_spec())
    lab.delete(race(lab, 1000, layers=60))
    assert query(tmp_path, "PRAGMA auto_vacuum") == [(0,)]
    assert (tmp_path / FILE_NAME).stat().st_size > 1_000_000, "a worker could not write meanwhile"
    lab.stop(under_way)
    lab.delete(under_way)
    assert query(tmp_path, "PRAGMA auto_vacuum") == [(2,)]
    assert (tmp_path / FILE_NAME).stat().st_size < 200_000
    assert len(lab.list()) == 3


def test_what_is_under_way_is_not_deleted(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    race_id = lab.race([tiny_spec(), tiny_spec()])
    first, second = lab.race_runs(race_id)
    with pytest.raises(ValueError, match=r"the race '.+' is under way; stop it before"):
        lab.delete(race_id)
    lab.stop(first.id)
    with pytest.raises(ValueError, match=r"the race '.+' is under way; stop it before"):
        lab.delete(race_id)
    with pytest.raises(ValueError, match=r"the run '.+' is under way; stop it before"):
        lab.delete(second.id)
    assert len(lab.list()) == 2
    lab.delete(first.id)
    lab.stop(race_id)
    lab.delete(race_id)
    assert lab.list() == []


def test_a_run_whose_process_is_gone_can_be_deleted(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    run_id = lab.start(tiny_spec())
    with Store(tmp_path).writing() as connection:
        connection.execute("UPDATE runs SET status = 'running', pid = 999999999, pid_created = 1")
    assert lab.get(run_id).status == "interrupted"
    lab.delete(run_id)
    assert lab.list() == []


def test_an_unreadable_run_can_be_deleted(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    run_id = lab.start(tiny_spec())
    finish(lab, [run_id])
    with Store(tmp_path).writing() as connection:
        connection.execute("UPDATE runs SET spec = '{'")
    assert [run.id for run in lab.unreadable()] == [run_id]
    lab.delete(run_id)
    assert lab.unreadable() == []


def test_a_deletion_that_fails_deletes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = Lab(tmp_path)
    race_id = race(lab, 3)
    with Store(tmp_path).session() as connection:
        connection.execute(
            "CREATE TRIGGER no BEFORE DELETE ON races BEGIN SELECT raise(ABORT, 'no'); END"
        )
    with pytest.raises(RuntimeError, match="cannot be used: no"):
        lab.delete(race_id)
    assert [len(lab.records(run.id)) for run in lab.race_runs(race_id)] == [3, 3]
    assert launcher_client.log_file(tmp_path, lab.list()[0].id).exists()


def test_the_oldest_that_are_over_go_first_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = Lab(tmp_path)
    under_way = lab.start(tiny_spec(name="under way"))
    oldest, older, newest = (
        race(lab, 400, name, layers=60) for name in ("oldest", "older", "newest")
    )
    monkeypatch.setenv(LIMIT_VARIABLE, f"{lab.bytes / 1e6 / 2:.3f} MB")
    lab.notice = None
    started = lab.start(tiny_spec(name="new"))
    left = {run.race_id or run.id for run in lab.list()}
    assert left == {under_way, newest, started}
    assert lab.bytes < (size_in(LIMIT_VARIABLE) or 0)
    assert lab.notice is not None
    assert "oldest a against oldest b; older a against older b" in lab.notice
    assert LIMIT_VARIABLE in lab.notice
    assert not {oldest, older} & left
    lab.notice = None
    lab.start(tiny_spec(name="one more"))
    assert lab.notice is None, "there is room now"


def test_nothing_goes_without_a_limit_or_below_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = Lab(tmp_path)
    race(lab, 300)
    lab.start(tiny_spec())
    monkeypatch.setenv(LIMIT_VARIABLE, "1 TB")
    lab.start(tiny_spec())
    assert len(lab.list()) == 4
    assert lab.notice is None


def test_a_limit_that_cannot_be_kept_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(LIMIT_VARIABLE, "1 kB")
    lab = Lab(tmp_path)
    lab.start(tiny_spec())
    assert lab.notice is not None
    assert "none that is over is left to delete" in lab.notice
    assert len(lab.list()) == 1
    race(lab, 1, "gone")
    lab.start(tiny_spec())
    assert "the oldest were deleted: gone a against gone b" in lab.notice
    assert re.search(r"\(what is left takes \d+", lab.notice)
    assert len(lab.list()) == 2


def test_a_start_that_is_refused_deletes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = Lab(tmp_path)
    race(lab, 300)
    monkeypatch.setenv(LIMIT_VARIABLE, "1 kB")
    monkeypatch.setattr("resnet_viz.scheduler.submit.insert", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        lab.start(tiny_spec())
    assert len(lab.list()) == 2
    assert lab.notice is None


SIZES = {"2 GB": 2 * 10**9, "1.5kb": 1500, " 300 MB ": 3 * 10**8, "0 B": 0, "": None, "7 TB": 7e12}


@pytest.mark.parametrize("given", SIZES)
def test_a_limit_is_read(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LIMIT_VARIABLE, given)
    assert size_in(LIMIT_VARIABLE) == SIZES[given]


@pytest.mark.parametrize("given", ["2", "GB", "-1 GB", "2 XB", "nan GB", "1e3 MB", "9" * 99 + " B"])
def test_a_limit_that_is_no_size_is_refused_and_nothing_starts(
    given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = Lab(tmp_path)
    monkeypatch.setenv(LIMIT_VARIABLE, given)
    with pytest.raises(ValueError, match=r"RESNET_VIZ_LIMIT = .* is not a size; allowed"):
        lab.start(tiny_spec())
    assert lab.list() == []


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (99_949, "99.9 kB"),
        (99_960, "100 kB"),
        (999_600, "1 MB"),
        (1_230_000, "1.2 MB"),
        (10**16, "10000 TB"),
    ],
)
def test_a_size_for_people(size: int, said: str) -> None:
    assert byte_size(size) == said


def test_a_deletion_while_another_reads_gives_the_space_back_later(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    first, second = race(lab, 500), race(lab, 500)
    reader = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM runs").fetchall()
    lab.delete(first)
    reader.close()
    lab.delete(second)
    assert lab.bytes < 200_000


def test_notes_stay_with_their_run_or_race_and_go_with_it(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    kept, gone = race(lab, 3), race(lab, 3)
    run = lab.race_runs(gone)[0].id
    for id, note in ((kept, "lr was\ntoo high"), (gone, "old"), (run, "a"), (run, " b ")):
        lab.note(id, note)
    assert Lab(tmp_path).notes() == {kept: "lr was\ntoo high", gone: "old", run: "b"}
    lab.delete(gone)
    assert lab.notes() == {kept: "lr was\ntoo high"}
    lab.note(kept, " \n")
    assert lab.notes() == {}
    with pytest.raises(ValueError, match="there is no run or race with the id"):
        lab.note(gone, "late")
    with pytest.raises(ValueError, match="has 2,001 characters; at most 2,000 are allowed"):
        lab.note(kept, "x" * 2001)
