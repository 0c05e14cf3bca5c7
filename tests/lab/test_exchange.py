"""Races go from one store to another whole, and files that are no race's change nothing."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import zlib
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from resnet_viz.lab import exchange, launch, race_file, schema
from resnet_viz.lab.quantities.quantity import Along
from resnet_viz.lab.recording import Recording
from resnet_viz.lab.records import StepRecord
from resnet_viz.lab.run import Run
from resnet_viz.lab.runs import Lab
from resnet_viz.lab.series import CHUNK
from resnet_viz.lab.specs import seal
from resnet_viz.lab.store import FILE_NAME, Store, StoreError
from tests.lab.conftest import tiny_spec
from tests.lab.test_tidying import GOLDEN, finish, query, race


@pytest.fixture(autouse=True)
def no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are queued and nobody works on them."""
    monkeypatch.setattr(launch, "ensure_launcher", lambda store: None)


@pytest.fixture
def here(tmp_path: Path) -> Lab:
    return Lab(tmp_path / "here")


@pytest.fixture
def there(tmp_path: Path) -> Lab:
    """Another store, with a race of its own."""
    lab = Lab(tmp_path / "there")
    race(lab, 3, "own")
    return lab


@pytest.fixture
def file(here: Lab, tmp_path: Path) -> Path:
    """A race of two nets with some chunks and some single steps, exported."""
    race_id = race(here, 2 * CHUNK + 5, "sent")
    race(here, 2, "stays")
    here.export(race_id, tmp_path / "race.sqlite3")
    return tmp_path / "race.sqlite3"


def values(records: Sequence[StepRecord]) -> list[object]:
    return [
        (r.step, r.loss, r.accuracy, r.seconds, {k: v.tolist() for k, v in r.values.items()})
        for r in records
    ]


def everything(lab: Lab) -> list[object]:
    """All that a store says, for comparing before and after."""
    tables = ("runs", "records", "series", "races", "notes")
    return [query(lab.home, f"SELECT * FROM {table}") for table in tables]


def change(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


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
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("SELECT pid, pid_created, host, heartbeat FROM runs").fetchall()
    assert rows == [(None, None, "", 0.0)] * 2


def test_names_and_notes_come_along(here: Lab, there: Lab, tmp_path: Path) -> None:
    """Also those of its runs, and of no other race; and again when what came is sent on."""
    sent, stays = race(here, 3), race(here, 3)
    first, second = here.race_runs(sent)
    note = "lr <b>0.1</b>,\n$too$ high ☹"
    for id, said in ((sent, note), (second.id, "x" * 2000), (stays, "stays here")):  # noqa: A001
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
    assert (runs.status, runs.message) == ("interrupted", exchange._UNDER_WAY)
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


def sql(*statements: str) -> Callable[[Path], None]:
    return lambda file: change(file, *statements)


def data(make: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def act(file: Path) -> None:
        file.write_bytes(make(file.read_bytes()))

    return act


def bomb(file: Path) -> None:
    """A chunk that unpacks to a hundred times what may be."""
    whole = zlib.compress(bytes(2**26))
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("UPDATE series SET data = ? WHERE count > 1", (whole,))


def link_to_itself(file: Path) -> None:
    file.unlink()
    file.symlink_to(file)


def of_many_layers(file: Path) -> None:
    header = {"axes": [["layer", ["x"] * 2_000_000]], "held": {"grad_norm": 0}}
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("UPDATE runs SET header = ?", (json.dumps(header),))


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "none": (lambda file: file.unlink(), "is not there"),
    "a folder": (lambda file: (file.unlink(), file.mkdir()), "is no plain file"),
    "a link to itself": (link_to_itself, "is not there|cannot be read"),
    "empty": (data(lambda _: b""), "holds no race"),
    "text": (data(lambda _: b"net,step\n"), "holds no race"),
    "cut": (data(lambda whole: whole[: len(whole) // 2]), "is damaged"),
    "cut early": (data(lambda whole: whole[:100]), "is damaged|holds no race"),
    "torn": (data(lambda w: w[:8192] + bytes(8192) + w[16384:]), "is damaged|holds no race"),
    "newer": (sql("PRAGMA user_version = 99"), r"newer version \(schema 99"),
    "of version 0": (sql("PRAGMA user_version = 0"), "holds no race"),
    "of version -1": (sql("PRAGMA user_version = -1"), "holds no race"),
    "claims version 1": (sql("PRAGMA user_version = 1"), "holds no race"),
    "a view": (
        sql("ALTER TABLE runs RENAME TO r", "CREATE VIEW runs AS SELECT * FROM r"),
        "no race",
    ),
    "a trigger more": (sql("CREATE TRIGGER t AFTER INSERT ON runs BEGIN SELECT 1; END"), "no race"),
    "a column more": (sql("ALTER TABLE runs ADD COLUMN more AS (1)"), "no race"),
    "no runs": (sql("DELETE FROM runs"), "holds no race"),
    "two races": (sql("UPDATE runs SET race_id = name"), "several races"),
    "two runs": (sql("UPDATE runs SET race_id = NULL"), "several races"),
    "a long name": (sql("UPDATE runs SET name = hex(zeroblob(101))"), "at most 200"),
    "a long race's name": (sql("UPDATE races SET name = hex(zeroblob(101))"), "at most 200"),
    "a long spec": (sql("UPDATE runs SET spec = hex(zeroblob(500001))"), "at most 1000000"),
    "a status": (sql("UPDATE runs SET status = 'winning'"), "status = 'winning'"),
    "a blob": (sql("UPDATE runs SET message = x'00'"), "message = "),
    "not utf-8": (sql("UPDATE runs SET message = CAST(x'ff' AS TEXT)"), "is damaged"),
    "a time": (sql("UPDATE runs SET created = 9e999"), "created = inf"),
    "a seed": (sql("UPDATE runs SET seed = -1"), "seed = -1"),
    "a header": (sql("UPDATE runs SET header = '[]'"), "header is none"),
    "a deep header": (
        sql("UPDATE runs SET header = replace(hex(zeroblob(200000)), '0', '[')"),
        "is damaged",
    ),
    "names": (sql("UPDATE runs SET header = replace(header, '[\"', '[1,\"')"), "is damaged"),
    "a device": (sql("UPDATE runs SET device = '<b>cpu'"), "device = '<b>cpu'"),
    "markup": (sql("UPDATE runs SET header = replace(header, 'stem', '<a>')"), "header is none"),
    "a quantity of markup": (
        sql("UPDATE runs SET header = replace(header, 'grad_norm', '$x$')"),
        "header is none",
    ),
    "an axis": (sql("UPDATE runs SET header = replace(header, 'layer', 'lair')"), "is damaged"),
    "many layers": (of_many_layers, "is damaged|at most"),
    "a step more": (sql("UPDATE records SET step = 10000 WHERE step = 7"), "record of step 7"),
    "a step before": (sql("UPDATE records SET step = -1 WHERE step = 7"), "record of step 0"),
    "a loss": (sql("UPDATE records SET loss = 'low'"), "record of step 0"),
    "a second": (sql("UPDATE records SET seconds = -9e999"), "record of step 0"),
    "a quantity": (
        sql("UPDATE series SET quantity = 'gr' WHERE quantity = 'grad_norm'"),
        "'gr' is none",
    ),
    "a blob's type": (sql("UPDATE series SET data = 'text'"), "is none"),
    "chunks of zeros": (sql("UPDATE series SET data = zeroblob(99)"), "is damaged"),
    "a chunk's count": (sql("UPDATE series SET count = count - 1 WHERE count > 1"), "is damaged"),
    "a chunk's many": (sql("UPDATE series SET count = 1000000000000"), "is none"),
    "a chunk's first": (sql("UPDATE series SET first = first + 1 WHERE count > 1"), "is "),
    "a chunk's last": (sql("UPDATE series SET last = last + 1"), "is none"),
    "chunks past the end": (sql("DELETE FROM records WHERE step > 3"), "is none"),
    "no records": (sql("DELETE FROM records"), "is none"),
    "a long note": (sql(f"INSERT INTO notes VALUES ('race', '{'x' * 2001}')"), "at most 2000"),
    "a run's long note": (
        sql(f"INSERT INTO notes SELECT id, '{'x' * 2001}' FROM runs WHERE name = 'sent b'"),
        "at most 2000",
    ),
    "a note's type": (sql("INSERT INTO notes VALUES ('race', x'00')"), "note = "),
    "a run's note's type": (sql("INSERT INTO notes SELECT id, x'00' FROM runs"), "note = "),
    "a note not utf-8": (
        sql("INSERT INTO notes VALUES ('race', CAST(x'ff' AS TEXT))"),
        "is damaged",
    ),
    "a huge note": (
        sql("INSERT INTO notes VALUES ('race', CAST(zeroblob(70000000) AS TEXT))"),
        "is damaged",
    ),
    "a bomb": (bomb, "is damaged"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_is_one_sentence_and_changes_nothing(what: str, there: Lab, file: Path) -> None:
    act, said = BAD[what]
    act(file)
    before, files = everything(there), sorted(there.home.iterdir())
    with pytest.raises(ValueError, match=said) as caught:
        there.import_(file)
    sentence = str(caught.value)
    assert sentence.startswith(f"the file '{file}' ")
    assert "\n" not in sentence
    assert len(sentence) < 700
    assert everything(there) == before
    assert sorted(there.home.iterdir()) == files
    assert there.notice is None


def test_a_huge_file_is_refused_unread(there: Lab, file: Path) -> None:
    os.truncate(file, race_file.MOST_BYTES + 1)
    with pytest.raises(ValueError, match="is too large: 2,000,000,001 bytes; at most"):
        there.import_(file)


def test_a_store_with_many_races_is_no_file_of_a_race(here: Lab, there: Lab, file: Path) -> None:
    assert file.exists()
    with pytest.raises(ValueError, match="several races"):
        there.import_(here.home / FILE_NAME)


def test_any_byte_may_be_wrong(there: Lab, file: Path) -> None:
    """Some changes go unnoticed (a loss is another), none raises anything else or half a race."""
    whole = file.read_bytes()
    random = np.random.default_rng(0)
    for _ in range(150):
        broken = bytearray(whole)
        for place in random.integers(0, len(whole), 20):
            broken[place] = random.integers(0, 256)
        file.write_bytes(broken)
        before = len(there.list()) + len(there.unreadable())
        try:
            race_id = there.import_(file)
        except ValueError:
            assert len(there.list()) + len(there.unreadable()) == before
        else:
            there.delete(race_id)


def test_an_import_that_breaks_off_leaves_nothing(
    there: Lab, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(there)
    monkeypatch.setattr(exchange._Import, "end", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        there.import_(file)
    assert everything(there) == before


def test_an_import_whose_process_died_can_be_seen_and_deleted(
    there: Lab, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange._Import, "end", lambda *_: None)
    race_id = there.import_(file)
    runs: list[Run] = there.race_runs(race_id)
    assert {(run.status, run.message) for run in runs} == {("interrupted", exchange._BROKEN_OFF)}
    there.delete(race_id)


def test_an_import_that_is_deleted_meanwhile_says_so(
    there: Lab, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = exchange._Import.add

    def deleting(self: exchange._Import, *given: object) -> None:
        if there.race_runs(self.race_id):
            there.delete(self.race_id)
        add(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(exchange._Import, "add", deleting)
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

    monkeypatch.setattr(exchange, "_copy", fails)
    with pytest.raises(StoreError, match=r"race\.sqlite3' cannot be written: .*disk is full"):
        here.export(str(here.list()[0].race_id), file)
    assert file.read_bytes() == before
    assert not list(file.parent.glob(".*"))
    with Store(here.home).session() as connection:
        assert schema.version(connection) == schema.SCHEMA_VERSION


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
