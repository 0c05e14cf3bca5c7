"""Page reader: rows of a damaged SQLite file, page by page, without its list of tables or trees.

Each leaf page tells its own rows (https://www.sqlite.org/fileformat2.html). What a page holds that
cannot be read is passed over. Which table a row is of, its reader says by its values.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

Value = int | float | str | bytes | None

_SIZES = {512 << power for power in range(8)}
_USUAL = 4096
_TABLE_LEAF, _INDEX_LEAF, _INDEX_INTERIOR = 0x0D, 0x0A, 0x02
_MOST_BYTES = 2**26  # of a row
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
_WAL_HEADER, _FRAME_HEADER = 32, 24


class PageRow(NamedTuple):
    """A row: its stored values, and its rowid; None in a tree without rowids."""

    rowid: int | None
    values: tuple[Value, ...]


def page_rows(file: Path) -> Iterator[PageRow]:
    """The rows on all used pages, those in the -wal file included."""
    pages = _Pages(file)
    free = pages.free()
    for number in range(1, pages.count + 1):
        if number not in free:
            yield from pages.rows(number)


class _Pages:
    """The pages of a file, numbered from 1; those in its -wal in place of older ones."""

    def __init__(self, file: Path) -> None:
        self._data = file.read_bytes()
        size = int.from_bytes(self._data[16:18], "big")
        self._size = {1: 65536}.get(size, size) if size == 1 or size in _SIZES else _USUAL
        reserved = self._data[20] if len(self._data) > 20 else 0
        self._usable = self._size - (reserved if reserved < 64 else 0)
        self._newer = _wal_pages(Path(f"{file}-wal"), self._size)
        self.count = max([len(self._data) // self._size, *self._newer])

    def page(self, number: int) -> bytes:
        """One page; b"" if it is missing."""
        begin = (number - 1) * self._size
        return self._newer.get(number) or self._data[begin : begin + self._size]

    def free(self) -> set[int]:
        """The free pages, which hold deleted rows, as far as their list is sound."""
        free_pages: set[int] = set()
        trunk = int.from_bytes(self.page(1)[32:36], "big")
        while 0 < trunk <= self.count and trunk not in free_pages:
            free_pages.add(trunk)
            page = self.page(trunk)
            following, leaves = struct.unpack_from(">II", page)
            if leaves > self._size // 4 - 2:
                break
            free_pages.update(struct.unpack_from(f">{leaves}I", page, 8))
            trunk = following
        return free_pages

    def rows(self, number: int) -> Iterator[PageRow]:
        """The readable rows of a page."""
        page, start = self.page(number), 100 if number == 1 else 0
        if len(page) < self._size or page[start] not in (
            _TABLE_LEAF,
            _INDEX_LEAF,
            _INDEX_INTERIOR,
        ):
            return
        kind, count = page[start], int.from_bytes(page[start + 3 : start + 5], "big")
        first = start + (12 if kind == _INDEX_INTERIOR else 8)
        for place in range(first, min(first + 2 * count, self._size - 1), 2):
            try:
                yield self._row(page, int.from_bytes(page[place : place + 2], "big"), kind)
            except (ValueError, IndexError, struct.error):  # UnicodeDecodeError is a ValueError
                continue

    def _row(self, page: bytes, at: int, kind: int) -> PageRow:
        if kind == _INDEX_INTERIOR:
            at += 4
        size, at = _varint(page, at)
        rowid = None
        if kind == _TABLE_LEAF:
            rowid, at = _varint(page, at)
        return PageRow(rowid, _values(self._payload(page, at, size, kind)))

    def _payload(self, page: bytes, at: int, size: int, kind: int) -> bytes:
        """A row's bytes: what does not fit on its page is on others."""
        if not 0 < size <= _MOST_BYTES:
            raise ValueError(size)
        usable = self._usable
        most = usable - 35 if kind == _TABLE_LEAF else (usable - 12) * 64 // 255 - 23
        if size <= most:
            return page[at : at + size]
        least = (usable - 12) * 32 // 255 - 23
        local = least + (size - least) % (usable - 4)
        local = local if local <= most else least
        parts, length = [page[at : at + local]], local
        following = int.from_bytes(page[at + local : at + local + 4], "big")
        while length < size:
            page = self.page(following)
            if len(page) < self._size:
                raise ValueError(following)
            following = int.from_bytes(page[:4], "big")
            parts.append(page[4:usable])
            length += usable - 4
        return b"".join(parts)[:size]


def _wal_pages(file: Path, size: int) -> dict[int, bytes]:
    """The newest state of each page in a -wal file, up to its last commit."""
    try:
        data = file.read_bytes()
    except OSError:
        return {}
    pages: dict[int, bytes] = {}
    pending: dict[int, bytes] = {}
    salt, length = data[16:24], _FRAME_HEADER + size
    for at in range(_WAL_HEADER, len(data) - length + 1, length):
        number, committed = struct.unpack_from(">II", data, at)
        if data[at + 8 : at + 16] != salt:
            break
        pending[number] = data[at + _FRAME_HEADER : at + length]
        if committed:
            pages |= pending
            pending = {}
    return pages


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of one to nine bytes, and where it ends."""
    value = 0
    for place in range(at, at + 8):
        value = value << 7 | data[place] & 0x7F
        if data[place] < 0x80:
            return value, place + 1
    value = value << 8 | data[at + 8]
    return value - 2**64 if value >= 2**63 else value, at + 9


def _values(payload: bytes) -> tuple[Value, ...]:
    end, at = _varint(payload, 0)
    body, values = end, []
    while at < end:
        kind, at = _varint(payload, at)
        value, body = _value(payload, body, kind)
        values.append(value)
    if at != end or body != len(payload):
        raise ValueError(payload)
    return tuple(values)


def _value(payload: bytes, at: int, kind: int) -> tuple[Value, int]:
    if kind == 0:
        return None, at
    if kind in (8, 9):
        return kind - 8, at
    if kind == 7:
        return struct.unpack_from(">d", payload, at)[0], at + 8
    if kind < 0 or kind in (10, 11):
        raise ValueError(kind)
    size = _INTEGERS[kind] if kind < 7 else (kind - 12) // 2
    part = payload[at : at + size]
    if len(part) < size:
        raise ValueError(kind)
    if kind < 7:
        return int.from_bytes(part, "big", signed=True), at + size
    return part.decode() if kind % 2 else part, at + size
