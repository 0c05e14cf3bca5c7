"""Runs and records on disk: one SQLite file in WAL mode, read while it is written.

Every call opens its own connection, so that threads and processes share nothing but the file.
Records come in at most every 0.1 s a worker: opening takes a fraction of a millisecond.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import platformdirs

from resnet_viz.lab.records import StepRecord

FILE_NAME = "lab.sqlite3"
SCHEMA_VERSION = 1
BUSY_SECONDS = 10.0
_FLOAT_BYTES = 4
CHECKED_BYTES = 64 * 2**20  # quick_check reads some 500 MB/s

_SCHEMA = """
CREATE TABLE runs (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    race_id TEXT,
    name TEXT NOT NULL,
    spec TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'queued',
    control TEXT NOT NULL DEFAULT 'run',
    extra_steps INTEGER NOT NULL DEFAULT 0,
    message TEXT NOT NULL DEFAULT '',
    created REAL NOT NULL,
    started REAL,
    ended REAL,
    heartbeat REAL NOT NULL,
    pid INTEGER,
    pid_created REAL,
    device TEXT NOT NULL DEFAULT '',
    params INTEGER NOT NULL,
    threads INTEGER
);
CREATE INDEX runs_by_race ON runs (race_id);
CREATE INDEX runs_by_status ON runs (status);
CREATE TABLE records (
    run INTEGER NOT NULL REFERENCES runs (position),
    step INTEGER NOT NULL,
    loss REAL,
    accuracy REAL,
    seconds REAL NOT NULL,
    layers BLOB NOT NULL,
    PRIMARY KEY (run, step)
) WITHOUT ROWID;
"""


class StoreError(RuntimeError):
    """The store cannot be used; its text is one sentence for the user."""


class CorruptStoreError(StoreError):
    """The store's file is not a sound SQLite database (any more)."""


def default_home() -> Path:
    """RESNET_VIZ_HOME, or the user's data directory."""
    home = os.environ.get("RESNET_VIZ_HOME")
    return Path(home) if home else Path(platformdirs.user_data_dir("resnet_viz", appauthor=False))


class Store:
    """The database in the folder `home`, made where there is none.

    Raises:
        StoreError: where it cannot be made, read or written, here and in every method.
    """

    def __init__(self, home: Path) -> None:
        self.home = home.absolute()
        self.file = self.home / FILE_NAME
        try:
            self.home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"the folder {home} cannot be made: {_reason(error)}") from error

    @contextmanager
    def session(self) -> Iterator[sqlite3.Connection]:
        """A connection for one thread; each statement is its own transaction."""
        try:
            with closing(self._connect()) as connection:
                yield connection
        except sqlite3.Error as error:
            raise explain_failure(error, self.file) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection in a transaction, committed at the end."""
        with self.session() as connection, transaction(connection):
            yield connection

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.file, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            if _version(connection) != SCHEMA_VERSION:
                self._make_tables(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _make_tables(self, connection: sqlite3.Connection) -> None:
        with transaction(connection):
            version = _version(connection)
            tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if version == SCHEMA_VERSION:
                return
            if version or tables:
                raise StoreError(
                    f"the store {self.file} was written by another program or version (schema "
                    f"{version}, not {SCHEMA_VERSION}); move it away, or set RESNET_VIZ_HOME to "
                    "another folder"
                )
            for statement in filter(str.strip, _SCHEMA.split(";")):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def set_aside(self) -> Path | None:
        """Rename a corrupt file (and its -wal and -shm); None where it turned out to be sound.

        Another process may have done the same a moment ago, so that the file is checked again.
        """
        if self._is_sound():
            return None
        aside = self.file.with_name(f"{FILE_NAME}.corrupt-{time.strftime('%Y%m%d-%H%M%S')}")
        while aside.exists():
            aside = aside.with_name(f"{aside.name}+")
        try:
            for ending in ("-wal", "-shm", ""):
                if (source := Path(f"{self.file}{ending}")).exists():
                    source.rename(f"{aside}{ending}")
        except OSError as error:
            raise StoreError(
                f"the store {self.file} is damaged and cannot be set aside: {_reason(error)}"
            ) from error
        return aside

    def check(self) -> None:
        """Look through the whole file where that takes no time to speak of.

        Raises:
            CorruptStoreError: for a damaged file.
        """
        with self.session() as connection:
            if self.file.stat().st_size > CHECKED_BYTES:
                return
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            reason = " ".join(found.split())
            raise CorruptStoreError(f"the store {self.file} is damaged ({reason})")

    def _is_sound(self) -> bool:
        try:
            self.check()
        except CorruptStoreError:
            return False
        return True


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """BEGIN IMMEDIATE ... COMMIT, or ROLLBACK where it raises."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


_SENTENCES = {
    sqlite3.SQLITE_FULL: "the disk that holds the store {file} is full; free some space",
    sqlite3.SQLITE_READONLY: "the store {file} is read-only; make it writable, or set "
    "RESNET_VIZ_HOME to a folder that is",
    sqlite3.SQLITE_CANTOPEN: "the store {file} cannot be opened or made; check that its folder "
    "exists and is writable, or set RESNET_VIZ_HOME to another",
    sqlite3.SQLITE_PERM: "the store {file} may not be used; check its permissions",
    sqlite3.SQLITE_BUSY: "the store {file} is held by another process; try again",
    sqlite3.SQLITE_IOERR: "the disk that holds the store {file} fails or is full",
}


def explain_failure(error: sqlite3.Error, file: Path) -> StoreError:
    """The StoreError, or CorruptStoreError, that says what `error` means for the user."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # extended codes keep the cause below
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return CorruptStoreError(f"the store {file} is damaged ({error})")
    sentence = _SENTENCES.get(code, "the store {file} cannot be used: {error}")
    return StoreError(sentence.format(file=file, error=error))


def insert_records(
    connection: sqlite3.Connection, position: int, records: Sequence[StepRecord]
) -> None:
    """Append records of the run at `position`; SQLite keeps a NaN as NULL."""
    rows = [(position, r.step, r.loss, r.accuracy, r.seconds, _pack(r)) for r in records]
    connection.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?)", rows)


def select_records(
    connection: sqlite3.Connection, position: int, since: int, layers: int
) -> list[StepRecord]:
    """The records of the run at `position` from step `since` on, in order.

    Raises:
        StoreError: where one does not have three values for each of `layers` layers.
    """
    query = (
        "SELECT step, loss, accuracy, seconds, layers FROM records "
        "WHERE run = ? AND step >= ? ORDER BY step"
    )
    return [_record(row, layers) for row in connection.execute(query, (position, since))]


def _pack(record: StepRecord) -> bytes:
    columns = (record.grad_norm, record.weight_norm, record.update_ratio)
    return np.stack(columns).astype("<f4").tobytes()


def _record(row: sqlite3.Row, layers: int) -> StepRecord:
    blob = row["layers"]
    if not isinstance(blob, bytes) or len(blob) != 3 * layers * _FLOAT_BYTES:
        raise StoreError(
            f"the record of step {row['step']} is not one of this run's net, which has {layers} "
            "weighted layers: another version wrote it, or the store was changed by hand"
        )
    columns = np.frombuffer(blob, "<f4").reshape(3, layers)
    loss, accuracy = (np.nan if v is None else v for v in (row["loss"], row["accuracy"]))
    return StepRecord(row["step"], loss, accuracy, row["seconds"], *columns)
