"""What carries runs out: this machine, or in its place another engine, such as a cluster's.

A run's row says in `host` who has taken it up: "" is this machine. Another engine writes its own
name there and leaves `pid` empty; the launcher then leaves the run alone, and whether it is alive
is told by its `heartbeat`, which the one who works on it renews.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Protocol

from resnet_viz.scheduler import heartbeat, launcher_client
from resnet_viz.store.database import Store


class Engine(Protocol):
    """Begins runs and ends them."""

    def prepare(self, store: Store) -> None:
        """Make room for what will begin the runs, or jobs, that are about to be queued."""

    def start(self, store: Store) -> None:
        """See to it that the runs that wait in `store` begin when their turn has come; at once."""

    def end(self, rows: Sequence[sqlite3.Row]) -> None:
        """End whatever works on these runs, which have not obeyed in time."""


class ThisMachine:
    """Worker processes, begun by the launcher of the store's folder."""

    def prepare(self, store: Store) -> None:
        """See to it that no idle launcher of other code, or with other settings, takes them up."""
        launcher_client.make_way(store)

    def start(self, store: Store) -> None:
        """See to it that there is a launcher."""
        launcher_client.ensure_launcher(store)

    def end(self, rows: Sequence[sqlite3.Row]) -> None:
        """End the processes of these runs."""
        launcher_client.end_processes(filter(None, map(heartbeat.find_process, rows)))
