"""Saved states, from which runs go on: a file per run in the folder `states`, and a row in the
store.

The row counts: it comes in the transaction in which the file gets its name, and goes in the one in
which the run has gone further, or ended. Whoever finds a run whose process is gone, and a row,
knows that the run can go on. What the file holds is training/training_state.py's; no torch here.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import suppress
from pathlib import Path

from resnet_viz.store.migrations import transaction
from resnet_viz.text import byte_size

MOST_BYTES = 4 * 10**9
"""What all of a folder's may take."""
_DRAFT_SECONDS = 3600.0
_ENDING = ".pt"


def folder(home: Path) -> Path:
    """The folder of the states."""
    return home / "states"


def file_of(home: Path, run_id: str) -> Path:
    """The file of the state of a run."""
    return folder(home) / f"{run_id}{_ENDING}"


def no_room(connection: sqlite3.Connection, size: int) -> str:
    """The reason why a state of so many bytes is too much; "" if it is not."""
    used = int(connection.execute("SELECT coalesce(sum(bytes), 0) FROM states").fetchone()[0])
    if used + size <= MOST_BYTES:
        return ""
    return (
        f"its state takes {byte_size(size)}, those of other paused runs {byte_size(used)}, and all "
        f"together may take {byte_size(MOST_BYTES)}"
    )


def write_down(connection: sqlite3.Connection, position: int, step: int, size: int) -> None:
    """Add a state, within the caller's transaction, and its size to that of its run."""
    forget(connection, position)
    connection.execute("INSERT INTO states VALUES (?, ?, ?)", (position, step, size))
    _add(connection, position, size)


def pause_again(
    connection: sqlite3.Connection, message: str, where: str, *values: str | int | None
) -> None:
    """Pause those runs `where` that have a saved state, without a process, as before they were
    resumed: the process that was to continue them could not start."""
    connection.execute(
        "UPDATE runs SET status = 'paused', control = 'pause', extra_steps = 0, pid = NULL, "
        "pid_created = NULL, message = ? "
        f"WHERE position IN (SELECT run FROM states) AND control <> 'stop' AND ({where})",
        (message, *values),
    )


def forget(connection: sqlite3.Connection, position: int) -> None:
    """Forget the state of a run that has gone further, or is deleted; within the caller's
    transaction."""
    sizes = connection.execute("DELETE FROM states WHERE run = ? RETURNING bytes", (position,))
    for row in sizes.fetchall():
        _add(connection, position, -row["bytes"])


def sweep(connection: sqlite3.Connection, home: Path) -> None:
    """Delete files of states without a row, such as those of runs that have ended."""
    with suppress(OSError):
        saved = [Path(entry.path) for entry in os.scandir(folder(home))]
        if not saved:
            return
        # Who wrote a draft, or deleted a file, was killed: none takes so long.
        oldest = time.time() - _DRAFT_SECONDS
        drafts = [file for file in saved if file.suffix != _ENDING]
        leftovers = [file for file in drafts if file.stat().st_mtime < oldest]
        with transaction(connection):  # a file gets its name in one, with its row
            rows = connection.execute("SELECT id FROM runs JOIN states ON run = position")
            current = {file_of(home, row["id"]) for row in rows}
            states = {file for file in saved if file.suffix == _ENDING}
            leftovers += map(_renamed, states - current)
        for file in leftovers:  # which takes as long as they are large
            file.unlink(missing_ok=True)


def _renamed(file: Path) -> Path:
    """The file, under a name that is no state's."""
    renamed = file.with_name(f".{file.stem}.gone")
    with suppress(FileNotFoundError):  # its run's own process was quicker
        file.replace(renamed)
    return renamed


def _add(connection: sqlite3.Connection, position: int, size: int) -> None:
    query = "UPDATE runs SET bytes = bytes + ? WHERE position = ?"
    connection.execute(query, (size, position))
