"""Checkpoints: which weights of a run are kept, and the room they may take; no torch.

A checkpoint at step N has the weights that step N begins with, after N updates: those that the
record of step N was measured with. That of step 0 is never kept: the initial weights follow from
config and seed. Files are in the folder `checkpoints`, a folder a run; what is there, and what is
no longer there and why, is in the store.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.store.migrations import transaction
from resnet_viz.store.size_limits import size_in
from resnet_viz.text import byte_size

LIMIT_VARIABLE = "RESNET_VIZ_CHECKPOINTS"
LIMIT_BYTES = 10**9
"""What all checkpoints of a folder may take, where RESNET_VIZ_CHECKPOINTS does not say."""
SMALL_BYTES = 64 * 10**6
"""The last weights are kept unasked where they take no more."""


class Checkpoint(NamedTuple):
    """Weights of a run; `gone` says why they are not there, "" where they are."""

    step: int
    bytes: int
    gone: str


def asked(spec: RunSpec, steps_done: int, size: int, *, is_last: bool) -> bool:
    """Whether the weights, of `size` bytes, are to be kept after so many steps."""
    is_small_end = is_last and steps_done > 0 and size <= SMALL_BYTES
    return is_small_end or is_due(spec, steps_done)


def is_due(spec: RunSpec, steps_done: int) -> bool:
    """Whether the run wants its weights kept after so many steps."""
    every = spec.checkpoint_every
    return steps_done in spec.checkpoints or (every > 0 and steps_done % every == 0 < steps_done)


def limit() -> int:
    """Bytes that all checkpoints of a folder may take."""
    given = size_in(LIMIT_VARIABLE)
    return LIMIT_BYTES if given is None else given


def folder_of(home: Path, run_id: str) -> Path:
    """Where the weights of a run are."""
    return home / "checkpoints" / run_id


def file_of(home: Path, run_id: str, step: int) -> Path:
    """The weights that step `step` begins with."""
    return folder_of(home, run_id) / f"step-{step}.safetensors"


def files(home: Path) -> Sequence[Path]:
    """All of a folder's."""
    return list((home / "checkpoints").glob("*/*"))


def of_run(connection: sqlite3.Connection, position: int) -> Sequence[Checkpoint]:
    """What was kept of a run, in the order of the steps."""
    query = "SELECT step, bytes, gone FROM checkpoints WHERE run = ? ORDER BY step"
    return [Checkpoint(*row) for row in connection.execute(query, (position,))]


def check_there(step: int, kept: Mapping[int, Checkpoint]) -> None:
    """ValueError where the weights that step `step` begins with are not there, with those that
    are."""
    if step == 0 or (step in kept and not kept[step].gone):
        return
    there = [0, *(one.step for one in kept.values() if not one.gone)]
    why = f": {kept[step].gone}" if step in kept else ""
    raise ValueError(
        f"the weights at step {step} are not there{why}; allowed: {', '.join(map(str, there))}"
    )


def write_down(connection: sqlite3.Connection, position: int, one: Checkpoint) -> None:
    """Add a checkpoint to the store, and to what its run takes."""
    with transaction(connection):
        _set(connection, position, one)


def drop(connection: sqlite3.Connection, home: Path, run: tuple[str, int], step: int) -> None:
    """Forget a checkpoint, and delete its file."""
    run_id, position = run
    with transaction(connection):
        _set(connection, position, Checkpoint(step, 0, ""))
        query = "DELETE FROM checkpoints WHERE run = ? AND step = ?"
        connection.execute(query, (position, step))
    with suppress(OSError):
        file_of(home, run_id, step).unlink(missing_ok=True)


def make_room(connection: sqlite3.Connection, home: Path, size: int) -> str:
    """Delete the oldest checkpoints until `size` bytes more are within the limit.

    Why they never will be; "" where they are.
    """
    most = limit()
    allowed = f"{LIMIT_VARIABLE} allows {byte_size(most)} for all weights that are kept"
    if size > most:
        return f"they take {byte_size(size)}, and {allowed}"
    deleted: list[Path] = []
    with transaction(connection):
        query = (
            "SELECT run, step, checkpoints.bytes, id FROM checkpoints JOIN runs ON run = position "
            "WHERE checkpoints.bytes > 0 ORDER BY run, step"
        )
        there = connection.execute(query).fetchall()
        used = sum(row["bytes"] for row in there)
        for row in there:
            if used + size <= most:
                break
            gone = Checkpoint(row["step"], 0, f"they were deleted for newer ones: {allowed}")
            _set(connection, row["run"], gone)
            used -= row["bytes"]
            deleted.append(file_of(home, row["id"], row["step"]))
    for file in deleted:  # which takes as long as they are large, and others may write meanwhile
        with suppress(OSError):
            file.unlink(missing_ok=True)
    return ""


def delete(home: Path, run_id: str) -> None:
    """Delete the weights of a run that is gone."""
    shutil.rmtree(folder_of(home, run_id), ignore_errors=True)


def _set(connection: sqlite3.Connection, position: int, one: Checkpoint) -> None:
    key = (position, one.step)
    query = "SELECT bytes FROM checkpoints WHERE run = ? AND step = ?"
    before = connection.execute(query, key).fetchone()
    more = one.bytes - (before["bytes"] if before else 0)
    connection.execute(
        "INSERT OR REPLACE INTO checkpoints (run, step, bytes, gone) VALUES (?, ?, ?, ?)",
        (*key, one.bytes, one.gone),
    )
    connection.execute("UPDATE runs SET bytes = bytes + ? WHERE position = ?", (more, position))
