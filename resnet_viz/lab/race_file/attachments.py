"""What a race's file carries beside its records: results of measurements, and weights if small.

Weights are in the file's table of checkpoints, which in a store names files beside it. Like all of
a file from elsewhere they are looked at before they are taken over; whether they are those of the
run's net is seen when they are loaded (workers/checkpoint_writer.py).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from math import isfinite
from pathlib import Path
from typing import NamedTuple

from resnet_viz.lab.race_file.plain_copy import RefusalError
from resnet_viz.lab.race_file.untrusted import ForeignRun, named
from resnet_viz.lab.race_file.untrusted_records import Portion
from resnet_viz.measurements import measurements
from resnet_viz.store import checkpoint_index, measurement_results
from resnet_viz.store.checkpoint_index import Checkpoint

MOST_BYTES = 32 * 10**6
MOST_TOGETHER = 256 * 10**6
NOT_SENT = "the file that the race came with has them not: they are too large"
_COLUMNS = "step, measurement, settings, seconds, created, data"
_MOST_TEXT = 10_000


class Weights(NamedTuple):
    """Weights in a race's file: `data` is a safetensors file, None where `gone` says why not."""

    step: int
    data: bytes | None
    gone: str


def enclose(connection: sqlite3.Connection, home: Path, positions: Sequence[int]) -> None:
    """Put results and weights of runs into the attached file `draft`, whose runs are there."""
    among = ", ".join(map(str, positions))
    connection.execute(f"INSERT INTO draft.measured SELECT * FROM measured WHERE run IN ({among})")
    query = (
        "SELECT run, step, checkpoints.bytes, gone, id FROM checkpoints JOIN runs ON run = position"
        f" WHERE run IN ({among}) ORDER BY step DESC"
    )
    left = MOST_TOGETHER
    for row in connection.execute(query).fetchall():
        data, gone = None, row["gone"]
        if not gone:
            data = _small(
                checkpoint_index.file_of(home, row["id"], row["step"]), min(left, MOST_BYTES)
            )
            gone = "" if data else NOT_SENT
        size = len(data or b"")
        left -= size
        connection.execute(
            "INSERT INTO draft.checkpoints (run, step, bytes, gone, data) VALUES (?, ?, ?, ?, ?)",
            (row["run"], row["step"], size, gone, data),
        )


def results(source: sqlite3.Connection, file: Path, run: ForeignRun) -> Portion | None:
    """What was measured of a run on demand, checked; None for nothing.

    Of a measurement that is not known here, such as a newer version's, it is left out.

    Raises:
        ValueError: for a result that cannot be.
    """
    with named(file):
        query = f"SELECT {_COLUMNS} FROM measured WHERE run = ?"
        stored = source.execute(query, (run.position,)).fetchall()
        rows = [tuple(row) for row in stored if row["measurement"] in measurements()]
        for row in rows:
            _check_result(run, *row)
        return Portion("measured", _COLUMNS, rows, 0) if rows else None


def weights(source: sqlite3.Connection, file: Path, run: ForeignRun) -> Iterator[Weights]:
    """The weights of a run, one after the other.

    Raises:
        ValueError: for what cannot be.
    """
    with named(file):
        query = "SELECT step, gone, data FROM checkpoints WHERE run = ? ORDER BY step"
        for step, gone, data in source.execute(query, (run.position,)):
            is_there = isinstance(data, bytes) and 8 < len(data) <= MOST_BYTES and gone == ""
            is_gone = data is None and isinstance(gone, str) and 0 < len(gone) <= _MOST_TEXT
            if not _is_step(step, run) or not (is_there or is_gone):
                raise RefusalError("is damaged: a run's weights are none")
            yield Weights(step, data, gone)


def keep(
    connection: sqlite3.Connection, home: Path, run_id: str, position: int, one: Weights
) -> None:
    """Take over weights, if there is room for them."""
    if (data := one.data) is None:
        checkpoint_index.write_down(connection, position, Checkpoint(one.step, 0, one.gone))
    else:
        weights = len(data), lambda: data
        checkpoint_index.keep(connection, home, (run_id, position), one.step, weights)


def _small(file: Path, most: int) -> bytes | None:
    """What is in a file of at most so many bytes; None for others, and one that is not there."""
    try:
        return file.read_bytes() if 0 < file.stat().st_size <= most else None
    except OSError:
        return None


def _check_result(
    run: ForeignRun, step: object, name: str, settings: object, *rest: object
) -> None:
    seconds, created, data = rest
    about = measurements()[name]
    are_times = all(isinstance(t, float) and isfinite(t) and t >= 0 for t in (seconds, created))
    if not (_is_step(step, run, least=0) and are_times and isinstance(data, bytes)):
        raise RefusalError("is damaged: what was measured is none")
    try:
        if not isinstance(settings, str) or len(settings) > _MOST_TEXT:
            raise ValueError(settings)
        given = json.loads(settings)
        if measurement_results.key(about.checked(given)) != settings:
            raise ValueError(settings)
    except (ValueError, TypeError, AttributeError) as error:
        raise RefusalError(f"is damaged: the settings of a {name} are none") from error
    arrays = measurement_results.unpacked(data)
    dimensions = {key: array.ndim for key, array in arrays.items()}
    if dimensions != {key: len(given.axes) for key, given in about.gives.items()}:
        raise RefusalError(f"is damaged: a {name} is none")


def _is_step(step: object, run: ForeignRun, least: int = 1) -> bool:
    return isinstance(step, int) and least <= step <= run.steps
