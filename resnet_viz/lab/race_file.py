"""A race's file from elsewhere, read value by value: nothing in it is taken as it comes."""

from __future__ import annotations

import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, get_args

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from resnet_viz.arch.config import explain, shorten
from resnet_viz.lab import header, schema
from resnet_viz.lab.quantities.quantity import Along, Axis
from resnet_viz.lab.run import WATCHED
from resnet_viz.lab.series import SCALAR_BYTES, ForeignRecordError, unpack
from resnet_viz.lab.specs import read_spec

MOST_BYTES = 2 * 10**9
MOST_RUNS = 32
_MOST_BLOB = 2**26  # bytes of a text or chunk as it is stored
_MOST_CHUNK = 2**28  # bytes of a chunk unpacked
_MOST_UNPACKED = 2**36  # bytes of all of a run's chunks unpacked
_MOST_NAMES = 10**6
_MAGIC = b"SQLite format 3\0"
_PATH = re.compile(r"[\w.:/ ()-]{1,500}")
_PORTION_ROWS, _PORTION_BYTES = 10_000, 2**23

Count = Annotated[int, Field(ge=0, lt=2**63)]
Seconds = Annotated[float, Field(allow_inf_nan=False, ge=0, lt=1e12)]
Name = Annotated[str, Field(max_length=200)]


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


class ForeignRace(BaseModel):
    """A race's row, and its runs in order."""

    model_config = ConfigDict(frozen=True, strict=True)

    created: Seconds
    name: Name
    runs: tuple[ForeignRun, ...]


class Portion(NamedTuple):
    """Rows for a table of the store, without the run's position; what they take."""

    table: str
    columns: str
    rows: Sequence[tuple[Any, ...]]
    bytes: int


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
        query = "SELECT * FROM runs ORDER BY position LIMIT ?"
        rows = source.execute(query, (MOST_RUNS + 1,)).fetchall()
        if len(rows) > MOST_RUNS:
            raise RefusalError(f"holds more than {MOST_RUNS} runs; allowed is one race")
        if not rows:
            raise _no_race()
        races = {row["race_id"] for row in rows}
        if len(races) > 1 or (None in races and len(rows) > 1):
            raise RefusalError("holds several races; allowed is one, as `runs export` writes it")
        about = source.execute("SELECT created, name FROM races WHERE id = ?", tuple(races))
        found = about.fetchone() or {"created": rows[0]["created"], "name": ""}
        try:
            runs = tuple(ForeignRun.model_validate(dict(row)) for row in rows)
            return ForeignRace.model_validate({**dict(found), "runs": runs})
        except ValueError as error:
            raise RefusalError(f"is damaged: {explain(error)}") from error


def portions(source: sqlite3.Connection, file: Path, run: ForeignRun) -> Iterator[Portion]:
    """What a run measured, checked, in portions of some megabytes.

    Raises:
        ValueError: for records that are not those of the run's net.
    """
    with named(file):
        held = _held(run)
        count = 0
        query = "SELECT step, loss, accuracy, seconds FROM records WHERE run = ? ORDER BY step"
        cursor = source.execute(query, (run.position,))
        while rows := [tuple(row) for row in cursor.fetchmany(_PORTION_ROWS)]:
            for place, row in enumerate(rows, start=count):
                _check_record(place, *row)
            count += len(rows)
            size = SCALAR_BYTES * len(rows)
            yield Portion("records", "step, loss, accuracy, seconds", rows, size)
        yield from _chunks(source, run, held, count)


def _held(run: ForeignRun) -> Mapping[str, int | None]:
    """How many values of each quantity a step has; None where nobody can say any more."""
    layers: Sequence[str] | None = ()
    if not run.header and run.host == WATCHED:
        return {}
    if not run.header:
        try:
            layers = read_spec(run.name, run.spec).layer_names
        except ValueError:
            layers = None
    try:
        held = header.read(run.header, layers or ())
    except ValueError as error:
        raise RefusalError(f"is damaged: {explain(error)}") from error
    _check_names(held)
    return {name: None if layers is None else len(along) for name, along in held.items()}


def _check_names(held: Mapping[str, Along]) -> None:
    """Names are shown in many places: no character has a meaning in any of them."""
    axes = set(held.values())
    names = [name for along in axes for name in along.names]
    are_names = all(isinstance(n, str) and _PATH.fullmatch(n) for n in (*held, *names))
    are_axes = {along.axis for along in axes} <= set(get_args(Axis))
    if not are_names or not are_axes or len(names) > _MOST_NAMES:
        raise RefusalError("is damaged: a run's header is none")


def _check_record(place: int, step: object, loss: object, accuracy: object, at: object) -> None:
    are_numbers = all(value is None or isinstance(value, float) for value in (loss, accuracy))
    if step != place or not are_numbers or not (isinstance(at, float) and isfinite(at)):
        raise RefusalError(f"is damaged: the record of step {place} is none")


@dataclass
class _Reading:
    """How far a run's chunks have been read."""

    quantity: str = ""
    last: int = -1
    unpacked: int = 0


def _chunks(
    source: sqlite3.Connection, run: ForeignRun, held: Mapping[str, int | None], count: int
) -> Iterator[Portion]:
    query = (
        "SELECT quantity, first, last, count, data FROM series WHERE run = ? "
        "ORDER BY quantity, first"
    )
    reading, rows, size = _Reading(), [], 0
    for row in source.execute(query, (run.position,)):
        _check_chunk(row, reading, held, count)
        rows.append(tuple(row))
        size += len(row["data"])
        if size >= _PORTION_BYTES or len(rows) >= _PORTION_ROWS:
            yield Portion("series", "quantity, first, last, count, data", rows, size)
            rows, size = [], 0
    if rows:
        yield Portion("series", "quantity, first, last, count, data", rows, size)


def _check_chunk(
    row: sqlite3.Row, reading: _Reading, held: Mapping[str, int | None], count: int
) -> None:
    name, first, last, steps = row["quantity"], row["first"], row["last"], row["count"]
    if name != reading.quantity:
        reading.quantity, reading.last = name, -1
    are_numbers = all(isinstance(value, int) for value in (first, last, steps))
    is_chunk = name in held and are_numbers and isinstance(row["data"], bytes)
    if not is_chunk or not (
        reading.last < first <= last < count and 1 <= steps <= last - first + 1
    ):
        raise RefusalError(f"is damaged: its {shorten(name)} is none")
    reading.last = last
    length = held[name]
    if length is None:  # a run of version 1 whose spec cannot be read: nor can its records be
        return
    unpacked = steps * (8 + 4 * length)
    reading.unpacked += unpacked
    if unpacked > _MOST_CHUNK or reading.unpacked > _MOST_UNPACKED:
        raise RefusalError(f"holds more {shorten(name)} than any run has")
    taken, _ = unpack(row, name, length)
    if (taken[0], taken[-1]) != (first, last) or not (np.diff(taken) > 0).all():
        raise RefusalError(f"is damaged: its {shorten(name)} is none")
