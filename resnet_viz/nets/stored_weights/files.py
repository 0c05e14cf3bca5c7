"""Files that users name, opened so that none can block the program. No torch here."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def open_file(path: str | Path) -> tuple[BinaryIO, int]:
    """A regular file, opened for reading, and its size; read no more than that.

    Nobody may be at the other end of a pipe, and opening a device can set it going: what is no
    file is not opened. Some files of /proc are endless or wait for the kernel; their size is 0.

    Raises:
        OSError: where there is no such file, or it is something else; `strerror` says what.
        ValueError: where `path` cannot be one at all.
    """
    _check_kind(Path(path).stat())
    # What was a file a moment ago may be a pipe by now: opening does not wait, and is checked.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _BINARY)
    try:
        opened = os.fstat(descriptor)
        _check_kind(opened)
    except OSError:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb"), opened.st_size


_BINARY = getattr(os, "O_BINARY", 0)  # on Windows a file is otherwise read as text


def _check_kind(status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(status.st_mode):
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "something else")
        raise OSError(errno.EINVAL, f"it is {kind}; allowed: a regular file")
