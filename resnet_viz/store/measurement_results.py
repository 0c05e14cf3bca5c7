"""Results of measurements on demand, in the store; no torch.

A result is kept by run, step, measurement and settings (all of them), so that it is there at once
for who asks again.
"""

from __future__ import annotations

import io
import json
import sqlite3
import time
import zipfile
import zlib
from collections.abc import Iterator

import numpy as np

from resnet_viz.measurements.base.measurement import Arrays, Settings
from resnet_viz.measurements.base.result import MeasurementResult

_MOST_BYTES = 2**26
"""Of a result's arrays: a thousand points' cosines with each other take an eighth of it."""


_DAMAGED = (
    *(ValueError, OSError, EOFError, KeyError, SyntaxError, OverflowError, MemoryError),
    *(NotImplementedError, zipfile.BadZipFile, zlib.error),
)
"""What reading a damaged file of arrays may raise."""


def key(settings: Settings) -> str:
    """Settings as a key in the store."""
    return json.dumps(dict(sorted(settings.items())))


def put(connection: sqlite3.Connection, position: int, one: MeasurementResult) -> None:
    """Store a result in place of an earlier one; not if its run was deleted meanwhile."""
    connection.execute(
        "INSERT OR REPLACE INTO measured (run, step, measurement, settings, seconds, created, data)"
        " SELECT position, ?, ?, ?, ?, ?, ? FROM runs WHERE position = ?",
        (
            *(one.step, one.measurement, key(one.settings), one.seconds, time.time()),
            *(_packed(one.found), position),
        ),
    )


def find(
    connection: sqlite3.Connection, run_id: str, step: int, name: str, settings: Settings
) -> MeasurementResult | None:
    """The result for exactly these settings; None if there is none."""
    where = "id = ? AND step = ? AND measurement = ? AND settings = ?"
    return next(_select(connection, where, run_id, step, name, key(settings)), None)


def of_run(connection: sqlite3.Connection, run_id: str) -> list[MeasurementResult]:
    """All results of a run, the oldest first."""
    return list(_select(connection, "id = ?", run_id))


def _select(
    connection: sqlite3.Connection, where: str, *values: object
) -> Iterator[MeasurementResult]:
    query = (
        "SELECT step, measurement, settings, seconds, data FROM measured "
        f"JOIN runs ON run = position WHERE {where} ORDER BY measured.created"
    )
    for step, name, settings, seconds, data in connection.execute(query, values).fetchall():
        yield MeasurementResult(step, name, json.loads(settings), seconds, unpacked(data))


def _packed(arrays: Arrays) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, allow_pickle=False, **arrays)
    return stream.getvalue()


def unpacked(data: bytes) -> Arrays:
    """The arrays of a stored result; none if it is damaged or huge."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MOST_BYTES:
                return {}
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            values = {name: arrays[name] for name in arrays.files}
    except _DAMAGED:
        return {}
    return values if all(array.dtype == np.float64 for array in values.values()) else {}
