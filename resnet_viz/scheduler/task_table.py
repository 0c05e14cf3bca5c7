"""Task tables: `runs` and `jobs`, as far as workers take both up and end with them."""

from __future__ import annotations

import shutil
import sqlite3
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from resnet_viz.scheduler.heartbeat import born
from resnet_viz.store import runs_table, saved_states
from resnet_viz.store.paths import log_lines

ERROR_MARK = "error: "
SMALLER = "choose a smaller batch, net or image"
_LITTLE_BYTES = 64 * 1024


@dataclass(frozen=True)
class TaskTable:
    """A table whose rows are tasks of workers; conditions and changes are SQL.

    `busy` rows need the launcher, `waiting` ones wait for a worker, and a worker may take up those
    that are `free`; `taken_up` is what it writes then. `silent_end` says of a worker what can be
    said where it left no word.
    """

    name: str
    busy: str
    waiting: str
    free: str
    taken_up: str
    silent_end: str

    def has(self, connection: sqlite3.Connection, where: str) -> bool:
        """Whether there are such rows."""
        query = f"SELECT 1 FROM {self.name} WHERE {where} LIMIT 1"
        return connection.execute(query).fetchone() is not None

    def renew(self, connection: sqlite3.Connection) -> None:
        """Say of those that wait that somebody cares."""
        if self.has(connection, self.waiting):
            query = f"UPDATE {self.name} SET heartbeat = ? WHERE {self.waiting}"
            connection.execute(query, (time.time(),))

    def take_up(self, connection: sqlite3.Connection, id: str) -> bool:
        """Write down that this process works on a row, unless another does, or it is over."""
        me = psutil.Process()
        change = f"pid = :pid, pid_created = :born, {self.taken_up}"
        query = f"UPDATE {self.name} SET {change} WHERE id = :id AND {self.free}"
        values = {"pid": me.pid, "born": born(me), "now": time.time(), "id": id}
        return connection.execute(query, values).rowcount == 1

    def end_waiting(
        self,
        connection: sqlite3.Connection,
        status: str,
        message: str,
        where: str = "1",
        *values: str | int,
    ) -> None:
        """Write down how those that wait for a worker have ended; a run that has a state is paused
        again."""
        where = f"{where} AND {self.waiting}"
        if self is RUNS:
            saved_states.pause_again(connection, message, where, *values)
        query = f"UPDATE {self.name} SET status = ?, message = ?, ended = ? WHERE {where}"
        connection.execute(query, (status, message, time.time(), *values))

    def why_gone(self, home: Path, id: str) -> str:
        """Why the worker of a row ended, where it could not write that to the store."""
        lines = [line for line in log_lines(home, id) if line.startswith(ERROR_MARK)]
        if lines:
            return lines[-1].removeprefix(ERROR_MARK)
        with suppress(OSError):
            if shutil.disk_usage(home).free < _LITTLE_BYTES:  # its words did not fit there either
                return f"The worker process ended: there is no space left on the disk with {home}."
        return self.silent_end


RUNS = TaskTable(
    name="runs",
    busy=runs_table.BUSY,
    waiting=runs_table.WAITING,
    free=runs_table.WITHOUT_WORKER,
    taken_up="heartbeat = :now, attempts = attempts + 1",
    silent_end="The worker process ended without a word (killed, or out of memory).",
)
_QUEUED = "status = 'queued' AND pid IS NULL AND host = ''"
JOBS = TaskTable(
    name="jobs",
    busy="status IN ('queued', 'working')",
    waiting=_QUEUED,
    free=_QUEUED,
    taken_up="status = 'working', began = :now",
    silent_end=(
        "The process ended without a word, most likely because memory ran out; "
        f"{SMALLER}, or try again."
    ),
)
TABLES = (RUNS, JOBS)
