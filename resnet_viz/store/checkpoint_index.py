"""Checkpoint index: the weights that are kept of each run, and the room they may take; no torch.

A checkpoint at step N has the weights that step N begins with, after N updates: those that the
record of step N was measured with. That of step 0 is never kept: the initial weights follow from
config and seed. Files are in the folder `checkpoints`, a folder a run; what is there, and what is
no longer there and why, is in the store.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from resnet_viz.arch.config import explain
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.store.atomic_file import atomic_write
from resnet_viz.store.migrations import transaction
from resnet_viz.store.size_limits import size_in
from resnet_viz.text import byte_size

LIMIT_VARIABLE = "RESNET_VIZ_CHECKPOINTS"
LIMIT_BYTES = 10**9
"""What all checkpoints of a folder may take, where RESNET_VIZ_CHECKPOINTS does not say."""
Weights = tuple[int, Callable[[], bytes]]
"""About how many bytes they take, and what makes them."""
SMALL_BYTES = 64 * 10**6
"""The last weights are kept unasked where they take no more."""


class Checkpoint(NamedTuple):
    """A checkpoint: weights of a run; `gone` says why they were deleted, "" if they exist."""

    step: int
    bytes: int
    gone: str


def is_wanted(spec: RunSpec, steps_done: int, size: int, *, is_last: bool) -> bool:
    """Whether a run of these settings keeps its weights, of `size` bytes, after so many steps."""
    is_small_end = is_last and steps_done > 0 and size <= SMALL_BYTES
    return is_small_end or is_due(spec, steps_done)


def is_due(spec: RunSpec, steps_done: int) -> bool:
    """Whether the settings ask for the weights after so many steps."""
    every = spec.checkpoint_every
    return steps_done in spec.checkpoints or (every > 0 and steps_done % every == 0 < steps_done)


def limit() -> int:
    """The limit, in bytes, of all checkpoints of a folder."""
    size = size_in(LIMIT_VARIABLE)
    return LIMIT_BYTES if size is None else size


def folder_of(home: Path, run_id: str) -> Path:
    """The folder of the weights of a run."""
    return home / "checkpoints" / run_id


def file_of(home: Path, run_id: str, step: int) -> Path:
    """The file of the weights with which step `step` begins."""
    return folder_of(home, run_id) / f"step-{step}.safetensors"


def files(home: Path) -> Sequence[Path]:
    """All files of weights of a folder."""
    return list((home / "checkpoints").glob("*/*"))


def of_run(connection: sqlite3.Connection, position: int) -> Sequence[Checkpoint]:
    """The checkpoints of a run, in the order of the steps."""
    query = "SELECT step, bytes, gone FROM checkpoints WHERE run = ? ORDER BY step"
    return [Checkpoint(*row) for row in connection.execute(query, (position,))]


def check_there(step: int, checkpoints: Mapping[int, Checkpoint]) -> None:
    """ValueError if the weights with which step `step` begins do not exist; it names those that
    do."""
    if step == 0 or (step in checkpoints and not checkpoints[step].gone):
        return
    steps = [0, *(checkpoint.step for checkpoint in checkpoints.values() if not checkpoint.gone)]
    why = f": {checkpoints[step].gone}" if step in checkpoints else ""
    raise ValueError(
        f"the weights at step {step} are not there{why}; allowed: {', '.join(map(str, steps))}"
    )


def write_down(connection: sqlite3.Connection, position: int, one: Checkpoint) -> None:
    """Add a checkpoint to the store, and its size to that of its run."""
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


def keep(
    connection: sqlite3.Connection,
    home: Path,
    run: tuple[str, int],
    step: int,
    weights: Weights,
) -> None:
    """Keep the weights in a file, or write down why that cannot be."""
    (run_id, position), (size, make) = run, weights
    written, why = 0, make_room(connection, home, size)
    if not why:
        file = file_of(home, run_id, step)
        try:
            content = make()
            file.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(file) as made:
                made.write_bytes(content)
            written = len(content)
        except (OSError, ValueError) as error:
            why = f"they could not be written: {explain(ValueError(error))}"
    write_down(connection, position, Checkpoint(step, written, why))


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
        rows = connection.execute(query).fetchall()
        used = sum(row["bytes"] for row in rows)
        for row in rows:
            if used + size <= most:
                break
            forgotten = Checkpoint(row["step"], 0, f"they were deleted for newer ones: {allowed}")
            _set(connection, row["run"], forgotten)
            used -= row["bytes"]
            deleted.append(file_of(home, row["id"], row["step"]))
    for file in deleted:  # which takes as long as they are large, and others may write meanwhile
        with suppress(OSError):
            file.unlink(missing_ok=True)
    return ""


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
