"""Whether a run's worker process is still there, and whether it answers.

The two are apart: a process that is stopped, or sleeps with its laptop, is there and will answer
again; only one that is gone has been interrupted. That it is there does not depend on the clock.
"""

from __future__ import annotations

import sqlite3
import time

import psutil

from resnet_viz.store.run import WATCHED

HEARTBEAT_SECONDS = 0.5
SILENT_SECONDS = 4.0
# Until the first step a worker imports torch, which holds the interpreter's lock for seconds.
STARTING_SECONDS = 60.0
# The launcher says of the runs that wait for a worker, too, that they are not forgotten.
FORSAKEN_SECONDS = 5.0
LOST_SECONDS = 3600.0
_SAME_BIRTH_SECONDS = 2.0


def born(process: psutil.Process) -> float:
    """When a process began, in a count that does not move when the clock is set.

    Since boot; on Windows since the epoch, as the system wrote it down once and for all.
    """
    since_epoch = float(process.create_time())
    return since_epoch if psutil.WINDOWS else since_epoch - float(psutil.boot_time())


def find_process(row: sqlite3.Row) -> psutil.Process | None:
    """The worker of a run, unless it ended; another process may have got its number since."""
    return None if row["pid"] is None else find_by_birth(row["pid"], row["pid_created"])


def find_by_birth(pid: int, birth: float) -> psutil.Process | None:
    """The process with that number that was born then, unless it has ended."""
    try:
        process = psutil.Process(pid)
        is_same = abs(born(process) - birth) < _SAME_BIRTH_SECONDS
        return process if is_same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None


def is_gone(row: sqlite3.Row) -> bool:
    """Whether the worker of a run that is not over has ended; a run may be without one yet.

    Of one in a cluster that is so when nobody there has answered for an hour.
    """
    if is_elsewhere(row):
        return not _rests(row) and _silence(row) > LOST_SECONDS
    return row["pid"] is not None and find_process(row) is None


def is_elsewhere(row: sqlite3.Row) -> bool:
    """Whether another engine than this machine carries it out."""
    return row["host"] not in ("", WATCHED)


def is_forsaken(row: sqlite3.Row, host: str = "") -> bool:
    """Whether a run, or job, that waits for its worker is out of the care of its engine `host`."""
    waits = row["pid"] is None and row["host"] == host and not _rests(row)
    return waits and abs(_silence(row)) > FORSAKEN_SECONDS


def why_silent(row: sqlite3.Row) -> str:
    """A sentence on a worker that is there but has not answered for too long; "" if it answers.

    A clock set back leaves the last answer in the future; a worker that is well answers anew
    within half a second.
    """
    if _rests(row):
        return ""
    silence = _silence(row)
    if abs(silence) <= (SILENT_SECONDS if row["steps_done"] else STARTING_SECONDS):
        return ""
    duration = f"{silence:.0f} s" if silence < 120 else f"{silence / 60:.0f} min"
    long = f" for {duration}" if silence > 0 else ""
    if is_elsewhere(row):
        return f"The cluster has not answered{long}. A run whose machine is gone begins again."
    if row["pid"] is None and not row["host"]:
        return f"The worker process was never started: the launcher has not answered{long}."
    return f"The worker process has not answered{long} (suspended?); it goes on once it answers."


def _rests(row: sqlite3.Row) -> bool:
    """Whether it is a run that is paused and has no process (runs_table.RESTING); no job is. One in
    a cluster has none if it has not begun, or its state was saved."""
    is_paused = row["pid"] is None and row["status"] == "paused" and row["control"] == "pause"
    if not is_paused or row["extra_steps"] > 0 or row["host"] == WATCHED:
        return False
    return not row["host"] or row["started"] is None or row["state_step"] is not None


def _silence(row: sqlite3.Row) -> float:
    """Seconds since the worker's last heartbeat."""
    return time.time() - float(row["heartbeat"])
