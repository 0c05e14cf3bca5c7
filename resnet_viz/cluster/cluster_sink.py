"""The sink of a cluster's run in the writer's process: the store, without a place of its own there:
whoever works on such a run has one in the cluster."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

from resnet_viz.cluster.messages import HOST, Orders
from resnet_viz.quantities.records import StepRecord
from resnet_viz.scheduler.worker_turn import Turns
from resnet_viz.workers.run_loop.local_sink import LocalSink

_SETTLE_SECONDS = 2.0
_OTHERS_WAIT = "SELECT 1 FROM runs WHERE host = ? AND status = 'queued' LIMIT 1"


class ClusterTurns(Turns):
    """The turns of a run that has a place in the cluster."""

    def goes_on(self) -> bool:
        """Whether it may do step after step without asking for each."""
        row = self._read()
        return (row["control"], row["status"]) == ("run", "running")

    def _has_place(self, row: sqlite3.Row) -> bool:
        return True


class ClusterSink(LocalSink):
    """The row, records and files of one run of a cluster."""

    def __init__(self, connection: sqlite3.Connection, run_id: str, home: Path) -> None:
        super().__init__(connection, run_id, home)
        self._turns: ClusterTurns = ClusterTurns(connection, self._position)
        self._paused = 0.0

    def write(self, records: Sequence[StepRecord]) -> None:
        """Write those of the records that are not on record."""
        for record in records:
            self.writer.add(record)
        self.writer.write()
        if records:
            self.writer.recorded = max(self.writer.recorded, records[-1].step + 1)

    def orders(self, asks_at: int | None) -> Orders:
        """Those of a worker that asks for step `asks_at`, or only delivers.

        Raises:
            Stopped: where it is to end.
        """
        self.writer.check()
        may_step = asks_at is not None and self.may_step(asks_at)
        goes_on = self._turns.goes_on()
        rests = asks_at is not None and not may_step and self.is_to_rest()
        return Orders(may_step, goes_on, self.interval, rests)

    def may_step(self, done: int) -> bool:
        """Whether to do a step now."""
        if may := super().may_step(done):
            self._paused = 0.0
        return may

    def is_to_rest(self) -> bool:
        """As on this machine, and sooner where others wait: in a cluster a paused run does not lend
        its place."""
        now = time.monotonic()
        self._paused = self._paused or now
        if now - self._paused < _SETTLE_SECONDS:
            return False
        is_wanted = self._connection.execute(_OTHERS_WAIT, (HOST,)).fetchone() is not None
        return is_wanted or super().is_to_rest()
