"""Chunk format: a quantity's values at some steps of a run, as in the store's table `series`.

One step's are as they are; more are compressed, each byte of the numbers beside its like.
"""

from __future__ import annotations

import sqlite3
import zlib

import numpy as np
from numpy.typing import NDArray

from resnet_viz.quantities.records import Floats

_LEVEL = 6
_STEP, _VALUE = np.dtype("<i8"), np.dtype("<f4")

Steps = NDArray[np.int64]
CHUNKS = ("quantity", "first", "last", "count", "data", "crc")
"""The columns of a chunk's row."""
Chunk = tuple[str, int, int, int, bytes, int]


class ForeignRecordError(ValueError):
    """A stored record that is not of its run's net, or is damaged."""


def chunk_of(name: str, steps: Steps, values: Floats) -> Chunk:
    """The row of a quantity's values [n, length] at the steps [n]."""
    data = _pack(steps, values)
    about = (name, int(steps[0]), int(steps[-1]), len(steps), data)
    return *about, chunk_crc(*about)


def chunk_crc(quantity: str, first: int, last: int, count: int, data: bytes) -> int:
    """The checksum of a chunk and of its description."""
    return zlib.crc32(data, zlib.crc32(f"{quantity} {first} {last} {count}".encode()))


def is_whole(row: sqlite3.Row) -> bool:
    """Whether a chunk is unchanged since it was written; true of those from before there were
    checksums."""
    if row["crc"] is None or not isinstance(row["data"], bytes):
        return True
    return bool(row["crc"] == chunk_crc(*(row[name] for name in CHUNKS[:-1])))


def _pack(steps: Steps, values: Floats) -> bytes:
    """One step: its values as they are. More: compressed, and bytes of one significance together,
    since neighbours in time share the first ones."""
    raw = values.astype(_VALUE).tobytes()
    if len(steps) == 1:
        return raw
    shuffled = np.frombuffer(raw, np.uint8).reshape(len(steps), -1, 4).transpose(2, 1, 0)
    return zlib.compress(steps.astype(_STEP).tobytes() + shuffled.tobytes(), _LEVEL)


def length_of(row: sqlite3.Row) -> int:
    """The number of values of a chunk at each of its steps."""
    count = row["count"]
    size = len(row["data"]) if count == 1 else len(zlib.decompress(row["data"])) - 8 * count
    return int(size // (4 * count))


def unpack(row: sqlite3.Row, name: str, length: int) -> tuple[Steps, Floats]:
    """The steps [n] of a chunk, and the quantity's values there [n, length].

    Raises:
        ForeignRecordError: for a chunk of another length, or none at all.
    """
    count, data = row["count"], row["data"]
    if not isinstance(data, bytes):
        raise _foreign(row, name, length)
    if count == 1:
        if len(data) != 4 * length:
            raise _foreign(row, name, length)
        return np.array([row["first"]], np.int64), np.frombuffer(data, _VALUE).reshape(1, length)
    expected = count * (8 + 4 * length)
    try:
        inflater = zlib.decompressobj()
        whole = inflater.decompress(data, expected + 1)
    except zlib.error as error:
        raise _foreign(row, name, length) from error
    if len(whole) != expected or not inflater.eof or inflater.unused_data:
        raise _foreign(row, name, length)
    steps = np.frombuffer(whole, _STEP, count)
    shuffled = np.frombuffer(whole, np.uint8, offset=8 * count).reshape(4, length, count)
    values = np.ascontiguousarray(shuffled.transpose(2, 1, 0)).view(_VALUE)
    return steps, values.reshape(count, length)


def _foreign(row: sqlite3.Row, name: str, length: int) -> ForeignRecordError:
    return ForeignRecordError(
        f"the record of step {row['first']} is not one of this run's net, which has {length} "
        f"values of {name}: another version wrote it, or the store was changed by hand"
    )
