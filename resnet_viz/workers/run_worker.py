"""One run in a process of its own, its records written as they come.

The launcher begins it when the run's turn has come; torch has been imported by then.
"""

from __future__ import annotations

import gc
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from resnet_viz.data.registry import datasets
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.quantities.records import StepRecord
from resnet_viz.scheduler.heartbeat import HEARTBEAT_SECONDS
from resnet_viz.scheduler.parking import Parked, Patience, give_up
from resnet_viz.scheduler.task_table import RUNS
from resnet_viz.scheduler.worker_turn import Stopped, Turns
from resnet_viz.store import header, saved_states
from resnet_viz.store.atomic_file import temporary_beside
from resnet_viz.store.checkpoint_index import is_due
from resnet_viz.store.database import Store, StoreError, WalFile, default_home
from resnet_viz.store.runs_table import select_runs
from resnet_viz.training.error_messages import sentence
from resnet_viz.workers.run_writer import RunWriter

if TYPE_CHECKING:
    from resnet_viz.training.training_state import Resumable
    from resnet_viz.workers.checkpoint_writer import CheckpointWriter

LOOK_SECONDS = 0.05


class Worker:
    """One run, from the queue to its end; `connection` is the main thread's own."""

    def __init__(self, connection: sqlite3.Connection, run_id: str, home: Path) -> None:
        self._connection, self._id, self._home = connection, run_id, home
        rows = select_runs(connection, "id = ?", run_id)
        if not rows:
            raise StoreError(f"there is no run with the id {run_id!r}")
        self._position = int(rows[0]["position"])
        self._turns = Turns(connection, self._position)
        self._spec = RunSpec.model_validate_json(rows[0]["spec"])
        self._writer = RunWriter(connection, home, rows[0], self._spec)
        self._paused_seconds = 0.0
        self._seconds = 0.0
        self._stepped = -inf
        self._done = self._writer.state_step or 0
        self._checkpoints: CheckpointWriter | None = None
        self._resumable: Resumable | None = None

    def run(self) -> None:
        """Wait for a place, train, and write down how it ended."""
        device = "the device"
        try:
            patience = Patience(self._connection, self._position)
            while not self._turns.may_begin():
                self._writer.check()
                self._park_if(patience)
                time.sleep(2 * LOOK_SECONDS)
            device = self._prepare()
            self._train()
        except Stopped:
            self._writer.finish("stopped")
        except Parked:
            return
        except (StoreError, sqlite3.Error):
            raise
        except Exception as error:  # noqa: BLE001  whatever training raises is the run's result
            self._writer.finish("failed", sentence(error, device, self._spec.batch_size))
        else:
            self._writer.finish("finished")

    def _prepare(self) -> str:
        """The device's name. One thread each, so that contestants share fairly.

        Activation checkpointing is asked for to save memory, and then none is kept.
        """
        import torch  # noqa: PLC0415  not before the run's turn

        from resnet_viz.training.malloc import keep_freed  # noqa: PLC0415
        from resnet_viz.training.torch_devices import resolve  # noqa: PLC0415

        device = resolve(self._spec.device)
        if device.type == "cpu":
            torch.set_num_threads(1)
            torch.set_num_interop_threads(1)
            if not self._spec.activation_checkpointing:
                keep_freed()
        held = header.write(self._spec.quantities)  # a queued run may be of an older program
        values = (str(device), torch.get_num_threads(), held)
        self._writer.change("device = ?, threads = ?, header = ?", *values)
        return str(device)

    def _train(self) -> None:
        from resnet_viz.training.loop import train  # noqa: PLC0415
        from resnet_viz.workers.checkpoint_writer import CheckpointWriter  # noqa: PLC0415

        run = self._id, self._position
        self._checkpoints = checkpoints = CheckpointWriter(
            self._connection, self._home, run, self._spec
        )
        self._resumable = resumable = self._resumed()

        def ending(record: StepRecord) -> None:
            self._take(record)
            self._writer.write()
            self._keep(is_last=True)

        try:
            training = train(self._spec, built=checkpoints.hold, ending=ending, resumable=resumable)
            for record in self._steered(training):
                if record.step + 1 == self._spec.steps:
                    self._writer.add_end(record)
                    break
                self._take(record)
                if self._writer.is_due:
                    self._writer.write()
                if is_due(self._spec, self._done):
                    self._keep()
        except Stopped:
            self._keep(is_last=True)
            raise

    def _take(self, record: StepRecord) -> None:
        self._done = record.step + 1
        self._seconds = record.seconds - self._paused_seconds
        self._writer.add(replace(record, seconds=self._seconds))

    def _resumed(self) -> Resumable:
        """The training from its begin, or from the state that the run has.

        Raises:
            ValueError: where that state cannot be gone on from.
        """
        from resnet_viz.training.training_state import Resumable, read_state  # noqa: PLC0415

        if self._writer.state_step is None:
            return Resumable(self._spec)
        state = read_state(saved_states.file_of(self._home, self._id))
        if state.step > self._writer.recorded:
            raise ValueError(
                f"the saved state begins with step {state.step}, and only "
                f"{self._writer.recorded} steps are on record"
            )
        return Resumable(self._spec, state)

    def _keep(self, *, is_last: bool = False) -> None:
        """Keep the weights, if they are to be kept; the time that takes is none of a step's."""
        assert self._checkpoints is not None
        begin = time.perf_counter()
        self._checkpoints.after(self._done, is_last=is_last)
        self._paused_seconds += time.perf_counter() - begin

    def _park_if(self, patience: Patience) -> None:
        """Give up this process where nobody has looked at the paused run for long.

        Raises:
            Parked: when it is done; else it stays, such as where there is no room for the state.
        """
        if not patience.is_over():
            return
        begin = time.perf_counter()
        patience.renew()
        if self._done == (self._writer.state_step or 0):  # not begun, or its state is there
            give_up(self._connection, self._position)
        elif self._resumable and self._checkpoints:
            try:
                self._save(self._resumable, self._checkpoints)
            except (OSError, RuntimeError) as error:
                print(f"The run cannot give up its process: {error}", file=sys.stderr)
        self._paused_seconds += time.perf_counter() - begin

    def _save(self, resumable: Resumable, checkpoints: CheckpointWriter) -> None:
        """Give up this process; the weights are kept, too: the run may be stopped meanwhile.

        Raises:
            Parked: when it is done.
            OSError, RuntimeError: where the state cannot be written.
        """
        from resnet_viz.training.training_state import write_state  # noqa: PLC0415

        state = resumable.state(self._done, self._seconds)
        if why := saved_states.no_room(self._connection, state.bytes):
            raise OSError(why)
        checkpoints.after(self._done, is_last=True)
        file = saved_states.file_of(self._home, self._id)
        file.parent.mkdir(exist_ok=True)
        with temporary_beside(file) as temporary:
            write_state(state, temporary)

            def save() -> None:
                size, position = temporary.stat().st_size, self._position
                saved_states.write_down(self._connection, position, self._done, size)
                temporary.replace(file)

            give_up(self._connection, self._position, save)

    def _steered(self, records: Iterator[StepRecord]) -> Iterator[StepRecord]:
        """`records`, each drawn when the user allows it."""
        self._obey()
        self._paused_seconds = 0.0  # the records' own clock begins with the first step
        for record in records:
            yield record
            if record.step + 1 < self._spec.steps:
                self._obey()

    def _obey(self) -> None:
        """Return when another step may be done, and is due where the user wants slow motion.

        Raises:
            Stopped: when none may.
        """
        begin = time.perf_counter()
        self._writer.check()
        if not self._turns.may_step(self._done) or self._rest() > 0:
            self._writer.write()
            patience = Patience(self._connection, self._position)
            while not self._turns.may_step(self._done) or self._rest() > 0:
                rest = self._rest()
                if rest <= 0:
                    self._park_if(patience)
                time.sleep(min(rest, LOOK_SECONDS) if rest > 0 else LOOK_SECONDS)
                self._writer.check()
            self._paused_seconds += time.perf_counter() - begin
        self._stepped = time.perf_counter()

    def _rest(self) -> float:
        """Seconds until the next step is due."""
        return self._turns.interval - (time.perf_counter() - self._stepped)


def _beat(store: Store, run_id: str) -> None:
    """Say every half second that this process lives, on connections of its own."""
    wal = WalFile(store.home)
    while True:
        if wal.is_replaced():  # the main thread saves what it can: nobody may write before that
            time.sleep(HEARTBEAT_SECONDS)
            continue
        try:
            with store.writing() as connection:
                query = "UPDATE runs SET heartbeat = ? WHERE id = ?"
                if not connection.execute(query, (time.time(), run_id)).rowcount:
                    os._exit(1)  # the store was set aside: nobody can see this run any more
        except StoreError:  # the main thread meets the same trouble, and says so
            if not store.file.exists():
                os._exit(1)  # except here: it can go on writing to a file that was deleted
        time.sleep(HEARTBEAT_SECONDS)


def load() -> None:
    """Import what a run needs, so that processes forked from this one begin at once."""
    gc.disable()  # all of it stays: looking through it again and again takes a tenth of the time
    import_module("resnet_viz.training.loop")
    import_module("resnet_viz.tensor_stats.norms")
    import_module("resnet_viz.workers.checkpoint_writer")
    import_module("safetensors.torch")
    import_module("torch._dynamo")  # which the first torch.optim.Optimizer would
    datasets()["digits"].open("train")
    gc.enable()


def main(run_id: str) -> None:
    """Work on one run, unless somebody does.

    Raises:
        StoreError: where the store cannot be used.
    """
    store = Store(default_home())
    with store.session() as connection:
        if RUNS.take_up(connection, run_id):
            threading.Thread(target=_beat, args=(store, run_id), daemon=True).start()
            Worker(connection, run_id, store.home).run()
