"""The plain rows of a race's file from elsewhere, copied to a new file with tables of our own.

An SQLite file may hold programs: views, triggers, virtual tables, generated columns, expressions in
indexes. So its tables must be exactly ours, with nothing beside them, and of these only plain
columns are read, row after row, in the order of their keys.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from resnet_viz.store import migrations

MOST_BYTES = 2 * 10**9
MOST_BLOB = 2**26
"""Bytes of a text or chunk as it is stored."""
_MAGIC = b"SQLite format 3\0"
_KEYS = {"records": 2, "checkpoints": 2}
"""How many of the first columns are the key of a table without rowids."""
_TABLES = ("runs", "races", "records", "series", "notes", "checkpoints", "measured")
_READING = {
    *(sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_PRAGMA),
    *(sqlite3.SQLITE_TRANSACTION, sqlite3.SQLITE_FUNCTION),
}
_DEFENSIVE = 1010  # SQLITE_DBCONFIG_DEFENSIVE
_PRAGMAS = ("user_version", "quick_check", "trusted_schema", "cell_size_check", "mmap_size")


class RefusalError(ValueError):
    """What is wrong with a file, in words that follow its name."""


def no_race() -> RefusalError:
    """The file is another thing than a race's."""
    return RefusalError("holds no race; allowed is what `runs export ID -o FILE` wrote")


def check_file(file: Path) -> None:
    """RefusalError for what cannot be a race's file; it is not opened as one yet."""
    if not file.exists():
        raise RefusalError("is not there")
    if not file.is_file():
        raise RefusalError("is no plain file")
    if (size := file.stat().st_size) > MOST_BYTES:
        raise RefusalError(f"is too large: {size:,} bytes; at most {MOST_BYTES:,} are allowed")
    with file.open("rb") as stream:
        if stream.read(len(_MAGIC)) != _MAGIC:
            raise no_race()


def copy_rows(file: Path, target: Path) -> None:
    """Copy the rows of a race's file to `target`, a new file of this version's schema.

    No value has been looked at yet; but it is plain, and there is no more of it than `file` has.

    Raises:
        RefusalError, sqlite3.Error: for a file that is no race's, damaged, or of a newer version.
    """
    with closing(_connect(file)) as source, closing(_begin(target)) as copy:
        version = _check_schema(source)
        for migration in migrations.MIGRATIONS[:version]:
            migration(copy)
        copy.execute(f"PRAGMA user_version = {version}")
        left = _Room(file.stat().st_size)
        copy.execute("BEGIN")
        for table in _TABLES:
            columns = [str(row[1]) for row in copy.execute(f"PRAGMA table_info({table})")]
            if columns:
                names, places = ", ".join(columns), ", ".join("?" * len(columns))
                rows = left.counted(_rows(source, table, columns))
                query = f"INSERT INTO {table} ({names}) VALUES ({places})"
                copy.executemany(query, rows)
        copy.execute("COMMIT")
        migrations.migrate(copy)


def _connect(file: Path) -> sqlite3.Connection:
    uri = f"{file.absolute().as_uri()}?mode=ro&immutable=1"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_BLOB)
    connection.set_authorizer(_allow)
    if defend := getattr(connection, "setconfig", None):  # since Python 3.12
        defend(_DEFENSIVE, True)
    for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _allow(action: int, first: str | None, *_: str | None) -> int:
    is_other = action == sqlite3.SQLITE_PRAGMA and first not in _PRAGMAS
    if action not in _READING or is_other:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _begin(target: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(target, isolation_level=None)
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    return connection


def _check_schema(source: sqlite3.Connection) -> int:
    """The version of a file whose tables are exactly those of it."""
    version = migrations.version(source)
    if version > migrations.SCHEMA_VERSION:
        raise RefusalError(
            f"was written by a newer version (schema {version}; this one reads up to "
            f"{migrations.SCHEMA_VERSION}); update resnet_viz"
        )
    if version < 1 or _schema(source) != _own_schema(version):
        raise no_race()
    if (problem := source.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
        raise sqlite3.DatabaseError(problem)
    return version


def _schema(connection: sqlite3.Connection) -> list[tuple[str, ...]]:
    """All that the schema names, whatever it is called: also what SQLite makes by itself."""
    query = "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema"
    rows = connection.execute(query)
    return sorted((*map(str, names), "".join(str(sql).split())) for *names, sql in rows)


def _own_schema(version: int) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for migration in migrations.MIGRATIONS[:version]:
            migration(connection)
        return _schema(connection)


def _rows(source: sqlite3.Connection, table: str, columns: list[str]) -> Iterator[tuple[Any, ...]]:
    """The rows of a table in the order of its keys, each larger than the one before: the pages of a
    damaged file may lead back to each other."""
    size = _KEYS.get(table)
    key = ", ".join(columns[:size]) if size else "rowid"
    count = size or 1
    query = f"SELECT {key}, {', '.join(columns)} FROM {table} NOT INDEXED ORDER BY {key}"
    last: tuple[int, ...] = ()
    for row in source.execute(query):
        now = row[:count]
        if not all(isinstance(part, int) for part in now) or (last and now <= last):
            raise sqlite3.DatabaseError(f"the rows of {table} are in no order")
        last = now
        yield row[count:]


class _Room:
    """Bytes that rows may take: no more than the file has."""

    def __init__(self, most: int) -> None:
        self._left = most

    def counted(self, rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        for row in rows:
            self._left -= len(row) + sum(len(v) for v in row if isinstance(v, str | bytes))
            if self._left < 0:
                raise RefusalError("is damaged: it says more than it has room for")
            yield row
