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

import psutil

from resnet_viz.lab import header
from resnet_viz.lab.checkpoints import is_due
from resnet_viz.lab.data.registry import datasets
from resnet_viz.lab.failures import sentence
from resnet_viz.lab.launch import ERROR_MARK
from resnet_viz.lab.liveness import HEARTBEAT_SECONDS, born
from resnet_viz.lab.quantities.points import FINAL
from resnet_viz.lab.records import StepRecord
from resnet_viz.lab.rows import OVER, WAITING, select_runs
from resnet_viz.lab.schema import transaction
from resnet_viz.lab.series import insert_late, insert_records
from resnet_viz.lab.spec import RunSpec
from resnet_viz.lab.store import FILE_NAME, Store, StoreError, WalFile, default_home
from resnet_viz.lab.turns import Stopped, Turns

if TYPE_CHECKING:
    from resnet_viz.lab.keeping import Keeper

WRITE_SECONDS = 0.1
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
        self._wal = WalFile(home)
        self._spec = RunSpec.model_validate_json(rows[0]["spec"])
        self._pending: list[StepRecord] = []
        self._written = 0.0
        self._paused_seconds = 0.0
        self._stepped = -inf

    def run(self) -> None:
        """Wait for a place, train, and write down how it ended."""
        device = "the device"
        try:
            while not self._turns.may_begin():
                self._check_store()
                time.sleep(2 * LOOK_SECONDS)
            device = self._prepare()
            self._train()
        except Stopped:
            self._finish("stopped")
        except (StoreError, sqlite3.Error):
            raise
        except Exception as error:  # noqa: BLE001  whatever training raises is the run's result
            self._finish("failed", sentence(error, device, self._spec.batch_size))
        else:
            self._finish("finished")

    def _prepare(self) -> str:
        """The device's name. One thread each, so that contestants share fairly.

        Activation checkpointing is asked for to save memory, and then none is kept.
        """
        import torch  # noqa: PLC0415  not before the run's turn

        from resnet_viz.lab.devices import resolve  # noqa: PLC0415
        from resnet_viz.lab.heap import keep_freed  # noqa: PLC0415

        device = resolve(self._spec.device)
        if device.type == "cpu":
            torch.set_num_threads(1)
            torch.set_num_interop_threads(1)
            if not self._spec.activation_checkpointing:
                keep_freed()
        held = header.write(self._spec.quantities)  # a queued run may be of an older program
        values = (str(device), torch.get_num_threads(), held)
        self._set("device = ?, threads = ?, header = ?", *values)
        return str(device)

    def _train(self) -> None:
        from resnet_viz.lab.keeping import Keeper  # noqa: PLC0415
        from resnet_viz.lab.train import train  # noqa: PLC0415

        keeper = Keeper(self._connection, self._home, (self._id, self._position), self._spec)
        done = 0

        def ending(record: StepRecord) -> None:
            self._take(record)
            self._write()
            self._keep(keeper, record.step + 1, is_last=True)

        try:
            for record in self._steered(train(self._spec, built=keeper.hold, ending=ending)):
                if record.step + 1 == self._spec.steps:
                    self._add_end(record)
                    break
                done = record.step + 1
                self._take(record)
                if time.monotonic() - self._written >= WRITE_SECONDS:
                    self._write()
                if is_due(self._spec, done):
                    self._keep(keeper, done)
        except Stopped:
            self._keep(keeper, done, is_last=True)
            raise

    def _take(self, record: StepRecord) -> None:
        seconds = record.seconds - self._paused_seconds
        self._pending.append(replace(record, seconds=seconds))

    def _add_end(self, record: StepRecord) -> None:
        """What the last record, which is written, did not have yet."""
        with transaction(self._connection):
            end = {FINAL: record.values[FINAL]}
            insert_late(self._connection, self._position, record.step, end)

    def _keep(self, keeper: Keeper, done: int, *, is_last: bool = False) -> None:
        """Keep the weights, if they are to be kept; the time that takes is none of a step's."""
        begin = time.perf_counter()
        keeper.after(done, is_last=is_last)
        self._paused_seconds += time.perf_counter() - begin

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
        self._check_store()
        if not self._turns.may_step() or self._rest() > 0:
            self._write()
            while not self._turns.may_step() or self._rest() > 0:
                rest = self._rest()
                time.sleep(min(rest, LOOK_SECONDS) if rest > 0 else LOOK_SECONDS)
                self._check_store()
            self._paused_seconds += time.perf_counter() - begin
        self._stepped = time.perf_counter()

    def _check_store(self) -> None:
        """StoreError once what is written can be seen by nobody; what was written before is saved.

        This connection still has the file that was deleted, and puts what is in it where it goes.
        """
        if self._wal.is_replaced():
            self._write()
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
            raise StoreError(
                f"the file {FILE_NAME}-wal in {self._home} was deleted while the run went on; what "
                "it had measured until then was saved"
            )

    def _rest(self) -> float:
        """Seconds until the next step is due."""
        return self._turns.interval - (time.perf_counter() - self._stepped)

    def _write(self) -> None:
        """Commit the records that are not yet."""
        pending, self._pending = self._pending, []
        with transaction(self._connection):
            insert_records(self._connection, self._position, pending)
        self._written = time.monotonic()

    def _finish(self, status: str, message: str = "") -> None:
        self._write()
        self._set("status = ?, message = ?, ended = ?", status, message, time.time())

    def _set(self, change: str, *values: object) -> None:
        """Change the row of this run, unless it is over."""
        over = ", ".join(f"'{status}'" for status in OVER)
        query = f"UPDATE runs SET {change} WHERE position = ? AND status NOT IN ({over})"
        self._connection.execute(query, (*values, self._position))


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
    import_module("resnet_viz.lab.train")
    import_module("resnet_viz.lab.norms")
    import_module("resnet_viz.lab.keeping")
    import_module("safetensors.torch")
    import_module("torch._dynamo")  # which the first torch.optim.Optimizer would
    datasets()["digits"].open("train")
    gc.enable()


def _take_up(store: Store, run_id: str) -> bool:
    """Write down that this process works on the run, unless another does, or it is over."""
    me = psutil.Process()
    with store.writing() as connection:
        query = (
            f"UPDATE runs SET pid = ?, pid_created = ?, heartbeat = ? WHERE id = ? AND {WAITING}"
        )
        values = (me.pid, born(me), time.time(), run_id)
        return connection.execute(query, values).rowcount == 1


def main(run_id: str) -> int:
    """Work on one run, unless somebody does; the exit status."""
    try:
        store = Store(default_home())
        if not _take_up(store, run_id):
            return 0
        threading.Thread(target=_beat, args=(store, run_id), daemon=True).start()
        with store.session() as connection:
            Worker(connection, run_id, store.home).run()
    except StoreError as error:
        print(f"{ERROR_MARK}{error}", file=sys.stderr)
        return 1
    return 0
