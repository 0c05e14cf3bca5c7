"""Races go from one store to another whole."""

from __future__ import annotations

import ast
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from resnet_viz.lab.lab import Lab
from resnet_viz.lab.race_file import transfer
from resnet_viz.quantities.quantity import Along
from resnet_viz.quantities.records import StepRecord
from resnet_viz.scheduler.retention import LIMIT_VARIABLE
from resnet_viz.store import migrations
from resnet_viz.store.database import FILE_NAME, Store, StoreError
from resnet_viz.store.records.chunks import CHUNK
from resnet_viz.store.run import Run
from resnet_viz.store.stored_spec import seal
from resnet_viz.workers.run_recorder import Recording
from tests.lab.race_file.conftest import change, everything
from tests.labs import tiny_spec
from tests.scheduler.test_retention import GOLDEN, finish, query, race


def values(records: Sequence[StepRecord]) -> list[object]:
    return [
        (r.step, r.loss, r.accuracy, r.seconds, {k: v.tolist() for k, v in r.values.items()})
        for r in records
    ]


def test_a_race_arrives_as_it_was(here: Lab, there: Lab, file: Path) -> None:
    sent = [run for run in here.list() if run.name.startswith("sent")][::-1]
    here.rename(str(sent[0].race_id), "mine")
    here.export(str(sent[0].race_id), file)
    before = {run.id for run in there.list()}
    race_id = there.import_(str(file))
    came = there.race_runs(race_id)
    ids = {"id": "", "race_id": "", "bytes": 0}
    assert [run._replace(**ids) for run in came] == [run._replace(**ids) for run in sent]
    for one, other in zip(sent, came, strict=True):
        assert values(there.records(other.id)) == values(here.records(one.id))
        assert (other.spec, other.quantities) == (one.spec, one.quantities)
        assert other.bytes == pytest.approx(one.bytes, rel=0.05)
    assert there.race_name(race_id) == "mine"
    assert len({run.id for run in came} | before | {run.id for run in sent}) == 2 + 2 + 2
    assert there.list()[:2] == came[::-1]
    twice = there.import_(file)
    assert twice != race_id
    assert not {run.id for run in there.race_runs(twice)} & {run.id for run in came}
    there.delete(race_id)
    assert len(there.records(there.race_runs(twice)[0].id)) == 2 * CHUNK + 5


def test_nobody_steers_a_race_from_elsewhere(here: Lab, there: Lab, file: Path) -> None:
    race_id = there.import_(file)
    assert not there.may_steer(race_id, there.steering_key(race_id))
    own = str(here.list()[0].race_id)
    assert here.may_steer(own, here.steering_key(own))


def test_a_file_says_nothing_of_this_computer_and_of_no_other_race(here: Lab, file: Path) -> None:
    data = file.read_bytes()
    for run in here.list():
        assert run.id.encode() not in data
        assert str(run.race_id).encode() not in data
    assert b"stays" not in data


SENT = (
    *("position", "name", "spec", "status", "message", "created", "started", "ended", "device"),
    *("params", "threads", "contestant", "seed", "steps", "header", "bytes", "steps_done"),
)
"""Of a run's columns: what it is, what became of it, and on what kind of device."""
OF_THIS_COMPUTER: dict[str, object] = {
    "control": "pause",
    "extra_steps": 4321,
    "heartbeat": 1234.5,
    "pid": 54321,
    "pid_created": 2345.5,
    "seal": "the-seal-of-here",
    "host": "the-name-of-this-computer",
    "pace": 3456.5,
    "attempts": 7654,
    "looked": 4567.5,
    "asker": "the-browser-of-whoever-asked",
    "sweep": "the-sweep-that-it-is-of",
    "key": "the-key-of-what-is-trained",
}


@pytest.mark.parametrize("of_race", [True, False])
def test_where_and_by_what_process_it_ran_is_not_in_a_file(
    here: Lab, tmp_path: Path, of_race: bool
) -> None:
    """A column that is new says here whether it is sent."""
    race_id = race(here, 3)
    with Store(here.home).writing() as connection:
        names = ", ".join(f"{name} = ?" for name in OF_THIS_COMPUTER)
        connection.execute(f"UPDATE runs SET {names}", tuple(OF_THIS_COMPUTER.values()))
    here.export(race_id if of_race else here.race_runs(race_id)[1].id, tmp_path / "race")
    data = (tmp_path / "race").read_bytes()
    texts = [value for value in OF_THIS_COMPUTER.values() if isinstance(value, str)]
    assert [text for text in texts if len(text) > 10 and text.encode() in data] == []
    with closing(sqlite3.connect(tmp_path / "race")) as connection:
        connection.row_factory = sqlite3.Row
        rows = [dict(row) for row in connection.execute("SELECT * FROM runs")]
        empty = {row[1]: row[4] for row in connection.execute("PRAGMA table_info(runs)")}
    assert set(empty) == {"id", "race_id", *SENT, *OF_THIS_COMPUTER}
    new = {name: ast.literal_eval(str(empty[name])) for name in OF_THIS_COMPUTER}
    for row in rows:
        assert {name: row[name] for name in new} == new | {"heartbeat": 0.0}
        assert (row["id"], row["race_id"]) == (f"run {row['position']}", "race")


def test_names_and_notes_come_along(here: Lab, there: Lab, tmp_path: Path) -> None:
    """Also those of its runs, and of no other race; and again when what came is sent on."""
    sent, stays = race(here, 3), race(here, 3)
    first, second = here.race_runs(sent)
    note = "lr <b>0.1</b>,\n$too$ high ☹"
    for id, said in ((sent, note), (second.id, "x" * 2000), (stays, "stays here")):
        here.note(id, said)
    here.rename(sent, "mine")
    here.rename(second.id, "deeper")
    here.export(sent, tmp_path / "race")
    assert b"stays here" not in (tmp_path / "race").read_bytes()
    race_id = there.import_(tmp_path / "race")
    came = there.race_runs(race_id)
    assert [run.name for run in came] == [first.name, "deeper"]
    assert there.race_name(race_id) == "mine"
    assert there.notes() == {race_id: note, came[1].id: "x" * 2000}
    there.export(race_id, tmp_path / "again")
    there.delete(race_id)
    assert there.notes() == {}
    again = here.import_(tmp_path / "again")
    assert here.notes()[again] == note
    assert here.notes()[here.race_runs(again)[1].id] == "x" * 2000


@pytest.mark.parametrize("of_race", [False, True])
def test_name_and_note_of_a_single_run_come_along(
    here: Lab, there: Lab, tmp_path: Path, of_race: bool
) -> None:
    """It becomes a race of one, whose note it is; the race that it was in had another."""
    if of_race:
        race_id = race(here, 3)
        here.rename(race_id, "the whole")
        here.note(race_id, "of all")
        other, run = here.race_runs(race_id)
        here.note(other.id, "of the other")
        run_id = run.id
    else:
        run_id = here.start(tiny_spec(name="alone"))
        finish(here, [run_id], 3)
    here.rename(run_id, "mine")
    here.note(run_id, "of this one")
    here.export(run_id, tmp_path / "run")
    came = there.import_(tmp_path / "run")
    assert [run.name for run in there.race_runs(came)] == ["mine"]
    assert there.race_name(came) == ""
    assert there.notes() == {came: "of this one"}


def test_a_note_of_nothing_in_the_file_is_left_there(there: Lab, file: Path) -> None:
    own = str(there.list()[0].race_id)
    change(file, f"INSERT INTO notes VALUES ('{own}', 'not mine'), ('race', ' \n')")
    there.import_(file)
    assert there.notes() == {}


@pytest.mark.parametrize("of_race", [False, True])
def test_a_single_run_becomes_a_race_of_one(
    here: Lab, there: Lab, tmp_path: Path, of_race: bool
) -> None:
    if of_race:
        run_id = here.race_runs(race(here, 4))[1].id
    else:
        run_id = here.start(tiny_spec(name="alone", seed=3))
        finish(here, [run_id], 4)
    here.export(run_id, tmp_path / "run")
    (run,) = there.race_runs(there.import_(tmp_path / "run"))
    assert values(there.records(run.id)) == values(here.records(run_id))
    assert run.name == here.get(run_id).name


def test_what_is_under_way_arrives_interrupted(here: Lab, there: Lab, tmp_path: Path) -> None:
    race_id = here.race([tiny_spec(name="runs"), tiny_spec(name="over")])
    finish(here, [here.race_runs(race_id)[1].id], 2)
    here.export(race_id, tmp_path / "race")
    runs, over = there.race_runs(there.import_(tmp_path / "race"))
    assert (runs.status, runs.message) == ("interrupted", transfer._UNDER_WAY)
    assert (over.status, over.message) == ("finished", "")
    there.delete(str(runs.race_id))


def test_an_older_file_is_migrated_in_a_copy(there: Lab, tmp_path: Path) -> None:
    old = tmp_path / "old.sqlite3"
    shutil.copy(GOLDEN, old)
    change(
        old,
        "DELETE FROM records WHERE run NOT IN (SELECT position FROM runs WHERE race_id NOT NULL)",
        "DELETE FROM runs WHERE race_id IS NULL",
    )
    before = old.read_bytes()
    runs = there.race_runs(there.import_(old))
    assert old.read_bytes() == before
    shutil.copy(GOLDEN, tmp_path / FILE_NAME)
    original = Lab(tmp_path)
    sent = [run for run in original.list() if run.race_id][::-1]
    assert [run.name for run in runs] == [run.name for run in sent] == ["residual", "plain"]
    for one, other in zip(sent, runs, strict=True):
        assert values(there.records(other.id)) == values(original.records(one.id))
    assert [p.name for p in there.home.iterdir() if "import" in p.name] == []


def test_an_unreadable_spec_arrives_as_unreadable(there: Lab, file: Path) -> None:
    change(file, "UPDATE runs SET spec = json_set(spec, '$.wings', 2) WHERE name = 'sent a'")
    change(file, f"UPDATE runs SET seal = '{seal()}'")
    race_id = there.import_(file)
    (bad,) = there.unreadable()
    assert (bad.race_id, bad.name) == (race_id, "sent a")
    assert "wings" in bad.reason
    there.delete(bad.id)


def test_texts_arrive_as_they_are_for_whoever_shows_them_to_escape(there: Lab, file: Path) -> None:
    change(file, "UPDATE runs SET name = '<b>\x1b[31m $x$'")
    assert there.race_runs(there.import_(file))[0].name == "<b>\x1b[31m $x$"


def test_an_import_that_breaks_off_leaves_nothing(
    there: Lab, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(there)
    monkeypatch.setattr(transfer._Import, "end", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        there.import_(file)
    assert everything(there) == before


def test_an_import_whose_process_died_can_be_seen_and_deleted(
    there: Lab, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer._Import, "end", lambda *_: None)
    race_id = there.import_(file)
    runs: list[Run] = there.race_runs(race_id)
    assert {(run.status, run.message) for run in runs} == {("interrupted", transfer._BROKEN_OFF)}
    there.delete(race_id)


def test_an_import_that_is_deleted_meanwhile_says_so(
    there: Lab, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = transfer._Import.add

    def deleting(self: transfer._Import, *given: object) -> None:
        if there.race_runs(self.race_id):
            there.delete(self.race_id)
        add(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(transfer._Import, "add", deleting)
    with pytest.raises(ValueError, match="was deleted while it was imported"):
        there.import_(file)
    assert query(there.home, "SELECT count(DISTINCT run) FROM records") == [(2,)]


def test_exports_that_cannot_be_are_refused(here: Lab, file: Path, tmp_path: Path) -> None:
    race_id = str(here.list()[0].race_id)
    for bad in (tmp_path, tmp_path / "no" / "file", Path("/dev/null"), tmp_path / ("x" * 300)):
        with pytest.raises(ValueError, match="cannot write"):
            here.export(race_id, bad)
    assert Path("/dev/null").is_char_device()
    with pytest.raises(ValueError, match="no run or race with the id 'nothing'"):
        here.export("nothing", file)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here", "race.sqlite3"]


def test_an_export_that_fails_leaves_the_old_file(
    here: Lab, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = file.read_bytes()

    def fails(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(transfer, "_copy", fails)
    with pytest.raises(StoreError, match=r"race\.sqlite3' cannot be written: .*disk is full"):
        here.export(str(here.list()[0].race_id), file)
    assert file.read_bytes() == before
    assert not list(file.parent.glob(".*"))
    with Store(here.home).session() as connection:
        assert migrations.version(connection) == migrations.SCHEMA_VERSION


def test_a_watched_run_arrives_as_watched(here: Lab, there: Lab, tmp_path: Path) -> None:
    recording = Recording(Store(here.home), "mine", "mine.Net", 7, "cpu")
    along = {"grad_norm": Along("layer", ("a", "b", "c"))}
    recording.add(StepRecord(0, 1.0, 0.5, 0.1, {"grad_norm": np.ones(3, np.float32)}), along)
    with pytest.raises(ValueError, match="is under way; stop it"):
        here.delete(recording.run_id)
    recording.finish("finished")
    here.export(recording.run_id, tmp_path / "watched")
    (run,) = there.race_runs(there.import_(tmp_path / "watched"))
    assert (run.is_watched, run.name, run.status, run.params) == (True, "mine", "finished", 7)
    assert run.quantities == along
    assert values(there.records(run.id)) == values(here.records(recording.run_id))
    assert not there.may_steer(str(run.race_id), there.steering_key(str(run.race_id)))
    assert run in there.list()
    here.delete(recording.run_id)
    assert here.list() == []


def test_an_import_keeps_to_the_limit_and_deletes_nothing(
    there: Lab, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(there)
    monkeypatch.setenv(LIMIT_VARIABLE, "250 kB")
    with pytest.raises(ValueError, match=r"the race takes .* RESNET_VIZ_LIMIT = 250 kB leaves"):
        there.import_(file)
    assert everything(there) == before
    monkeypatch.setenv(LIMIT_VARIABLE, "1 GB")
    assert len(there.race_runs(there.import_(file))) == 2
