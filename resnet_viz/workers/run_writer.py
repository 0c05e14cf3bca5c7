"""What a run's own worker writes of it into the store, while it trains and at its end."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.quantities.points import FINAL
from resnet_viz.quantities.records import StepRecord
from resnet_viz.store import checkpoint_index, saved_states
from resnet_viz.store.database import FILE_NAME, StoreError, WalFile
from resnet_viz.store.migrations import transaction
from resnet_viz.store.records.chunks import insert_late, insert_records, put_together
from resnet_viz.store.runs_table import OVER

WRITE_SECONDS = 0.1


class RunWriter:
    """The records of a run on their way into the store, and its row, on one connection.

    `state_step` is the step that the run's saved state begins with, None once it has gone further.
    """

    def __init__(
        self, connection: sqlite3.Connection, home: Path, row: sqlite3.Row, spec: RunSpec
    ) -> None:
        self.recorded = int(row["steps_done"])
        """Steps that were on record when this process took the run up."""
        self.state_step: int | None = row["state_step"]
        self._connection, self._home, self._spec = connection, home, spec
        self._id, self._position = str(row["id"]), int(row["position"])
        self._wal = WalFile(home)
        self._pending: list[StepRecord] = []
        self._written = 0.0

    def add(self, record: StepRecord) -> None:
        """A step that was done, unless it is on record: one goes on from an earlier state."""
        if record.step >= self.recorded:
            self._pending.append(record)

    @property
    def is_due(self) -> bool:
        """Whether nothing was written for a while."""
        return time.monotonic() - self._written >= WRITE_SECONDS

    def write(self) -> None:
        """Commit the records that are not yet."""
        pending, self._pending = self._pending, []
        is_further = bool(pending) and self.state_step is not None
        with transaction(self._connection):
            insert_records(self._connection, self._position, pending)
            if is_further:
                saved_states.forget(self._connection, self._position)
        put_together(self._connection, self._position, pending)
        self._written = time.monotonic()
        if is_further:
            self._drop_state()

    def add_end(self, record: StepRecord) -> None:
        """What the last record, which is written, did not have yet."""
        with transaction(self._connection):
            end = {FINAL: record.values[FINAL]}
            insert_late(self._connection, self._position, record.step, end)

    def check(self) -> None:
        """StoreError once what is written can be seen by nobody; what was written before is saved.

        This connection still has the file that was deleted, and puts what is in it where it goes.
        """
        if self._wal.is_replaced():
            self.write()
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
            raise StoreError(
                f"the file {FILE_NAME}-wal in {self._home} was deleted while the run went on; what "
                "it had measured until then was saved"
            )

    def finish(self, status: str, message: str = "") -> None:
        """Write what is pending, and how the run ended."""
        self.write()
        self.change("status = ?, message = ?, ended = ?", status, message, time.time())
        if self.state_step is not None:
            saved_states.file_of(self._home, self._id).unlink(missing_ok=True)

    def change(self, change: str, *values: object) -> None:
        """Change the row of this run, unless it is over."""
        over = ", ".join(f"'{status}'" for status in OVER)
        query = f"UPDATE runs SET {change} WHERE position = ? AND status NOT IN ({over})"
        self._connection.execute(query, (*values, self._position))

    def _drop_state(self) -> None:
        """Delete what the run has gone on from, and the weights that were kept for that alone."""
        step, self.state_step = self.state_step, None
        saved_states.file_of(self._home, self._id).unlink(missing_ok=True)
        if step is not None and not checkpoint_index.is_due(self._spec, step):
            checkpoint_index.drop(self._connection, self._home, (self._id, self._position), step)
