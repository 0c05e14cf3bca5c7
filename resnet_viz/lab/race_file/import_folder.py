"""Folders for what is brought in, inside the store's own; one that a killed process left goes."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

_PREFIX = "import-"
_FORGOTTEN_SECONDS = 86_400.0


@contextmanager
def import_folder(home: Path) -> Iterator[Path]:
    """A new folder, deleted at the end; its name says whose it is."""
    remove_left(home)
    with tempfile.TemporaryDirectory(dir=home, prefix=f"{_PREFIX}{os.getpid()}-") as folder:
        yield Path(folder)


def remove_left(home: Path) -> None:
    """Delete the folders of processes that are gone."""
    for folder in home.glob(f"{_PREFIX}*"):
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        is_known = owner.isdecimal() and len(owner) < 10
        if not psutil.pid_exists(int(owner)) if is_known else _is_old(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _is_old(folder: Path) -> bool:
    try:
        return time.time() - folder.stat().st_mtime > _FORGOTTEN_SECONDS
    except OSError:
        return False
