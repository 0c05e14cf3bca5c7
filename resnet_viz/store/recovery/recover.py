"""Recovery of a damaged store: every sound row is copied to the store that took its place.

A damaged store was set aside under another name. Where the program sqlite3 is installed, its
`.recover` reads it; else its pages are read one by one. What comes of either is not trusted: a row
is taken over where its values are those that such a row can have, and its checksum fits.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from itertools import starmap
from pathlib import Path

from resnet_viz.store import migrations
from resnet_viz.store.database import FILE_NAME, Store
from resnet_viz.store.records.chunk_format import CHUNKS, chunk_crc
from resnet_viz.store.records.chunks import SCALARS, record_crc
from resnet_viz.store.recovery.pages import Value, page_rows
from resnet_viz.store.runs_table import OVER, fault_of

CORRUPT, RECOVERED = f"{FILE_NAME}.corrupt-", f"{FILE_NAME}.recovered-"
_RECOVER_SECONDS = 3600
_INTERRUPTED = "It was under way when the store was damaged."
Row = dict[str, Value]


@dataclass(frozen=True)
class Recovered:
    """The result for one damaged file: how many runs came back, and in sentences what did not."""

    file: Path
    runs: int
    steps: int
    lost: Sequence[str]


def recover(store: Store) -> Sequence[Recovered]:
    """Recover the sound part of all stores that were set aside, and of this one if it is damaged.

    A file that was worked through is kept, under another name; runs that are there already stay
    as they are.

    Raises:
        StoreError: where the store cannot be written.
    """
    store.set_aside(whole=True)
    asides = sorted(f for f in store.home.glob(f"{CORRUPT}*") if not f.name.endswith(_BESIDE))
    return [_recover(store, aside) for aside in asides]


_BESIDE = ("-wal", "-shm")


def _recover(store: Store, aside: Path) -> Recovered:
    with tempfile.TemporaryDirectory(dir=store.home, prefix="recover-") as folder:
        copy = Path(folder) / "copy.sqlite3"
        for ending in ("", "-wal"):
            if Path(f"{aside}{ending}").exists():
                shutil.copyfile(f"{aside}{ending}", f"{copy}{ending}")
        rows = _by_sqlite(copy) or _SoundRows.of(filter(None, starmap(_by_shape, page_rows(copy))))
    report = rows.put_into(store, aside)
    for ending in ("", *_BESIDE):
        if (done := Path(f"{aside}{ending}")).exists():
            done.rename(done.with_name(done.name.replace(CORRUPT, RECOVERED)))
    return report


class _SoundRows:
    """The sound rows of a damaged store by their tables."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[tuple[Value, ...], Row]] = {name: {} for name in _KEYS}
        self.bad = dict.fromkeys(_KEYS, 0)

    @classmethod
    def of(cls, rows: Iterator[tuple[str, Row]]) -> _SoundRows:
        """The sound rows among rows with the names of their tables; the first with its key
        counts."""
        sound = cls()
        for table, row in rows:
            key = tuple(row.get(name) for name in _KEYS[table])
            if _SOUND[table](row):
                sound.tables[table].setdefault(key, row)
            else:
                sound.bad[table] += 1
        return sound

    def put_into(self, store: Store, aside: Path) -> Recovered:
        """Add the runs that the store lacks, each with all that belongs to it.

        Each in a transaction of its own, so that workers can write in between.
        """
        with store.session() as connection:
            existing = {row["id"] for row in connection.execute("SELECT id FROM runs")}
        new = [row for row in self.tables["runs"].values() if row["id"] not in existing]
        owned: dict[Value, list[tuple[str, Row]]] = {}
        for table in ("records", "series", "checkpoints", "measured"):
            for row in self.tables[table].values():
                owned.setdefault(row["run"], []).append((table, row))
        for run in new:
            with store.writing() as connection:
                self._add(connection, run, owned.get(run["position"], ()))
        ids = {row[name] for row in new for name in ("id", "race_id")}
        with store.writing() as connection:
            for table in ("races", "notes"):
                for row in self.tables[table].values():
                    if row["id"] in ids:
                        _insert(connection, table, row)
            self._make_races(connection, new)
        places = {row["position"] for row in new}
        steps = sum(row["run"] in places for row in self.tables["records"].values())
        return Recovered(aside, len(new), steps, list(self._lost(new)))

    @staticmethod
    def _add(connection: sqlite3.Connection, run: Row, owned: Sequence[tuple[str, Row]]) -> None:
        """Add a run in a new place, with what is its; what was under way is over."""
        own = {name: value for name, value in run.items() if name != "position"}
        own |= {"pid": None, "pid_created": None, "seal": "", "sweep": ""}
        if run["status"] not in OVER:
            own |= {"status": "interrupted", "message": _INTERRUPTED}
        _insert(connection, "runs", own)
        query = "SELECT position FROM runs WHERE id = ?"
        place = connection.execute(query, (run["id"],)).fetchone()["position"]
        for table, row in owned:
            _insert(connection, table, {**row, "run": place})
        query = "SELECT count(*) FROM records WHERE run = position"
        connection.execute(f"UPDATE runs SET steps_done = ({query}) WHERE position = ?", (place,))

    @staticmethod
    def _make_races(connection: sqlite3.Connection, new: Sequence[Row]) -> None:
        """Of races whose own rows were lost: what their runs say of them."""
        for race_id in {row["race_id"] for row in new if row["race_id"] is not None}:
            connection.execute(
                "INSERT OR IGNORE INTO races (id, created, contestants, seeds, steering) "
                "SELECT race_id, min(created), json_group_array(name), json_array(min(seed)), "
                "'nobody' FROM runs WHERE race_id = ? GROUP BY race_id",
                (race_id,),
            )

    def _lost(self, new: Sequence[Row]) -> Iterator[str]:
        """What is known to be missing, in sentences."""
        positions = {row["position"] for row in self.tables["runs"].values()}
        tables = ("records", "series")
        orphans = {row["run"] for t in tables for row in self.tables[t].values()} - positions
        if orphans:
            yield f"{len(orphans)} runs of which only measurements are left"
        steps: dict[Value, set[Value]] = {}
        for row in self.tables["records"].values():
            steps.setdefault(row["run"], set()).add(row["step"])
        for row in new:
            done, recovered = row.get("steps_done") or 0, len(steps.get(row["position"], ()))
            if isinstance(done, int) and recovered < done:
                yield f"{done - recovered} of {done} steps of {row['name']!r} ({row['id']!r})"
        for table, noun in _CALLED.items():
            if self.bad[table]:
                yield f"{self.bad[table]} {noun} that were changed by the damage"


def _insert(connection: sqlite3.Connection, table: str, row: Mapping[str, Value]) -> None:
    """Adds a row; not one that is there, or breaks a rule of the table."""
    places = ", ".join("?" * len(row))
    query = f"INSERT OR IGNORE INTO {table} ({', '.join(row)}) VALUES ({places})"
    connection.execute(query, tuple(row.values()))


def _by_sqlite(copy: Path) -> _SoundRows | None:
    """By SQLite's own recovery; None where the program is not installed, or finds no run."""
    program = shutil.which("sqlite3")
    if program is None:
        return None
    rebuilt = copy.with_name("made.sqlite3")
    try:
        with subprocess.Popen(
            [program, "-batch", "-bail", str(copy), ".recover"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what it stumbles over is what is damaged
        ) as reading:
            subprocess.run(
                [program, "-batch", str(rebuilt)],
                stdin=reading.stdout,
                capture_output=True,
                timeout=_RECOVER_SECONDS,
                check=False,
            )
        with closing(sqlite3.connect(rebuilt)) as connection:
            rows = _SoundRows.of(_in_tables(connection))
    except (OSError, subprocess.SubprocessError, sqlite3.Error):
        return None
    return rows if rows.tables["runs"] else None


def _in_tables(connection: sqlite3.Connection) -> Iterator[tuple[str, Row]]:
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    named = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema")}
    for table in named & set(_KEYS):
        cursor = connection.execute(f"SELECT * FROM {table}")
        names = [column[0] for column in cursor.description]
        for values in cursor:
            yield table, _complete(table, dict(zip(names, values, strict=True)))
    for table in sorted(name for name in named if name.startswith("lost_and_found")):
        rows = connection.execute(f"SELECT * FROM {table}")
        shaped = (_by_shape(rowid, tuple(values[:count])) for _, _, count, rowid, *values in rows)
        yield from filter(None, shaped)


def _by_shape(rowid: int | None, values: tuple[Value, ...]) -> tuple[str, Row] | None:
    """The table of a row, and its columns by name; None for what is of no table of runs.

    A row that was written before a column was added ends before it, and has its default.
    """
    for table, (with_rowid, kinds) in _SHAPES.items():
        if (rowid is not None) != with_rowid or not len(kinds) <= len(values):
            continue
        columns = _columns()[table]
        if len(values) <= len(columns) and all(map(isinstance, values, kinds)):
            row: Row = dict(zip(columns, values, strict=False))
            return table, _complete(table, row | ({"position": rowid} if with_rowid else {}))
    return None


@lru_cache(maxsize=1)
def _columns() -> Mapping[str, Mapping[str, tuple[str, Value]]]:
    """Of each table: its columns in order, with type and default."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrations.migrate(connection)
        rows_of_tables = {
            t: connection.execute(f"PRAGMA table_info({t})").fetchall() for t in _KEYS
        }
    return {
        table: {name: (kind, _default(text)) for _, name, kind, _, text, _ in columns}
        for table, columns in rows_of_tables.items()
    }


def _complete(table: str, row: Row) -> Row:
    """A row of a table with all its columns: with the defaults of those it was written before."""
    columns = _columns()[table]
    whole = {name: default for name, (_, default) in columns.items()}
    whole |= {name: value for name, value in row.items() if name in columns}
    for name, (kind, _) in columns.items():
        if kind == "REAL" and isinstance(number := whole[name], int):
            whole[name] = float(number)  # SQLite stores it as an integer
    return whole


def _default(text: str | None) -> Value:
    if text is None or text == "NULL":
        return None
    return text.strip("'") if text.startswith("'") else int(text)


_KEYS = {
    "runs": ("position",),
    "races": ("id",),
    "notes": ("id",),
    "records": ("run", "step"),
    "series": ("run", "quantity", "first"),
    "checkpoints": ("run", "step"),
    "measured": ("run", "step", "measurement", "settings"),
}
_NULL = type(None)
_NUMBER, _REAL = (int, float, _NULL), (int, float)
_SHAPES: Mapping[str, tuple[bool, tuple[type | tuple[type, ...], ...]]] = {
    "runs": (True, (_NULL, str, (str, _NULL), str, str, str, str, int, str, _REAL)),
    "races": (True, (str, _REAL, str, str, str)),
    "notes": (True, (str, str)),
    "series": (True, (int, str, int, int, int, bytes)),
    "measured": (True, (int, int, str, str, _REAL, _REAL, bytes)),
    "records": (False, (int, int, _NUMBER, _NUMBER, _REAL)),
    "checkpoints": (False, (int, int, int, str)),
}
_CALLED = {"runs": "runs", "records": "steps", "series": "chunks", "measured": "results"}


def _is_record(row: Row) -> bool:
    step, loss, accuracy, seconds, crc = (row.get(name) for name in SCALARS)
    are_numbers = all(v is None or isinstance(v, float) for v in (loss, accuracy))
    if not isinstance(step, int) or not isinstance(seconds, float) or not are_numbers:
        return False
    return crc in (None, record_crc(step, loss, accuracy, seconds))  # type: ignore[arg-type]


def _is_chunk(row: Row) -> bool:
    *about, crc = (row.get(name) for name in CHUNKS)
    return isinstance(about[-1], bytes) and crc in (None, chunk_crc(*about))  # type: ignore[arg-type]


_SOUND: Mapping[str, Callable[[Row], bool]] = {
    **dict.fromkeys(_KEYS, lambda _: True),
    "runs": lambda row: not fault_of(tuple(row), tuple(row.values())),
    "records": _is_record,
    "series": _is_chunk,
}
