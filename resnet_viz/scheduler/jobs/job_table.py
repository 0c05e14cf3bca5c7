"""The rows of jobs: their order, their care by the launcher, and their end."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from resnet_viz.scheduler import heartbeat, launcher_client
from resnet_viz.scheduler.task_table import JOBS, SMALLER
from resnet_viz.store import paths
from resnet_viz.text import byte_size

PLACES = 2
"""Jobs at work at once; more would only take memory and time from each other."""
KEPT_SECONDS = 3600.0
"""For so long the result of a job can be fetched."""
MOST_BYTES = 4 * 10**9
"""Of the files that jobs were handed in with, together: those that are over give way."""


def folder_of(home: Path, job_id: str) -> Path:
    """Where a job's files are."""
    return home / "jobs" / job_id


def select_jobs(
    connection: sqlite3.Connection, where: str = "1", *values: object
) -> Sequence[sqlite3.Row]:
    """Rows of jobs, oldest first."""
    query = f"SELECT * FROM jobs WHERE {where} ORDER BY position"
    return connection.execute(query, values).fetchall()


def in_turn(active: Sequence[sqlite3.Row]) -> Sequence[sqlite3.Row]:
    """Of the `active` jobs, oldest first, those that are queued in the order they get a place.

    By age, but who has asked for several waits with the second until all others have had a first.
    """
    asked: Counter[str] = Counter()
    ranks: dict[str, int] = {}
    for row in sorted(active, key=lambda row: row["status"] == "queued"):
        ranks[row["id"]] = asked[row["asker"]]
        asked[row["asker"]] += 1
    queued = [row for row in active if row["status"] == "queued"]
    return sorted(queued, key=lambda row: ranks[row["id"]])


def before(row: sqlite3.Row, active: Sequence[sqlite3.Row]) -> int:
    """How many of the `active` jobs have to end before the queued one `row` gets a place.

    None, where it was begun or cancelled after `row` was read.
    """
    working: int = sum(other["status"] == "working" for other in active)
    waiting = [other["id"] for other in in_turn(active)]
    if row["id"] not in waiting:
        return 0
    return max(0, working + waiting.index(row["id"]) + 1 - PLACES)


def due(connection: sqlite3.Connection, begun: Sequence[str]) -> Sequence[str]:
    """The queued jobs for which there is a place; `begun` have a process, seen in a row or not."""
    active = select_jobs(connection, JOBS.busy)
    working = {row["id"] for row in active if row["status"] == "working"}
    taken = working | {row["id"] for row in active if row["id"] in begun}
    waiting = [row["id"] for row in in_turn(active) if row["id"] not in taken]
    return waiting[: max(0, PLACES - len(taken))]


def care(connection: sqlite3.Connection, home: Path) -> None:
    """End the jobs past their limit, and write down those whose process is gone."""
    now = time.time()
    for row in select_jobs(connection, "status = 'working' AND host = ''"):
        process = heartbeat.find_process(row)
        if process is None:
            interrupt(connection, home, row["id"])
        elif now - row["began"] > row["limit_seconds"]:
            finish(connection, row["id"], "failed", message=too_long(row))
            launcher_client.end_processes([process])


def interrupt(connection: sqlite3.Connection, home: Path, job_id: str) -> None:
    """Write down a job whose process is gone, unless it was over by then."""
    finish(connection, job_id, "interrupted", message=JOBS.why_gone(home, job_id))


def too_long(row: sqlite3.Row) -> str:
    """Why a job was ended that took too long."""
    minutes = row["limit_seconds"] / 60
    long = f"{minutes:.0f} minutes" if minutes >= 2 else f"{row['limit_seconds']:.0f} seconds"
    return (
        f"{row['title']} was ended after {long}, the most that it may take; {SMALLER}, or use the "
        "command line."
    )


def finish(
    connection: sqlite3.Connection,
    job_id: str,
    status: str,
    *,
    message: str = "",
    result: str | None = None,
) -> bool:
    """Write down how a job ended; False where it was over already."""
    change = "status = ?, message = ?, result = ?, ended = ?"
    query = f"UPDATE jobs SET {change} WHERE id = ? AND {JOBS.busy}"
    values = (status, message, result, time.time(), job_id)
    return connection.execute(query, values).rowcount == 1


def forget_old(connection: sqlite3.Connection, home: Path) -> None:
    """Delete the jobs that were over long ago, with their files; in no transaction."""
    where = f"NOT {JOBS.busy} AND abs(? - ended) > ?"
    values = (time.time(), KEPT_SECONDS)
    for row in select_jobs(connection, where, *values):
        connection.execute("DELETE FROM jobs WHERE id = ?", (row["id"],))
        shutil.rmtree(folder_of(home, row["id"]), ignore_errors=True)
        paths.log_file(home, row["id"]).unlink(missing_ok=True)
    for folder in (home / "jobs").glob("*"):  # whoever handed it in was killed before its row came
        with suppress(OSError):
            if abs(time.time() - folder.stat().st_mtime) > KEPT_SECONDS and not select_jobs(
                connection, "id = ?", folder.name
            ):
                shutil.rmtree(folder, ignore_errors=True)


def make_room(connection: sqlite3.Connection, home: Path, size: int) -> None:
    """Have the folders of jobs take `size` bytes more; the files of the oldest that are over go.

    In no transaction: it takes as long as the files are large.

    Raises:
        ValueError: where those of jobs under way leave no room.
    """
    folders = (home / "jobs").glob("*")
    taken = {folder: sum(map(paths.size_of, folder.glob("*"))) for folder in folders}
    missing = sum(taken.values()) + size - MOST_BYTES
    for row in select_jobs(connection, f"NOT {JOBS.busy}") if missing > 0 else ():
        folder = folder_of(home, row["id"])
        if missing > 0 and taken.get(folder):
            missing -= taken[folder]
            connection.execute("DELETE FROM jobs WHERE id = ?", (row["id"],))
            shutil.rmtree(folder, ignore_errors=True)
    if missing > 0:
        raise ValueError(
            f"the files of other jobs leave no room for {byte_size(size)}; try again when they "
            "are over"
        )
