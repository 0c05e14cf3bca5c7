"""Files that are no race's, or are damaged, change nothing."""

from __future__ import annotations

import json
import os
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from resnet_viz.lab.lab import Lab
from resnet_viz.lab.race_file import plain_copy
from resnet_viz.store.database import FILE_NAME
from tests.lab.race_file.conftest import change, everything


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
    os.truncate(file, plain_copy.MOST_BYTES + 1)
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
    for _ in range(50):
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
