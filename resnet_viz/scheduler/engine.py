"""Engine: what carries runs out, this machine or in its place another, such as a cluster's.

A run's row says in `host` who has taken it up: "" is this machine. Another engine writes its own
name there and leaves `pid` empty; the launcher then leaves the run alone, and whether it is alive
is told by its `heartbeat`, which the one who works on it renews.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Sequence
from typing import Protocol

from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.scheduler import heartbeat, launcher_client
from resnet_viz.scheduler.preflight import check_ready
from resnet_viz.store.database import Store
from resnet_viz.store.recovery.guarded_store import GuardedStore


class Engine(Protocol):
    """Begins runs and ends them; `host` is what their rows say of it."""

    @property
    def host(self) -> str:
        """Its name; "" is this machine's."""

    def check(self, specs: Sequence[RunSpec]) -> None:
        """ValueError, saying what to do, where such runs cannot begin."""

    def prepare(self, store: Store) -> None:
        """Make room for what will begin the runs, or jobs, that are about to be queued."""

    def start(self, store: Store) -> None:
        """See to it that the runs that wait in `store` begin when their turn has come; at once."""

    def end(self, rows: Sequence[sqlite3.Row]) -> None:
        """End whatever works on these runs, which have not obeyed in time."""


class ThisMachine:
    """Worker processes, begun by the launcher of the store's folder."""

    host = ""

    def check(self, specs: Sequence[RunSpec]) -> None:
        """Look for their data sets, and at the precisions of this machine's device."""
        check_ready(specs)

    def prepare(self, store: Store) -> None:
        """See to it that no idle launcher of other code, or with other settings, takes them up."""
        launcher_client.make_way(store)

    def start(self, store: Store) -> None:
        """See to it that there is a launcher."""
        launcher_client.ensure_launcher(store)

    def end(self, rows: Sequence[sqlite3.Row]) -> None:
        """End the processes of these runs."""
        launcher_client.end_processes(filter(None, map(heartbeat.find_process, rows)))


class BoundEngine:
    """Engine of one store, for its runs and its jobs."""

    def __init__(self, store: GuardedStore, engine: Engine | None = None) -> None:
        self._store, self._engine = store, engine or ThisMachine()
        self.end, self.check, self.host = self._engine.end, self._engine.check, self._engine.host
        self._revived = -heartbeat.FORSAKEN_SECONDS

    def prepare(self) -> None:
        """Before something is queued."""
        self._store.use(self._engine.prepare)

    def start(self) -> None:
        """After something was queued, or told to go on."""
        self._store.use(self._engine.start)

    def revive(self, waiting: Iterable[sqlite3.Row]) -> None:
        """Start again where one of these is in nobody's care, but not many times in a row."""
        if not any(heartbeat.is_forsaken(row, self.host) for row in waiting):
            return
        if time.monotonic() - self._revived > heartbeat.FORSAKEN_SECONDS:
            self._revived = time.monotonic()
            self.start()
