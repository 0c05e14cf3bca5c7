"""Writer: the actor beside the store that writes what a cluster's workers deliver, by run, attempt
and step, and hands their orders back. A delivery is the worker's heartbeat."""

from __future__ import annotations

import sqlite3
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import ray

from resnet_viz.cluster.cluster_sink import ClusterSink
from resnet_viz.cluster.dispatch import Dispatch
from resnet_viz.cluster.engine import LOCK
from resnet_viz.cluster.messages import HOST, Begun, Orders, program, why_refused
from resnet_viz.quantities.records import StepRecord
from resnet_viz.scheduler import launcher_lock
from resnet_viz.scheduler.parking import Parked
from resnet_viz.scheduler.worker_turn import Stopped
from resnet_viz.store.database import Store
from resnet_viz.store.migrations import transaction
from resnet_viz.store.records.chunks import forget_records
from resnet_viz.store.runs_table import ACTIVE, select_runs

NAMESPACE = "resnet_viz"
_BEAT_SECONDS = 0.5


class Writer:
    """The only one that writes the records of the runs in the store in `home`.

    A call that comes twice, since Ray repeats what it is not sure of, changes nothing; one of an
    earlier attempt than the newest is told that it is stopped.
    """

    def __init__(self, home: str) -> None:
        self._store = Store(Path(home))
        self._stack = ExitStack()
        if self._stack.enter_context(launcher_lock.held(self._store.home, HOST, LOCK)) is None:
            sys.exit("another coordinator is at work in this folder")
        self._connection: sqlite3.Connection = self._stack.enter_context(self._store.session())
        self._sinks: dict[str, tuple[int, ClusterSink]] = {}
        self._beats: dict[str, float] = {}
        me = ray.get_runtime_context().current_actor
        self._dispatch = Dispatch(self._store, me)
        threading.Thread(target=self._dispatch.serve, daemon=True).start()

    def serve(self) -> bool:
        """Whether it is at work: the answer comes once it is."""
        return True

    def begin(self, run_id: str, theirs: dict[str, str], node: str) -> Begun | None:
        """A new attempt at a run, on the machine `node`; None where it is not to be begun. What an
        earlier attempt measured after the saved state, or at all, is measured again."""
        rows = select_runs(self._connection, f"id = ? AND host = ? AND {ACTIVE}", run_id, HOST)
        if not rows:
            return None
        position, state_step = int(rows[0]["position"]), rows[0]["state_step"]
        with transaction(self._connection):
            if state_step is None and rows[0]["steps_done"]:
                forget_records(self._connection, position)
                change = "UPDATE runs SET started = ? WHERE position = ?"
                self._connection.execute(change, (time.time(), position))
            change = (
                "UPDATE runs SET attempts = attempts + 1, heartbeat = ?, message = '' "
                "WHERE position = ? RETURNING attempts"
            )
            (attempt,) = self._connection.execute(change, (time.time(), position)).fetchone()
        sink = ClusterSink(self._connection, run_id, self._store.home)
        if why := why_refused(program(), theirs, node):
            sink.finish("failed", why)
            return None
        try:
            if not sink.may_begin():
                return None
        except Stopped:
            sink.finish("stopped")
            return None
        self._sinks[run_id] = attempt, sink
        state = None if state_step is None else sink.saved_state().read_bytes()
        spec, early = sink.spec.model_dump_json(), sink.ends_early
        return Begun(attempt, spec, sink.recorded, early, state_step, state)

    def started(self, run_id: str, attempt: int, device: str, threads: int, header: str) -> None:
        """The training begins, on that device."""
        if sink := self._sink(run_id, attempt):
            sink.begin(device, threads, header)

    def deliver(
        self, run_id: str, attempt: int, records: Sequence[StepRecord], asks_at: int | None
    ) -> Orders:
        """Write these records; the orders of a worker that asks for step `asks_at`, or for none."""
        sink = self._sink(run_id, attempt)
        if sink is None:
            return Orders(is_stopped=True)
        self._beat(run_id)
        if records:
            sink.write(records)
        try:
            return sink.orders(asks_at)
        except Stopped:
            return Orders(is_stopped=True)

    def keep(self, run_id: str, attempt: int, step: int, weights: bytes) -> None:
        """Keep the weights after so many steps."""
        if sink := self._sink(run_id, attempt):
            sink.keep(step, (len(weights), lambda: weights))

    def check_room(self, run_id: str, attempt: int, size: int) -> str:
        """Why there is no room for a state of so many bytes; "" if there is."""
        sink = self._sink(run_id, attempt)
        try:
            if sink:
                sink.check_room(size)
        except OSError as error:
            return str(error)
        return ""

    def rest(self, run_id: str, attempt: int, step: int, state: bytes | None) -> bool:
        """Have no worker care for the paused run, whose state this is; whether that is so now."""
        sink = self._sink(run_id, attempt)
        if sink is None:
            return True
        try:
            if state is None:
                sink.give_up()
            else:
                sink.give_up_with(step, partial(_write, state))
        except Parked:
            del self._sinks[run_id]
            return True
        return False

    def finish(
        self,
        run_id: str,
        attempt: int,
        records: Sequence[StepRecord],
        end: StepRecord | None,
        how: tuple[str, str],
    ) -> None:
        """Write these records, what was measured at the end, and how the run ended."""
        if sink := self._sink(run_id, attempt):
            sink.write(records)
            if end is not None:
                sink.add_end(end)
            sink.finish(*how)
            del self._sinks[run_id]

    def _sink(self, run_id: str, attempt: int) -> ClusterSink | None:
        newest, sink = self._sinks.get(run_id, (0, None))
        return sink if newest == attempt else None

    def _beat(self, run_id: str) -> None:
        if time.monotonic() - self._beats.get(run_id, 0.0) >= _BEAT_SECONDS:
            self._beats[run_id] = time.monotonic()
            change = "UPDATE runs SET heartbeat = ? WHERE id = ?"
            self._connection.execute(change, (time.time(), run_id))


def _write(content: bytes, file: Path) -> None:
    file.write_bytes(content)
