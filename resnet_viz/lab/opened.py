"""A store that is open: how it is read, what becomes of one that is damaged, and its jobs."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from resnet_viz.scheduler import heartbeat
from resnet_viz.scheduler.engine import Engine, ThisMachine
from resnet_viz.scheduler.jobs.jobs import Job, Jobs
from resnet_viz.scheduler.jobs.kind import JobRequest
from resnet_viz.store.database import CorruptStoreError, Store, default_home
from resnet_viz.store.records.chunks import Note

_Result = TypeVar("_Result")


class Opened:
    """The store of a folder, and the engine that carries out what waits in it."""

    def __init__(self, path: Path | str | None = None, engine: Engine | None = None) -> None:
        self._engine = engine or ThisMachine()
        self._store = Store(default_home() if path is None else Path(path))
        self._jobs = Jobs(self._store, lambda: self._engine.start(self._store))
        self.notice: str | None = None
        self._revived = -heartbeat.FORSAKEN_SECONDS
        self._guarded(self._store.check)

    def ready(self) -> None:
        """Begin the launcher, in the background, so that the next run starts at once."""
        self._guarded(lambda: self._engine.prepare(self._store))
        self._engine.start(self._store)

    @property
    def home(self) -> Path:
        """The folder that holds the store."""
        return self._store.home

    def submit(
        self,
        kind: str,
        request: JobRequest | Mapping[str, Any],
        *,
        asker: str = "",
        files: Mapping[str, bytes] | None = None,
    ) -> str:
        """Queue a job of a kind of lab/jobs/kinds; its id (see `Jobs.submit`).

        Raises:
            ValueError: for an unknown kind or a request that it refuses, and where too many wait.
        """
        self._guarded(lambda: self._engine.prepare(self._store))
        return self._guarded(lambda: self._jobs.submit(kind, request, asker=asker, files=files))

    def job(self, job_id: str) -> Job:
        """A job as it is now; it is forgotten an hour after its end."""
        return self._guarded(lambda: self._jobs.get(job_id))

    def jobs_under_way(self, kind: str) -> Sequence[Job]:
        """The jobs of a kind that are not over, oldest first, whoever asked for them."""
        return self._guarded(lambda: self._jobs.under_way(kind))

    def cancel_job(self, job_id: str) -> None:
        """End a job at once, unless others want it, too; what is over stays as it is."""
        self._guarded(lambda: self._jobs.cancel(job_id))

    def _damage_of(self, run_id: str) -> Note:
        """Says in `notice` what of a run was damaged."""

        def note(what: str) -> None:
            self.notice = (
                f"a part of the run {run_id} was changed by a damage of the file "
                f"{self._store.file} and is left out: {what}"
            )

        return note

    def _read(self, what: Callable[[sqlite3.Connection], _Result]) -> _Result:
        def read() -> _Result:
            with self._store.session() as connection:
                return what(connection)

        return self._guarded(read)

    def _guarded(self, action: Callable[[], _Result]) -> _Result:
        try:
            return action()
        except CorruptStoreError as error:
            if aside := self._store.set_aside():
                self.notice = (
                    f"{error}; it was set aside as {aside.name} and a new one begun. To bring back "
                    "what is sound of it, type: python -m resnet_viz runs recover"
                )
            return action()
