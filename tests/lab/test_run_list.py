"""A list of many runs reads no specs, and still tells those that cannot be read."""

from __future__ import annotations

import json
import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest

from resnet_viz.cli.commands.runs import show_runs
from resnet_viz.lab import run_list
from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler import launcher_client
from resnet_viz.store import stored_spec
from resnet_viz.store.database import Store, StoreError
from resnet_viz.store.run import COLUMNS, Run, why_unreadable
from resnet_viz.store.runs_table import IS_OVER, OVER, TYPES, are_sound, fault_of
from resnet_viz.ui.pages.runs.cells import row_of
from resnet_viz.ui.pages.runs.groups import groups
from tests.labs import tiny_spec
from tests.scheduler.test_retention import finish, query


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """Two runs that are over and one that waits, and nobody works on it."""
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    lab = Lab(tmp_path)
    ids = [lab.start(tiny_spec(name=name, seed=7)) for name in ("a", "b", "c")]
    finish(lab, ids[:2], 3)
    return lab


def change(lab: Lab, what: str) -> None:
    with Store(lab.home).writing() as connection:
        connection.execute(f"UPDATE runs SET {what}")


def no_reading(*_: object) -> str:
    raise AssertionError("a spec was read")


def test_a_list_says_what_one_run_says(lab: Lab) -> None:
    listed = lab.list()
    assert [run.name for run in listed] == ["c", "b", "a"]
    assert [run.steps_done for run in listed] == [0, 3, 3]
    for run in listed:
        alone = lab.get(run.id)
        assert run == alone
        assert run != alone._replace(status="paused")
        assert run.spec == alone.spec == tiny_spec(name=run.name, seed=7)
        assert run.quantities == alone.quantities


def test_a_list_reads_no_spec_unless_it_is_asked_for(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.list()
    with monkeypatch.context() as patch:
        patch.setattr(run_list, "_read_texts", no_reading)
        patch.setattr(run_list, "why_unreadable", no_reading)
        patch.setattr(run_list, "fault_of", no_reading)  # rows that are sound are not gone through
        runs = lab.list()
        assert len(runs) == 3
        assert lab.unreadable() == []
    assert runs[1].spec.seed == 7
    plan = f"EXPLAIN QUERY PLAN {run_list._OVER}"
    assert "USING COVERING INDEX runs_listed" in str(query(lab.home, plan))


def test_a_run_of_a_list_reads_a_few_texts(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some neighbours' with its own: not those of thousands, and not each by itself."""
    monkeypatch.setattr(run_list, "_TOGETHER", 4)
    for _ in range(8):
        lab.start(tiny_spec(seed=7))
    finish(lab, [run.id for run in lab.list() if not run.is_over], 3)
    for runs in (lab.list(), lab.list()[::-1]):
        texts = runs[0].texts
        assert runs[0].spec.seed == 7
        assert 1 <= len(texts) <= 4
        assert all(run.spec.seed == 7 for run in runs)
        assert len(texts) == len(runs) == 11
    reads: list[str] = []
    read = run_list._read_texts

    def counted(store: Store, run_id: str) -> object:
        reads.append(run_id)
        return read(store, run_id)

    monkeypatch.setattr(run_list, "_read_texts", counted)
    for runs in (lab.list(), lab.list()[::-1]):
        assert all(run.quantities for run in runs)
    assert len(reads) <= 6


def test_rows_are_looked_through_together_as_each_by_itself(lab: Lab) -> None:
    """Of a sound row and one with a value of any kind: what is found of one is found of both."""
    connection = sqlite3.connect(lab.home / "lab.sqlite3")
    connection.row_factory, connection.text_factory = (
        sqlite3.Row,
        lambda data: data.decode("latin1"),
    )
    (sound,) = connection.execute("SELECT * FROM runs WHERE name = 'a'")
    names = tuple(sound.keys())
    assert are_sound(names, [])
    assert are_sound(names, [sound, sound])
    found = set()
    for name in names:
        for value in (*WRONG, "0", "-0.5", "3000000000", "'queued'", "' x'"):
            others = ", ".join(value if name == other else other for other in names)
            query = f"SELECT {others} FROM runs WHERE name = 'a'"
            (row,) = connection.execute(query)
            is_sound = not fault_of(names, tuple(row))
            assert are_sound(names, [sound, row, sound]) is is_sound, (name, value)
            found.add((name, is_sound))
    assert {(name, False) for name in TYPES} <= found
    assert ("message", True) in found
    connection.close()


def test_the_index_has_what_a_list_reads() -> None:
    assert "message" in COLUMNS
    assert all(f"'{status}'" in IS_OVER for status in OVER)
    assert IS_OVER.count("'") == 2 * len(OVER)


def test_a_spec_that_was_changed_is_read_again(lab: Lab) -> None:
    lab.list()
    change(lab, "spec = json_set(spec, '$.wings', 2) WHERE name = 'a'")
    assert [run.name for run in lab.list()] == ["c", "b"]
    (unreadable,) = lab.unreadable()
    assert (unreadable.name, unreadable.bytes > 0) == ("a", True)
    assert "wings" in unreadable.reason
    change(lab, "spec = json_remove(spec, '$.wings') WHERE name = 'a'")
    assert len(lab.list()) == 3


def test_what_another_version_sealed_is_read_once(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(lab, "seal = 'of another version'")
    change(lab, "spec = '{' WHERE name = 'b'")
    assert [run.name for run in lab.list()] == ["c", "a"]
    assert query(
        lab.home, "SELECT name FROM runs WHERE seal = ? ORDER BY name", stored_spec.seal()
    ) == [
        ("a",),
        ("c",),
    ]
    read: list[str] = []

    def reading(run: Run) -> str:
        read.append(run.name)
        return why_unreadable(run)

    monkeypatch.setattr(run_list, "why_unreadable", reading)
    assert len(lab.list()) == 2
    assert read == ["b"]


def test_a_run_deleted_since_says_so(lab: Lab) -> None:
    run = lab.list()[1]
    lab.delete(run.id)
    with pytest.raises(ValueError, match="was deleted since the list was read"):
        _ = run.spec


def test_runs_and_races_are_renamed(lab: Lab) -> None:
    race_id = lab.race([tiny_spec(name="x"), tiny_spec(name="y")])
    second = lab.race_runs(race_id)[1]
    assert lab.race_name(race_id) == ""
    lab.rename(second.id, "z" * 200)
    lab.rename(race_id, "deep & <b>narrow</b>")
    assert [run.name for run in lab.race_runs(race_id)] == ["x", "z" * 200]
    assert lab.get(second.id).spec.name == "y"
    assert lab.race_name(race_id) == "deep & <b>narrow</b>"
    assert query(lab.home, "SELECT contestants FROM races") == [(f'["x","{"z" * 200}"]',)]
    for bad in ("", "  ", "z" * 201):
        with pytest.raises(ValueError, match="allowed are 1 to 200 characters"):
            lab.rename(second.id, bad)
    for act in (lambda: lab.rename("nobody", "name"), lambda: lab.race_name("nobody")):
        with pytest.raises(ValueError, match="no run or race with the id 'nobody'"):
            act()


WRONG = ("9e11", "-1.0", "9e999", "'x'", "x'00ff'", "CAST(x'ff' AS TEXT)", "1e308", "''", "NULL")
MORE_COLUMNS = ("seal", "control", "spec", "header", "heartbeat", "pid", "pid_created")


@pytest.mark.parametrize("state", ["finished", "queued"])
def test_a_list_survives_any_damaged_value(
    lab: Lab, state: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each in a row of its own, of runs that are over or wait: listed, and deleted."""
    monkeypatch.setenv("RESNET_VIZ_HOME", str(lab.home))
    kept = {run.id for run in lab.list()}
    run_id = lab.start(tiny_spec(name="bad"))
    own = [name for (name,) in query(lab.home, "SELECT name FROM pragma_table_info('runs')")]
    others = ", ".join(name for name in own if name not in ("position", "id", "status"))
    damaged = 0
    for column in (*COLUMNS, *MORE_COLUMNS):
        for value in WRONG:
            copy = f"INSERT INTO runs (id, status, {others}) SELECT 'new', '{state}', {others} "
            with suppress(StoreError), Store(lab.home).writing() as connection:  # not NOT NULL
                connection.execute(f"{copy} FROM runs WHERE id = ?", (run_id,))
                place = "WHERE id = 'new' RETURNING position"
                change = f"UPDATE runs SET {column} = {value} {place}"
                position = connection.execute(change).fetchone()[0]
                name = f"bad-{column}-{position}"
                connection.execute("UPDATE runs SET id = ? WHERE id = 'new'", (name,))
                damaged += 1
    lab.stop(run_id)
    lab.delete(run_id)
    listed = [run for run in lab.everything() if run.id not in kept]
    assert len(listed) == damaged > 180
    assert all(isinstance(lab.get(known), Run) for known in kept)
    shown = groups(lab.everything(), lab.race_names(), lab.notes())
    assert all(row_of(group, {}, 0.0)["date"] and group.title is not None for group in shown)
    show_runs(as_json=True)
    said = capsys.readouterr().out
    assert all(json.dumps(run.id) in said for run in listed)
    show_runs(as_json=False)
    for run in listed:
        with suppress(ValueError):  # whose row nobody can tell what it is of
            lab.stop(run.id)
        lab.delete(run.id)
    assert {run.id for run in lab.everything()} == kept


def test_what_a_damaged_id_names_is_not_deleted(lab: Lab) -> None:
    """Logs and weights are found by a run's id: that of a damaged row may be any path."""
    (lab.home / "checkpoints" / "x").mkdir(parents=True)
    (lab.home / "logs").mkdir(exist_ok=True)
    for bad in ("''", "'..'", "'x/..'", "'../logs'"):
        run_id = lab.start(tiny_spec(name="bad"))
        change(lab, f"status = 'finished', id = {bad} WHERE id = '{run_id}'")
        (run,) = (run for run in lab.everything() if run.name == "bad")
        lab.delete(run.id)
    assert (lab.home / "checkpoints" / "x").exists()
    assert (lab.home / "logs").exists()
