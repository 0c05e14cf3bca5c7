"""Atomic files: written whole or not at all, under another name until they are done."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from resnet_viz.text import shorten


class WriteError(OSError):
    """A file could not be written completely; the message is a sentence for the user."""


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def temporary_beside(file: Path, mode: int = 0o666) -> Iterator[Path]:
    """A new, empty file beside `file`, under another name; what has that name at the end goes."""
    temporary = file.with_name(f".{secrets.token_hex(8)}.part")
    try:
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
        yield temporary
    finally:
        for left in (temporary, temporary.with_name(f"{temporary.name}-journal")):
            with suppress(OSError, ValueError):
                left.unlink(missing_ok=True)


@contextmanager
def atomic_write(file: Path) -> Iterator[Path]:
    """A temporary file beside `file` to write to; it replaces `file` at the end, unless something
    is raised.

    Raises:
        ValueError: where `file` cannot be written, or is no plain file (a device, a folder).
        WriteError: where there is no room for all of it.
    """
    target = Path(os.path.realpath(file))
    with ExitStack() as stack:
        try:
            is_other = target.exists() and not target.is_file()
            temporary = stack.enter_context(temporary_beside(target))
        except (OSError, ValueError) as error:  # a ValueError for a name with a NUL
            reason = error.strerror if isinstance(error, OSError) else error
            raise ValueError(f"cannot write {shorten(str(file), 200)}: {reason}") from error
        if is_other:
            raise ValueError(f"cannot write {shorten(str(file), 200)}: it is no plain file")
        try:
            yield temporary
            temporary.replace(target)
        except OSError as error:
            if error.errno not in _FULL:
                raise
            why = os.strerror(error.errno)
            raise WriteError(f"cannot write {shorten(str(file), 200)}: {why}") from error
