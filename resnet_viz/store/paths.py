"""Paths in a store's folder: logs of the processes that work for it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def log_file(home: Path, id: str) -> Path:  # noqa: A002
    """The log of the process of a run or job: its standard error."""
    return home / "logs" / f"{id}.log"


def remove_empty(log: Path) -> None:
    """Delete a log with nothing in it."""
    with suppress(OSError):
        if not log.stat().st_size:
            log.unlink()
