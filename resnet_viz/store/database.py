"""Store: runs and records in one SQLite file in WAL mode, read while it is written.

Every call opens its own connection, so that threads and processes share nothing but the file.
Records come in at most every 0.1 s a worker: opening takes a fraction of a millisecond.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import platformdirs

from resnet_viz.store import migrations
from resnet_viz.store.lock_holder import holder
from resnet_viz.store.migrations import transaction

FILE_NAME = "lab.sqlite3"
BUSY_SECONDS = 10.0
_MAKING_SECONDS = 1.0
CHECKED_BYTES = 64 * 2**20  # quick_check reads some 500 MB/s


class StoreError(RuntimeError):
    """The store cannot be used; the message is one sentence for the user."""


class CorruptStoreError(StoreError):
    """The store's file is not a sound SQLite database (any more)."""


def default_home() -> Path:
    """The default folder: RESNET_VIZ_HOME, or one in the user's data directory."""
    home = os.environ.get("RESNET_VIZ_HOME")
    return Path(home) if home else Path(platformdirs.user_data_dir("resnet_viz", appauthor=False))


class Store:
    """The database in the folder `home`, created if there is none.

    Raises:
        StoreError: where it cannot be made, read or written, here and in every method.
    """

    def __init__(self, home: Path) -> None:
        self.home = home.absolute()
        self.file = self.home / FILE_NAME
        try:
            self.home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(_no_folder(self.home, error)) from error

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
        if self._is_empty():
            raise CorruptStoreError(
                f"the store {self.file} is empty (0 bytes): its runs are no longer in it"
            )
        connection = sqlite3.connect(self.file, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            connection.row_factory = sqlite3.Row
            # A text as far as it is one: a damaged one must not hide the others.
            connection.text_factory = lambda data: data.decode("utf-8", "replace")
            if migrations.version(connection) != migrations.SCHEMA_VERSION:
                self._refuse_others(connection)
                # Before the file's first page: the space of what is deleted can be given back.
                connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            migrations.migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _is_empty(self) -> bool:
        """Whether the file was cut to nothing; one that is being made is so for a moment."""
        until = time.monotonic() + _MAKING_SECONDS
        while _size(self.file) == 0:
            if time.monotonic() > until:
                return True
            time.sleep(0.02)
        return False

    def _refuse_others(self, connection: sqlite3.Connection) -> None:
        """StoreError for what is not ours to change; nothing has been written yet."""
        version = migrations.version(connection)
        move = "move it away, or set RESNET_VIZ_HOME to another folder"
        if version > migrations.SCHEMA_VERSION:
            raise StoreError(
                f"the store {self.file} was written by a newer version (schema {version}; this one "
                f"reads up to {migrations.SCHEMA_VERSION}); update resnet_viz, {move}"
            )
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if not version and tables:
            # Another process may have begun it a moment ago.
            if migrations.version(connection):
                return
            raise StoreError(f"the store {self.file} was written by another program; {move}")

    def set_aside(self, *, whole: bool = False) -> Path | None:
        """Rename a corrupt file (and its -wal and -shm); None if it turns out to be sound.

        Another process may have done the same a moment ago, so that the file is checked again;
        a large one as a `whole` if that is asked for.
        """
        if self._is_sound(whole=whole):
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

    def check(self, *, whole: bool = False) -> None:
        """Look through the whole file where that takes no time to speak of, or is asked for.

        Raises:
            CorruptStoreError: for a damaged file.
        """
        with self.session() as connection:
            if self.file.stat().st_size > CHECKED_BYTES and not whole:
                return
            problem = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if problem != "ok":
            reason = " ".join(problem.split())
            raise CorruptStoreError(f"the store {self.file} is damaged ({reason})")

    def _is_sound(self, *, whole: bool) -> bool:
        try:
            self.check(whole=whole)
        except CorruptStoreError:
            return False
        return True


class WalFile:
    """The store's -wal file at a moment: says whether it still is the same one.

    What a connection that is open writes to a file that was deleted nobody else will ever see.
    """

    def __init__(self, home: Path) -> None:
        self._file = home / f"{FILE_NAME}-wal"
        self._identity_then = self._identity()

    def is_replaced(self) -> bool:
        """Whether the file is gone, or is another one."""
        return self._identity() != self._identity_then

    def _identity(self) -> tuple[int, int] | None:
        try:
            status = self._file.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino


def last_write(home: Path) -> Sequence[tuple[int, int]]:
    """What another write changes: time and size of the store's files. It takes microseconds."""
    found = []
    for name in (FILE_NAME, f"{FILE_NAME}-wal"):
        with suppress(OSError):
            status = (home / name).stat()
            found.append((status.st_mtime_ns, status.st_size))
    return found


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _no_folder(home: Path, error: OSError) -> str:
    """Why a store's folder cannot be made: a file may be in its place, or in that of one above."""
    for path in (home, *home.parents):
        if path.exists() and not path.is_dir():
            return (
                f"the folder {home} cannot be made: {path} is a file; set RESNET_VIZ_HOME to a "
                "folder, or to a name that is not taken"
            )
    return f"the folder {home} cannot be made: {_reason(error)}"


def _size(file: Path) -> int | None:
    try:
        return file.stat().st_size
    except OSError:
        return None


_CUT = (
    "the store {file} is shorter than it was: its file {file}-wal was deleted or replaced while "
    "programs use it; those of resnet_viz notice it within a second, so try again"
)
_SENTENCES = {
    sqlite3.SQLITE_FULL: "the disk that holds the store {file} is full; free some space",
    sqlite3.SQLITE_READONLY: "the store {file} is read-only; make it writable, or set "
    "RESNET_VIZ_HOME to a folder that is",
    sqlite3.SQLITE_CANTOPEN: "the store {file} cannot be opened or made; check that its folder "
    "exists and is writable, or set RESNET_VIZ_HOME to another",
    sqlite3.SQLITE_PERM: "the store {file} may not be used; check its permissions",
    sqlite3.SQLITE_BUSY: "the store {file} is held by another process{holder}; try again",
    sqlite3.SQLITE_IOERR: "the disk that holds the store {file} fails or is full",
}


def explain_failure(error: sqlite3.Error, file: Path) -> StoreError:
    """The StoreError, or CorruptStoreError, that explains `error` to the user."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # extended codes keep the cause below
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return CorruptStoreError(f"the store {file} is damaged ({error})")
    sentence = _SENTENCES.get(code, "the store {file} cannot be used: {error}")
    if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_IOERR_SHORT_READ:
        sentence = _CUT
    who = holder(file) if code == sqlite3.SQLITE_BUSY else ""
    return StoreError(sentence.format(file=file, error=error, holder=who and f", {who}"))
