"""A race's file from elsewhere, read value by value: nothing in it is taken as it comes."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from resnet_viz.arch.config import explain, shorten
from resnet_viz.lab import schema
from resnet_viz.lab.series import ForeignRecordError
from resnet_viz.lab.tidying import MOST_CHARACTERS, MOST_OF_A_NOTE

MOST_BYTES = 2 * 10**9
MOST_RUNS = 32
_MOST_BLOB = 2**26  # bytes of a text or chunk as it is stored
_MAGIC = b"SQLite format 3\0"
_NOTE = "coalesce((SELECT note FROM notes WHERE notes.id = {}.id), '') AS note"

Count = Annotated[int, Field(ge=0, lt=2**63)]
Seconds = Annotated[float, Field(allow_inf_nan=False, ge=0, lt=1e12)]
Name = Annotated[str, Field(max_length=MOST_CHARACTERS)]
Note = Annotated[str, Field(max_length=MOST_OF_A_NOTE)]


class ForeignRun(BaseModel):
    """A run's row: what is taken over of it."""

    model_config = ConfigDict(frozen=True, strict=True)

    position: Count
    name: Name
    spec: Annotated[str, Field(max_length=10**6)]
    header: Annotated[str, Field(max_length=2**24)]
    status: Literal["queued", "running", "paused", "stopped", "finished", "failed", "interrupted"]
    message: Annotated[str, Field(max_length=10_000)]
    created: Seconds
    started: Seconds | None
    ended: Seconds | None
    device: Annotated[str, Field(max_length=100, pattern=r"^[\w:. -]*$")]
    params: Count
    threads: Count | None
    contestant: Count
    seed: Count
    steps: Count
    host: Name
    note: Note


class ForeignRace(BaseModel):
    """A race's row, and its runs in order."""

    model_config = ConfigDict(frozen=True, strict=True)

    created: Seconds
    name: Name
    note: Note
    runs: tuple[ForeignRun, ...]


class RefusalError(ValueError):
    """What is wrong with a file, in words that follow its name."""


@contextmanager
def named(file: Path) -> Iterator[None]:
    """What goes wrong while `file` is read is one sentence that names it."""
    name = shorten(str(file), 200)
    try:
        yield
    except RefusalError as error:
        raise ValueError(f"the file {name} {error}") from error
    except (sqlite3.Error, ForeignRecordError) as error:
        raise ValueError(f"the file {name} is damaged: {explain(ValueError(error))}") from error
    except OSError as error:
        raise ValueError(f"the file {name} cannot be read: {error.strerror or error}") from error
    except RecursionError as error:
        raise ValueError(f"the file {name} is damaged: it is nested too deeply") from error


@contextmanager
def opened(file: Path, home: Path) -> Iterator[sqlite3.Connection]:
    """A connection to the file that changes nothing; of an older version to a copy, in `home`.

    Raises:
        ValueError: for a file that is no race's, damaged, huge or of a newer version.
    """
    with tempfile.TemporaryDirectory(dir=home, prefix="import-") as folder:
        with named(file):
            _check_file(file)
            connection = _connect(file)
            if (version := schema.version(connection)) != schema.SCHEMA_VERSION:
                connection.close()
                copy = Path(folder) / "copy.sqlite3"
                shutil.copyfile(file, copy)
                _migrate(copy)
                connection = _connect(copy)
                assert version < schema.SCHEMA_VERSION
        with closing(connection):
            yield connection


def _check_file(file: Path) -> None:
    if not file.exists():
        raise RefusalError("is not there")
    if not file.is_file():
        raise RefusalError("is no plain file")
    if (size := file.stat().st_size) > MOST_BYTES:
        raise RefusalError(f"is too large: {size:,} bytes; at most {MOST_BYTES:,} are allowed")
    with file.open("rb") as stream:
        if stream.read(len(_MAGIC)) != _MAGIC:
            raise _no_race()


def _no_race() -> RefusalError:
    return RefusalError("holds no race; allowed is what `runs export ID -o FILE` wrote")


def _connect(file: Path) -> sqlite3.Connection:
    """Read-only, and only where the tables are ours: a table may hide a program."""
    uri = f"{file.absolute().as_uri()}?mode=ro&immutable=1"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None)
    try:
        connection.row_factory = sqlite3.Row
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MOST_BLOB)
        connection.execute("PRAGMA trusted_schema = OFF")
        version = schema.version(connection)
        if version > schema.SCHEMA_VERSION:
            raise RefusalError(
                f"was written by a newer version (schema {version}; this one reads up to "
                f"{schema.SCHEMA_VERSION}); update resnet_viz"
            )
        if version < 1 or _tables(connection) != _own_tables(version):
            raise _no_race()
        if (found := connection.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
            raise sqlite3.DatabaseError(found)
    except BaseException:
        connection.close()
        raise
    return connection


def _tables(connection: sqlite3.Connection) -> set[tuple[str, str, str]]:
    query = "SELECT type, name, coalesce(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite%'"
    return {(kind, name, "".join(sql.split())) for kind, name, sql in connection.execute(query)}


def _own_tables(version: int) -> set[tuple[str, str, str]]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for migration in schema.MIGRATIONS[:version]:
            migration(connection)
        return _tables(connection)


def _migrate(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MOST_BLOB)
        connection.execute("PRAGMA journal_mode = OFF")
        schema.migrate(connection)


def read_race(source: sqlite3.Connection, file: Path) -> ForeignRace:
    """The race in the file, its rows checked; the records are for `portions`.

    Raises:
        ValueError: for none or several, or a value that cannot be.
    """
    with named(file):
        query = f"SELECT *, {_NOTE.format('runs')} FROM runs ORDER BY position LIMIT ?"
        rows = source.execute(query, (MOST_RUNS + 1,)).fetchall()
        if len(rows) > MOST_RUNS:
            raise RefusalError(f"holds more than {MOST_RUNS} runs; allowed is one race")
        if not rows:
            raise _no_race()
        races = {row["race_id"] for row in rows}
        if len(races) > 1 or (None in races and len(rows) > 1):
            raise RefusalError("holds several races; allowed is one, as `runs export` writes it")
        query = f"SELECT created, name, {_NOTE.format('races')} FROM races WHERE id = ?"
        about = source.execute(query, tuple(races)).fetchone()
        found = about or {"created": rows[0]["created"], "name": "", "note": ""}
        try:
            runs = tuple(ForeignRun.model_validate(dict(row)) for row in rows)
            return ForeignRace.model_validate({**dict(found), "runs": runs})
        except ValueError as error:
            raise RefusalError(f"is damaged: {explain(error)}") from error
