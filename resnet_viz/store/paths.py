"""Files in a store's folder: logs of the processes that work for it, and what files take."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def log_file(home: Path, id: str) -> Path:
    """The log of the process of a run or job: its standard error."""
    return home / "logs" / f"{id}.log"


def log_lines(home: Path, id: str) -> list[str]:
    """The lines of that log; none where there is no log."""
    try:
        return log_file(home, id).read_text(errors="replace").splitlines()
    except OSError:
        return []


def size_of(file: Path) -> int:
    """Bytes of a file; 0 if it is gone, such as since a moment ago."""
    try:
        return file.stat().st_size
    except OSError:
        return 0


def remove_empty(log: Path) -> None:
    """Delete a log with nothing in it."""
    with suppress(OSError):
        if not log.stat().st_size:
            log.unlink()
