"""Damaged stores: what is sound comes back, with SQLite's own recovery and without it."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from random import Random

import numpy as np
import pytest

from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler import launcher_client
from resnet_viz.store import database
from resnet_viz.store.database import FILE_NAME, Store, StoreError, WalFile
from resnet_viz.store.recovery import recover
from resnet_viz.store.recovery.pages import page_rows
from tests.labs import tiny_spec
from tests.scheduler.test_retention import query, race

PAGE = 4096


@pytest.fixture(autouse=True)
def no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are queued and nobody works on them."""
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)


@pytest.fixture
def full(tmp_path: Path) -> Lab:
    """A store with ten races of two runs, some with a note."""
    lab = Lab(tmp_path)
    for number in range(10):
        race_id = race(lab, 20 + number, f"race {number}")
        lab.note(race_id, f"note {number}")
    return lab


def told(lab: Lab) -> dict[str, list[object]]:
    """What each run says and measured."""
    return {
        run.id: [
            run._replace(bytes=0),
            *((r.step, r.loss, r.values["grad_norm"].tolist()) for r in lab.records(run.id)),
        ]
        for run in lab.list()
    }


def pages_of(home: Path, table: str) -> list[int]:
    """The leaf pages of a table, by SQLite's own account where it has one, else by their rows."""
    file = home / FILE_NAME
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = file.read_bytes()
    found = []
    for number in range(1, len(data) // PAGE + 1):
        page = data[(number - 1) * PAGE : number * PAGE]
        kind = page[100 if number == 1 else 0]
        if kind == 13 and table.encode() in page:
            found.append(number)
    return found


def damage(home: Path, number: int) -> None:
    with (home / FILE_NAME).open("r+b") as file:
        file.seek((number - 1) * PAGE)
        file.write(os.urandom(PAGE))


@pytest.fixture(params=["sqlite3", "pages"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With the program sqlite3, and where it is not installed."""
    if request.param == "pages":
        monkeypatch.setattr(recover.shutil, "which", lambda _: None)  # type: ignore[attr-defined]
    elif shutil.which("sqlite3") is None:
        pytest.skip("the program sqlite3 is not installed")
    return str(request.param)


@pytest.mark.usefixtures("way")
def test_one_bad_page_costs_what_was_on_it_and_no_more(full: Lab) -> None:
    before, notes = told(full), full.notes()
    bad = pages_of(full.home, "race 4 a")[-1]
    damage(full.home, bad)
    lab = Lab(full.home)
    assert "runs recover" in str(lab.notice)
    assert lab.list() == []
    (done,) = lab.recover()
    after = told(lab)
    assert len(after) >= len(before) - 4, "a page of this size has at most four specs"
    assert len(after) == done.runs < len(before)
    assert all(after[run_id] == before[run_id] for run_id in after)
    assert done.lost
    assert {k: v for k, v in notes.items() if k in lab.notes()} == lab.notes()
    assert lab.recover() == []
    assert not list(full.home.glob("*corrupt*"))


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("page", [1, 2, 3, 5])
def test_a_store_without_its_first_pages_comes_back(full: Lab, page: int) -> None:
    """The first has the table of tables, the next the roots of trees."""
    before = told(full)
    pages_of(full.home, "")
    damage(full.home, page)
    lab = Lab(full.home)
    if lab.notice is None:
        pytest.skip("nothing needs this page")
    lab.recover()
    after = told(lab)
    assert len(after) >= len(before) - 4
    same = sum(after[run_id] == before[run_id] for run_id in after)
    assert same >= len(before) - 6


def test_what_sqlite_stumbles_over_is_not_printed(
    full: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "sqlite3"
    program.write_text("#!/bin/sh\necho 'sql error: logic' >&2\nexit 1\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr("shutil.which", lambda _: str(program))
    damage(full.home, 1)
    assert Lab(full.home).recover()
    assert "sql error" not in capfd.readouterr().err


def test_garbage_that_looks_like_a_page_breaks_nothing(full: Lab) -> None:
    """One random page in a hundred begins as one of SQLite's does."""
    sound = len(list(page_rows(full.home / FILE_NAME)))
    pages_of(full.home, "")
    whole = (full.home / FILE_NAME).read_bytes()
    for seed in range(150):
        random = Random(seed)
        garbage = bytearray(random.randbytes(PAGE))
        garbage[0] = garbage[100] = random.choice((2, 10, 13))
        (full.home / FILE_NAME).write_bytes(whole[:PAGE] + bytes(garbage) + whole[2 * PAGE :])
        assert len(list(page_rows(full.home / FILE_NAME))) > sound / 2


@pytest.mark.usefixtures("way")
def test_what_was_begun_since_stays_and_nothing_comes_twice(full: Lab) -> None:
    before = set(told(full))
    whole = (full.home / FILE_NAME).read_bytes()
    damage(full.home, 1)
    lab = Lab(full.home)
    new = lab.start(tiny_spec())
    lab.recover()
    found = {run.id for run in lab.list()}
    assert new in found
    assert found - {new} <= before
    (full.home / f"{recover.CORRUPT}again").write_bytes(whole)
    lab.recover()
    assert {run.id for run in lab.list()} == before | {new}
    counts = query(lab.home, "SELECT count(*), count(DISTINCT run) FROM records")
    assert counts[0][1] == len(before)


def test_pages_say_what_sqlite_says(full: Lab) -> None:
    """Of a sound file, with a part of it in its -wal: each row of each table, none that is gone."""
    full.delete(str(full.list()[3].race_id))
    with Store(full.home).session() as connection:
        race(full, 300, "long", layers=60)
        copies = [Path(f"{full.home / FILE_NAME}{end}") for end in ("", "-wal")]
        assert copies[1].stat().st_size > 0
        found = recover._SoundRows.of(
            row for row in (recover._by_shape(*r) for r in page_rows(copies[0])) if row
        )
        for table, keys in recover._KEYS.items():
            rows = connection.execute(f"SELECT * FROM {table}").fetchall()
            expected = {tuple(row[key] for key in keys): dict(row) for row in rows}
            assert found.tables[table] == expected, table


@pytest.mark.parametrize("table", ["series", "records"])
def test_a_flipped_value_is_noticed_and_costs_its_chunk_alone(full: Lab, table: str) -> None:
    before = told(full)
    run = full.list()[4]
    with Store(full.home).writing() as connection:
        of = "run = (SELECT position FROM runs WHERE id = ?)"
        change = "loss = loss + 0.5" if table == "records" else "data = zeroblob(length(data))"
        at = "step = 3" if table == "records" else "quantity = 'grad_norm' AND first <= 3"
        changed = connection.execute(f"UPDATE {table} SET {change} WHERE {of} AND {at}", (run.id,))
        assert changed.rowcount == 1
    lab = Lab(full.home)
    records = lab.records(run.id)
    assert "is left out" in str(lab.notice)
    assert run.id in str(lab.notice)
    assert len(records) == len(before[run.id]) - 1
    if table == "records":
        assert [r.step for r in records if np.isnan(r.loss)] == [3]
    else:
        assert all(np.isnan(r.values["grad_norm"]).all() for r in records)
        assert not any(np.isnan(r.values["weight_norm"]).any() for r in records)
    lab.notice = None
    for other in lab.list():
        if other.id != run.id:
            lab.records(other.id)
    assert lab.notice is None


def test_a_store_of_no_bytes_is_said_and_one_that_is_being_made_is_not(tmp_path: Path) -> None:
    race(Lab(tmp_path), 3)
    os.truncate(tmp_path / FILE_NAME, 0)
    lab = Lab(tmp_path)
    assert "is empty (0 bytes)" in str(lab.notice)
    assert lab.list() == []
    assert Lab(tmp_path).notice is None
    assert Lab(tmp_path / "new").notice is None


def test_a_file_in_the_folders_place_is_said(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for home in (file, file / "deeper" / "still"):
        with pytest.raises(StoreError, match=f"{file} is a file; set RESNET_VIZ_HOME"):
            Lab(home)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX locks")
def test_who_holds_the_store_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab(tmp_path)
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
    code = (
        "import sqlite3, sys, time; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute('BEGIN IMMEDIATE'); print('held', flush=True); time.sleep(60)"
    )
    holding = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / FILE_NAME)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holding.stdout is not None
        holding.stdout.readline()
        with pytest.raises(StoreError, match=rf"is held by .*process {holding.pid} \(") as caught:
            lab.start(tiny_spec())
        assert "suspended" not in str(caught.value)
        holding.send_signal(signal.SIGSTOP)
        time.sleep(0.1)
        with pytest.raises(StoreError, match="which is suspended: let it go on, or end it"):
            lab.start(tiny_spec())
    finally:
        holding.kill()
        holding.communicate()
    assert lab.start(tiny_spec())


def test_a_wal_file_that_is_deleted_is_noticed(tmp_path: Path) -> None:
    Lab(tmp_path)
    with Store(tmp_path).session() as connection:
        connection.execute("SELECT * FROM runs").fetchall()
        wal = WalFile(tmp_path)
        assert not wal.is_replaced()
        (tmp_path / f"{FILE_NAME}-wal").unlink()
        assert wal.is_replaced()
        (tmp_path / f"{FILE_NAME}-wal").write_bytes(b"")
        assert wal.is_replaced()
