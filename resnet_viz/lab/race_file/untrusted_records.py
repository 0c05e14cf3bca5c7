"""The records in a race's file from elsewhere, checked value by value before any is taken over."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, get_args

import numpy as np

from resnet_viz.arch.config import explain
from resnet_viz.lab.race_file.plain_copy import RefusalError
from resnet_viz.lab.race_file.untrusted import ForeignRun, named
from resnet_viz.quantities.quantity import Along, Axis
from resnet_viz.store import header
from resnet_viz.store.records.chunk_format import CHUNKS, chunk_crc, is_whole, unpack
from resnet_viz.store.records.chunks import SCALAR_BYTES, SCALARS, record_crc
from resnet_viz.store.run import WATCHED
from resnet_viz.store.stored_spec import read_spec
from resnet_viz.text import shorten

_MOST_CHUNK = 2**28  # bytes of a chunk unpacked
_MOST_UNPACKED = 2**36  # bytes of all of a run's chunks unpacked
_MOST_NAMES = 10**6
_PATH = re.compile(r"[\w.:/ ()-]{1,500}")
_MOST_SECONDS = 1e12
_PORTION_ROWS, _PORTION_BYTES = 10_000, 2**23


class Portion(NamedTuple):
    """Rows for a table of the store, without the run's position; what they take."""

    table: str
    columns: str
    rows: Sequence[tuple[Any, ...]]
    bytes: int


def portions(source: sqlite3.Connection, file: Path, run: ForeignRun) -> Iterator[Portion]:
    """What a run measured, checked, in portions of some megabytes.

    Raises:
        ValueError: for records that are not those of the run's net.
    """
    with named(file):
        held = _held(run)
        count = 0
        query = f"SELECT {', '.join(SCALARS)} FROM records WHERE run = ? ORDER BY step"
        cursor = source.execute(query, (run.position,))
        while rows := [tuple(row) for row in cursor.fetchmany(_PORTION_ROWS)]:
            for place, row in enumerate(rows, start=count):
                _check_record(place, row)
            rows = [(*row[:-1], record_crc(*row[:-1])) for row in rows]
            count += len(rows)
            size = SCALAR_BYTES * len(rows)
            yield Portion("records", ", ".join(SCALARS), rows, size)
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


def _check_record(place: int, row: tuple[Any, ...]) -> None:
    step, loss, accuracy, at, crc = row
    are_numbers = all(value is None or isinstance(value, float) for value in (loss, accuracy))
    is_time = isinstance(at, float) and 0 <= at < _MOST_SECONDS
    if step != place or not are_numbers or not is_time:
        raise RefusalError(f"is damaged: the record of step {place} is none")
    if crc not in (None, record_crc(*row[:-1])):
        raise RefusalError(f"is damaged: the record of step {place} was changed")


@dataclass
class _Reading:
    """How far a run's chunks have been read."""

    quantity: str = ""
    last: int = -1
    unpacked: int = 0


def _chunks(
    source: sqlite3.Connection, run: ForeignRun, held: Mapping[str, int | None], count: int
) -> Iterator[Portion]:
    query = f"SELECT {', '.join(CHUNKS)} FROM series WHERE run = ? ORDER BY quantity, first"
    reading, rows, size = _Reading(), [], 0
    for row in source.execute(query, (run.position,)):
        _check_chunk(row, reading, held, count)
        rows.append((*tuple(row)[:-1], chunk_crc(*tuple(row)[:-1])))
        size += len(row["data"])
        if size >= _PORTION_BYTES or len(rows) >= _PORTION_ROWS:
            yield Portion("series", ", ".join(CHUNKS), rows, size)
            rows, size = [], 0
    if rows:
        yield Portion("series", ", ".join(CHUNKS), rows, size)


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
    if not is_whole(row):
        raise RefusalError(f"is damaged: its {shorten(name)} of step {first} was changed")
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
