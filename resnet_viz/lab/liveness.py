"""Whether a run's worker process is still there."""

from __future__ import annotations

import sqlite3
import time

import psutil

HEARTBEAT_SECONDS = 0.5
STALE_SECONDS = 4.0
# Until the first step a worker imports torch, which holds the interpreter's lock for seconds.
STARTING_SECONDS = 60.0
_CLOCK_SLACK = 2.0


def find_process(row: sqlite3.Row) -> psutil.Process | None:
    """The worker of a run, unless it ended; another process may have got its number since."""
    try:
        process = psutil.Process(row["pid"])
        is_same = abs(process.create_time() - row["pid_created"]) < _CLOCK_SLACK
        return process if is_same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None


def silence(row: sqlite3.Row) -> float:
    """Seconds since the worker's last heartbeat."""
    return time.time() - float(row["heartbeat"])


def is_alive(row: sqlite3.Row) -> bool:
    """Whether the worker of a run that is not over is there and answers."""
    if row["pid"] is not None and find_process(row) is None:
        return False
    return silence(row) <= (STALE_SECONDS if row["steps_done"] else STARTING_SECONDS)


def why_dead(row: sqlite3.Row) -> str:
    """A sentence on a worker for which `is_alive` is false."""
    if row["pid"] is None:
        return "The worker process was never started."
    if find_process(row) is None:
        return "The worker process ended without a word (killed, or out of memory)."
    return f"The worker process has not answered for {silence(row):.0f} s."
