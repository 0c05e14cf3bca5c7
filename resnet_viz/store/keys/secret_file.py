"""Secret files: created once, whole or not at all, readable for their owner alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from resnet_viz.store.atomic_file import temporary_beside
from resnet_viz.store.database import StoreError

_OTHERS = 0o077


def kept_secret(file: Path, make: Callable[[], bytes]) -> bytes:
    """The content of `file`; if there is none yet, `make` gives the content from now on.

    Raises:
        StoreError: where it can be neither read nor made.
    """
    try:
        if not file.exists():
            with temporary_beside(file, 0o600) as temporary:
                temporary.write_bytes(make())
                with suppress(FileExistsError):  # several processes may try at once
                    os.link(temporary, file)
        if file.stat().st_mode & _OTHERS:  # it was copied, or unpacked, by a careless hand
            with suppress(OSError):
                file.chmod(0o600)
        return file.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StoreError(f"the file {file} can be neither read nor made: {reason}") from error
