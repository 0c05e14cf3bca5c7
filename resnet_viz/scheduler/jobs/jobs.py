"""Jobs handed in, looked at and cancelled; no torch, and nothing here waits."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from resnet_viz.arch.config import explain
from resnet_viz.scheduler import heartbeat, launcher_client
from resnet_viz.scheduler.engine import BoundEngine
from resnet_viz.scheduler.jobs import job_table
from resnet_viz.scheduler.jobs.kind import Fields, JobRequest, Kind
from resnet_viz.scheduler.jobs.registry import kind_of
from resnet_viz.scheduler.task_table import JOBS
from resnet_viz.store.database import StoreError
from resnet_viz.store.recovery.guarded_store import GuardedStore
from resnet_viz.store.run import insert, new_id
from resnet_viz.text import shorten

Files = Mapping[str, bytes]
"""Name -> content."""
MOST_WAITING = 200
_OVER = ("done", "failed", "cancelled", "interrupted")
_PLAIN = ("id", "kind", "created", "began", "ended", "progress", "words")


@dataclass(frozen=True)
class Job:
    """A job as it is now: of what `kind`, and the fields of its `request`. Times are epoch seconds.

    `status`: queued, working, done, failed, cancelled or interrupted (its process is gone, and not
    by itself). `before` is how many others have to end before a queued one begins; `progress` goes
    from 0 to 1, and `words` say what is being done; `message` is one sentence on a failure.
    `result` is what the work returned, its files are in `folder`. Of a kind that finds one thing
    after the other, it is what has been found so far while the job works; else None until done.
    """

    id: str
    kind: str
    request: Mapping[str, Any] = field(hash=False)
    status: str
    before: int
    created: float
    began: float | None
    ended: float | None
    progress: float
    words: str
    message: str
    folder: Path
    result: Any = field(hash=False)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status in _OVER


class Jobs:
    """The jobs in a store; `engine` sees to it that those that wait are begun.

    Raises:
        StoreError: in every method, where the store cannot be used.
    """

    def __init__(self, store: GuardedStore, engine: BoundEngine) -> None:
        self._store, self._engine = store, engine

    def submit(
        self, kind: str, request: Fields, *, asker: str = "", files: Files | None = None
    ) -> str:
        """Queue a job; its unguessable id.

        Of a shared kind, whose result depends on its request alone, it is the id of one that was
        asked before, if its result is there or on its way.

        Args:
            kind: the name of a file in workers/job_kinds.
            request: the fields of that kind's request.
            asker: who wants it; a place goes to each in turn.
            files: name -> content, for the job's folder.

        Raises:
            ValueError: for an unknown kind or a request that it refuses, and where too many wait,
                or the files of those under way take too much room.
        """
        about, job_id = kind_of(kind), new_id()
        text = checked(about, request).model_dump_json()
        row: dict[str, object] = {"id": job_id, "kind": kind, "title": about.title, "request": text}
        row |= {"asker": asker, "limit_seconds": about.limit_seconds}
        if about.is_shared:  # another state of the code may give another result
            whole = f"{launcher_client.kind()} {kind} {text}"
            row["same"] = sha256(whole.encode()).hexdigest()
        self._engine.prepare()
        # Files come and go before the row does: nobody else can write while there is a transaction.
        self._store.read(_make_room, self._store.home, files or {})
        try:
            self._put(job_id, files or {})
            known = self._store.write(_add, row)
        except BaseException:
            self._drop(job_id)
            raise
        if known is not None:
            self._drop(job_id)
            return known
        self._engine.start()
        return job_id

    def get(self, job_id: str) -> Job:
        """A job as it is now.

        Raises:
            ValueError: for an unknown id; a job is forgotten an hour after its end.
        """
        row, active = self._store.read(_job_rows, job_id)
        self._engine.revive([row] if _waits(row) else ())
        return self._job(row, active)

    def under_way(self, kind: str) -> Sequence[Job]:
        """The jobs of a kind that are not over, oldest first, whoever asked for them."""
        active = self._store.read(job_table.select_jobs, JOBS.busy)
        jobs = [self._job(row, active) for row in active if row["kind"] == kind]
        return [job for job in jobs if not job.is_over]

    def cancel(self, job_id: str) -> None:
        """End a job at once, unless others want it, too; what is over stays as it is.

        Raises:
            ValueError: for an unknown id.
        """
        row = self._store.write(_cancel, job_id)
        if row and (process := heartbeat.find_process(row)):
            launcher_client.end_processes([process])

    def _job(self, row: sqlite3.Row, active: Sequence[sqlite3.Row]) -> Job:
        status, message = row["status"], row["message"]
        if status == "working" and heartbeat.is_gone(row):
            message = JOBS.why_gone(self._store.home, row["id"])
            status = "interrupted"
        return Job(
            **{name: row[name] for name in _PLAIN},
            request=json.loads(row["request"]),
            status=status,
            before=job_table.before(row, active) if active and _waits(row) else 0,
            message=message,
            folder=job_table.folder_of(self._store.home, row["id"]),
            result=None if row["result"] is None else json.loads(row["result"]),
        )

    def _put(self, job_id: str, files: Files) -> None:
        """The job's folder with its files; none where there are none."""
        if not files:
            return
        folder = job_table.folder_of(self._store.home, job_id)
        try:
            folder.mkdir(parents=True)
            for name, content in files.items():
                (folder / Path(name).name).write_bytes(content)
        except OSError as error:
            reason = error.strerror or error
            raise StoreError(f"the folder {folder} cannot be written: {reason}") from error

    def _drop(self, job_id: str) -> None:
        shutil.rmtree(job_table.folder_of(self._store.home, job_id), ignore_errors=True)


def checked(kind: Kind, request: Fields) -> JobRequest:
    """The request of a job of a kind; ValueError, in one sentence, for one that it refuses."""
    fields = request.model_dump() if isinstance(request, JobRequest) else dict(request)
    try:
        return kind.request.model_validate(fields)
    except ValidationError as error:
        raise ValueError(explain(error)) from error


def _known(connection: sqlite3.Connection, same: str) -> str | None:
    """The job of an equal request that is done or under way, which one more now wants."""
    alive = "status IN ('queued', 'working', 'done')"
    for row in job_table.select_jobs(connection, f"same = ? AND {alive}", same):
        if not (row["status"] == "working" and heartbeat.is_gone(row)):
            connection.execute("UPDATE jobs SET wanted = wanted + 1 WHERE id = ?", (row["id"],))
            return str(row["id"])
    return None


def _make_room(connection: sqlite3.Connection, home: Path, files: Files) -> None:
    """For one more job with such files."""
    job_table.forget_old(connection, home)
    if files:
        _check_waiting(connection)
        job_table.make_room(connection, home, sum(map(len, files.values())))


def _add(connection: sqlite3.Connection, row: Mapping[str, object]) -> str | None:
    """Put a job into the queue; the id of an equal one instead, which is wanted once more."""
    if "same" in row and (known := _known(connection, str(row["same"]))):
        return known
    _check_waiting(connection)
    now = time.time()
    insert(connection, "jobs", {**row, "created": now, "heartbeat": now})
    return None


def _check_waiting(connection: sqlite3.Connection) -> None:
    waiting = len(job_table.select_jobs(connection, JOBS.waiting))
    if waiting >= MOST_WAITING:
        raise ValueError(f"{waiting} jobs wait, and more are not taken; try again later")


def _find(connection: sqlite3.Connection, job_id: str) -> sqlite3.Row:
    rows = job_table.select_jobs(connection, "id = ?", job_id)
    if not rows:
        raise ValueError(f"there is no job with the id {shorten(job_id)}")
    return rows[0]


def _job_rows(
    connection: sqlite3.Connection, job_id: str
) -> tuple[sqlite3.Row, Sequence[sqlite3.Row]]:
    """A job, and where it waits those that are under way."""
    row = _find(connection, job_id)
    if row["status"] == "working" and heartbeat.is_gone(row):
        row = _find(connection, job_id)  # it may have written its end just before
    return row, job_table.select_jobs(connection, JOBS.busy) if _waits(row) else ()


def _cancel(connection: sqlite3.Connection, job_id: str) -> sqlite3.Row | None:
    """A job that nobody wants any more, and that is over now."""
    row = _find(connection, job_id)
    connection.execute("UPDATE jobs SET wanted = wanted - 1 WHERE id = ?", (job_id,))
    is_last = row["wanted"] <= 1 and job_table.finish(connection, job_id, "cancelled")
    return row if is_last else None


def _waits(row: sqlite3.Row) -> bool:
    return bool(row["status"] == "queued")
