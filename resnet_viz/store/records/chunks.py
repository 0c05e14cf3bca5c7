"""Chunks: the records of runs in the store, a row per step, and each quantity in chunks of steps.

A worker writes several times a second, often one step at a time. So that a long run stays small,
what has been written in many pieces is put together, 256 steps in a compressed chunk.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import takewhile
from math import copysign, inf, isfinite, isnan
from struct import Struct
from typing import Any

import numpy as np

from resnet_viz.quantities.quantity import Along
from resnet_viz.quantities.records import Floats, Series, StepRecord
from resnet_viz.store.migrations import transaction
from resnet_viz.store.records.chunk_format import (
    CHUNKS,
    Chunk,
    Steps,
    chunk_of,
    is_whole,
    length_of,
    unpack,
)

CHUNK = 256
MOST_STEPS = 2**62
_MOST_PATCHED = 2**16
_LARGEST = float(np.finfo(np.float32).max)
SCALAR_BYTES = 40  # of a step's row, about
SCALARS = ("step", "loss", "accuracy", "seconds", "crc")
_SCALARS = Struct("<q3d")

Note = Callable[[str], None]
"""Is told what was damaged, such as "grad_norm at step 3"."""


def ignore(_: str) -> None:
    """Ignore that a record is damaged."""


def insert_records(
    connection: sqlite3.Connection, position: int, records: Sequence[StepRecord]
) -> None:
    """Append records of the run at `position`; SQLite keeps a NaN as NULL.

    Within the caller's transaction; `put_together` is for after it.
    """
    if not records:
        return
    rows = [(position, *scalars) for scalars in map(_scalars, records)]
    query = f"INSERT INTO records (run, {', '.join(SCALARS)}) VALUES (?, ?, ?, ?, ?, ?)"
    connection.executemany(query, rows)
    columns: dict[str, list[tuple[int, Floats]]] = defaultdict(list)
    for record in records:
        for name, values in record.values.items():
            columns[name].append((record.step, values))
    grown = SCALAR_BYTES * len(rows)
    for name, pairs in columns.items():
        steps = np.array([step for step, _ in pairs], np.int64)
        chunk = chunk_of(name, steps, np.stack([values for _, values in pairs]))
        grown += _insert(connection, position, chunk)
    query = "UPDATE runs SET bytes = bytes + ?, steps_done = ? WHERE position = ?"
    connection.execute(query, (grown, records[-1].step + 1, position))


def put_together(
    connection: sqlite3.Connection, position: int, records: Sequence[StepRecord]
) -> None:
    """Merge the newest small chunks of each quantity into one if they hold enough steps, after
    `records` were appended. Other processes can write meanwhile, because merging takes a while."""
    # Seldom enough to cost nothing, since it reads as many rows.
    if not records or records[0].step // CHUNK == (records[-1].step + 1) // CHUNK:
        return
    names = connection.execute("SELECT DISTINCT quantity FROM series WHERE run = ?", (position,))
    for row in names.fetchall():
        _put_together(connection, position, row["quantity"])


def insert_late(
    connection: sqlite3.Connection, position: int, step: int, values: Mapping[str, Floats]
) -> None:
    """Add quantities to a step whose record was stored without them."""
    at = np.array([step], np.int64)
    chunks = (chunk_of(name, at, of_name[np.newaxis]) for name, of_name in values.items())
    grown = sum(_insert(connection, position, chunk) for chunk in chunks)
    query = "UPDATE runs SET bytes = bytes + ? WHERE position = ?"
    connection.execute(query, (grown, position))


def forget_records(connection: sqlite3.Connection, position: int) -> None:
    """Delete the records of a run that begins again; within the caller's transaction."""
    query = "SELECT coalesce(sum(length(data)), 0) FROM series WHERE run = ?"
    (taken,) = connection.execute(query, (position,)).fetchone()
    taken += (
        SCALAR_BYTES * connection.execute("DELETE FROM records WHERE run = ?", (position,)).rowcount
    )
    connection.execute("DELETE FROM series WHERE run = ?", (position,))
    query = "UPDATE runs SET bytes = max(0, bytes - ?), steps_done = 0 WHERE position = ?"
    connection.execute(query, (taken, position))


def select_records(
    connection: sqlite3.Connection,
    position: int,
    since: int,
    header: Mapping[str, Along],
    until: int = MOST_STEPS,
    *,
    every: int = 1,
    note: Note = ignore,
) -> list[StepRecord]:
    """The records of the run at `position` from step `since` on and before `until`, in order: of
    those steps that are multiples of `every`.

    What was damaged is NaN, and `note` is told.

    Raises:
        ForeignRecordError: where a quantity has other than the header's number of values.
    """
    query = (
        f"SELECT {', '.join(SCALARS)} FROM records WHERE run = ? AND step >= ? "
        "AND step < ? AND step % ? = 0 ORDER BY step"
    )
    stored = connection.execute(query, (position, since, until, every)).fetchall()
    rows = [_checked_scalars(row, note) for row in stored if isinstance(row["step"], int)]
    values: dict[int, dict[str, Floats]] = defaultdict(dict)
    for name, along in header.items():
        for steps, of_chunk in _chunks(
            connection, position, (name, len(along)), (since, until), note
        ):
            for step, of_step in zip(steps.tolist(), of_chunk, strict=True):
                values[step][name] = of_step
    return [
        StepRecord(step, _number(loss), _number(accuracy), seconds, values.get(step, {}))
        for step, loss, accuracy, seconds in rows
    ]


def record_crc(step: int, loss: float | None, accuracy: float | None, seconds: float) -> int:
    """The checksum of a step's row."""
    # SQLite has NULL for a NaN, and no -0.0
    values = (np.nan if v is None or isnan(v) else v + 0.0 for v in (loss, accuracy, seconds))
    return zlib.crc32(_SCALARS.pack(step, *values))


def _scalars(record: StepRecord) -> tuple[float, ...]:
    """A step's row, as `SCALARS` names it."""
    own = (record.step, float(record.loss), float(record.accuracy), float(record.seconds))
    return *own, record_crc(*own)


def _checked_scalars(row: sqlite3.Row, note: Note) -> tuple[Any, ...]:
    """A step's row, without what was damaged."""
    step, *numbers, crc = row
    is_whole_row = (
        all(v is None or isinstance(v, float) for v in numbers) and numbers[2] is not None
    )
    if is_whole_row and crc in (None, record_crc(step, *numbers)):
        return step, *numbers
    note(f"loss and accuracy at step {step}")
    return step, None, None, numbers[2] if isinstance(numbers[2], float) else 0.0


def _number(value: float | None) -> float:
    """A loss or an accuracy; what float32 cannot hold has overflowed, and so would its mean."""
    if value is None:
        return np.nan
    return value if abs(value) <= _LARGEST or not isfinite(value) else copysign(inf, value)


def select_series(
    connection: sqlite3.Connection,
    position: int,
    of: tuple[str, int],
    between: tuple[int, int],
    every: int,
    *,
    note: Note = ignore,
) -> Series:
    """A quantity, by name and length, at the steps from the first to before the second that are
    multiples of `every`."""
    length = of[1]
    steps, values = [np.empty(0, np.int64)], [np.empty((0, length), np.float32)]
    for steps_of_chunk, of_chunk in _chunks(connection, position, of, between, note):
        rows = (
            (steps_of_chunk >= between[0])
            & (steps_of_chunk < between[1])
            & (steps_of_chunk % every == 0)
        )
        steps.append(steps_of_chunk[rows])
        values.append(of_chunk[rows])
    return Series(np.concatenate(steps), np.concatenate(values))


def _chunks(
    connection: sqlite3.Connection,
    position: int,
    of: tuple[str, int],
    between: tuple[int, int],
    note: Note,
) -> Iterator[tuple[Steps, Floats]]:
    name, length = of
    query = (
        "SELECT quantity, first, last, count, data, crc FROM series "
        "WHERE run = ? AND quantity = ? AND first < ? AND last >= ? ORDER BY first"
    )
    since, until = between
    for row in connection.execute(query, (position, name, until, since)):
        if is_whole(row):
            yield unpack(row, name, length)
            continue
        first, last, count = row["first"], row["last"], row["count"]
        note(f"{name} at steps {first} to {last}" if count > 1 else f"{name} at step {first}")
        # which steps they were is known as far as they lie evenly, and these are no nonsense, too
        if 1 <= count <= min(last - first + 1, _MOST_PATCHED):
            steps = np.linspace(first, last, count).astype(np.int64)
            yield steps, np.full((count, length), np.nan, np.float32)


def _insert(connection: sqlite3.Connection, position: int, chunk: Chunk) -> int:
    """Add a chunk; its bytes."""
    query = f"INSERT INTO series (run, {', '.join(CHUNKS)}) VALUES (?, ?, ?, ?, ?, ?, ?)"
    connection.execute(query, (position, *chunk))
    return len(chunk[4])


def _put_together(connection: sqlite3.Connection, position: int, name: str) -> None:
    small = _small_ones(connection, position, name)
    if sum(row["count"] for row in small) < CHUNK or len(small) < 2:
        return
    length = length_of(small[0])
    parts = [unpack(row, name, length) for row in small]
    chunk = chunk_of(name, *(np.concatenate(part) for part in zip(*parts, strict=True)))
    grown = len(chunk[4]) - sum(len(row["data"]) for row in small)
    with transaction(connection):
        query = "UPDATE runs SET bytes = bytes + ? WHERE position = ?"
        if connection.execute(query, (grown, position)).rowcount:  # it was not deleted meanwhile
            which = "run = ? AND quantity = ? AND first BETWEEN ? AND ?"
            between = (chunk[1], small[-1]["first"])
            connection.execute(f"DELETE FROM series WHERE {which}", (position, name, *between))
            _insert(connection, position, chunk)


def _small_ones(connection: sqlite3.Connection, position: int, name: str) -> Sequence[sqlite3.Row]:
    """The newest chunks of few steps, in order; those that a killed process left are among them."""
    query = (
        "SELECT quantity, first, last, count, data, crc FROM series "
        "WHERE run = ? AND quantity = ? ORDER BY first DESC LIMIT ?"
    )
    newest = connection.execute(query, (position, name, 2 * CHUNK)).fetchall()
    small = takewhile(lambda row: row["count"] < CHUNK and is_whole(row), newest)
    return list(small)[::-1]
