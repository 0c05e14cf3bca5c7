"""Classes: what a reader's guess becomes, who may see it, and what goes after a day."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from resnet_viz.lab.lab import Lab
from resnet_viz.store.classes import class_rows
from resnet_viz.store.database import FILE_NAME

RACE = "race.0"


def rows(lab: Lab, table: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(lab.home / FILE_NAME)) as connection:
        return connection.execute(f"SELECT * FROM {table}").fetchall()


def test_each_reader_has_one_vote_and_may_change_it(lab: Lab) -> None:
    code, other = lab.open_class("only=race"), lab.open_class()
    assert lab.class_link(code) == "only=race"
    for reader in range(30):
        lab.vote(code, RACE, f"reader {reader}", "residual" if reader % 3 else "plain")
    lab.vote(code, RACE, "reader 0", "residual")
    lab.vote(code, "deeper.0", "reader 0", [2.25, 1.5])
    assert sorted(map(str, lab.votes(code, RACE))) == ["plain"] * 9 + ["residual"] * 21
    assert lab.votes(code, "deeper.0") == [[2.25, 1.5]]
    assert lab.votes(other, RACE) == []


def test_a_code_has_no_letters_that_look_alike(lab: Lab) -> None:
    codes = {lab.open_class() for _ in range(40)}
    assert len(codes) == 40
    assert {len(code) for code in codes} == {6}
    assert not set("".join(codes)) & set("0O1IL2Z5S8BAEU")


def test_nothing_of_a_reader_is_kept_and_no_two_classes_can_be_joined(lab: Lab) -> None:
    codes = [lab.open_class() for _ in range(2)]
    for code in codes:
        lab.vote(code, RACE, "feedbeef" * 4, "plain")
    assert b"feedbeef" not in b"".join(file.read_bytes() for file in lab.home.glob("lab.sqlite3*"))
    readers = {row[2] for row in rows(lab, "class_votes")}
    assert len(readers) == 2


def test_without_the_code_of_an_open_class_nothing_can_be_learnt_or_changed(lab: Lab) -> None:
    code = lab.open_class()
    for wrong in ("", "NNNNNN", code.lower()):
        for act in (lab.class_link, lambda one: lab.votes(one, RACE)):
            with pytest.raises(ValueError, match="no class with the code"):
                act(wrong)
        with pytest.raises(ValueError, match="no class with the code"):
            lab.vote(wrong, RACE, "reader", "plain")
    assert rows(lab, "class_votes") == []


def test_a_class_goes_after_a_day_with_its_votes(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    code = lab.open_class()
    lab.vote(code, RACE, "reader", "plain")
    monkeypatch.setattr(class_rows, "KEPT_SECONDS", -1.0)
    with pytest.raises(ValueError, match="a class is closed after a day"):
        lab.votes(code, RACE)
    assert rows(lab, "class_votes")
    monkeypatch.setattr(class_rows, "KEPT_SECONDS", 60.0)
    with closing(sqlite3.connect(lab.home / FILE_NAME)) as connection, connection:
        connection.execute("UPDATE classes SET created = created - 61")
    kept = lab.open_class()
    assert [row[0] for row in rows(lab, "classes")] == [kept]
    assert rows(lab, "class_votes") == []


def test_bounds(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = [lab.open_class(asker="ann") for _ in range(class_rows.MOST_OPEN)]
    with pytest.raises(ValueError, match="you have 10 classes open"):
        lab.open_class(asker="ann")
    lab.close_class(mine[0])
    lab.open_class(asker="ann")
    code = lab.open_class(asker="bob")
    monkeypatch.setattr(class_rows, "MOST_READERS", 2)
    for reader in "ab":
        lab.vote(code, RACE, reader, "plain")
    with pytest.raises(ValueError, match="2 readers"):
        lab.vote(code, "deeper.0", "c", "plain")
    lab.vote(code, RACE, "a", "residual")
    for prediction, guess in (("Nonsense!", "plain"), (RACE, "x" * 3000), (RACE, [float("nan")])):
        with pytest.raises(ValueError, match=r"cannot be counted|not JSON compliant"):
            lab.vote(code, prediction, "a", guess)
    assert sorted(map(str, lab.votes(code, RACE))) == ["plain", "residual"]
    with pytest.raises(ValueError, match="the link has"):
        lab.open_class("x" * 2001)


def test_a_race_file_takes_no_class_along(lab: Lab, tmp_path: Path) -> None:
    from tests.labs import tiny_spec

    race_id = lab.race([tiny_spec()])
    lab.vote(lab.open_class(), RACE, "reader", "plain")
    lab.stop(race_id)
    lab.export(race_id, tmp_path / "race.sqlite3")
    with closing(sqlite3.connect(tmp_path / "race.sqlite3")) as connection:
        for table in ("classes", "class_votes"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0
