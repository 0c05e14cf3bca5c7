"""The sink of a run on this machine: the store, on the connection of the worker's main thread."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path

from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.quantities.records import StepRecord
from resnet_viz.scheduler import parking
from resnet_viz.scheduler.worker_turn import Turns
from resnet_viz.store import checkpoint_index, saved_states
from resnet_viz.store.atomic_file import temporary_beside
from resnet_viz.store.database import StoreError
from resnet_viz.store.runs_table import select_runs
from resnet_viz.workers.run_writer import RunWriter


class LocalSink:
    """The row, records and files of one run.

    Raises:
        StoreError: where there is no such run.
    """

    def __init__(self, connection: sqlite3.Connection, run_id: str, home: Path) -> None:
        self._connection, self._home = connection, home
        rows = select_runs(connection, "id = ?", run_id)
        if not rows:
            raise StoreError(f"there is no run with the id {run_id!r}")
        self._id, self._position = run_id, int(rows[0]["position"])
        self.ends_early = bool(rows[0]["sweep"])
        self._turns = Turns(connection, self._position)
        self._patience: parking.Patience | None = None
        self.spec = RunSpec.model_validate_json(rows[0]["spec"])
        self.writer = writer = RunWriter(connection, home, rows[0], self.spec)
        self.deliver, self.add_end, self.finish = writer.write, writer.add_end, writer.finish
        run = run_id, self._position
        self.keep = partial(checkpoint_index.keep, connection, home, run)

    @property
    def recorded(self) -> int:
        """Steps that were on record as the worker took the run up."""
        return self.writer.recorded

    @property
    def state_step(self) -> int | None:
        """The step of its saved state, until it has gone further."""
        return self.writer.state_step

    @property
    def interval(self) -> float:
        """Seconds from the begin of a step to that of the next, at least."""
        return self._turns.interval

    def may_begin(self) -> bool:
        """Whether the run has a place."""
        self.writer.check()
        return self._turns.may_begin()

    def begin(self, device: str, threads: int, header: str) -> None:
        """Write down on what it is trained."""
        self.writer.change("device = ?, threads = ?, header = ?", device, threads, header)

    def saved_state(self) -> Path:
        """The file of its state."""
        return saved_states.file_of(self._home, self._id)

    def take(self, record: StepRecord) -> None:
        """A step that was done; it is written where nothing was for a while."""
        self.writer.add(record)
        if self.writer.is_due:
            self.writer.write()

    def may_step(self, done: int) -> bool:
        """Whether to do a step now: as its user wants, and as there are places."""
        self.writer.check()
        if may := self._turns.may_step(done):
            self._patience = None
        return may

    def is_to_rest(self) -> bool:
        """Whether nobody has looked at the paused run for long; asked anew from then on."""
        self._patience = self._patience or parking.Patience(self._connection, self._position)
        if is_over := self._patience.is_over():
            self._patience.renew()
        return is_over

    def give_up(self) -> None:
        """Have the row name no process.

        Raises:
            Parked: when it is done.
        """
        parking.give_up(self._connection, self._position)

    def check_room(self, size: int) -> None:
        """OSError where a state of so many bytes is too much."""
        if why := saved_states.no_room(self._connection, size):
            raise OSError(why)

    def give_up_with(self, step: int, write: Callable[[Path], None]) -> None:
        """The same, in the transaction in which the state gets its row and its name.

        Raises:
            Parked: when it is done.
        """
        file = self.saved_state()
        file.parent.mkdir(exist_ok=True)
        with temporary_beside(file) as temporary:
            write(temporary)

            def save() -> None:
                size = temporary.stat().st_size
                saved_states.write_down(self._connection, self._position, step, size)
                temporary.replace(file)

            parking.give_up(self._connection, self._position, save)
