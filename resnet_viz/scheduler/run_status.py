"""Status of runs: what their rows say once their processes have been looked at."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from resnet_viz.scheduler import eta, heartbeat, launcher_client, places
from resnet_viz.scheduler.task_table import RUNS
from resnet_viz.store import saved_states
from resnet_viz.store.migrations import transaction
from resnet_viz.store.runs_table import ACTIVE, OVER, State, select_runs

NOT_ANSWERING = "not answering"
_LOST = "The cluster that trained it has not answered for an hour."
_BROKEN_OFF = "Its process ended before it could go on (killed, or out of memory). Resume it again."


@dataclass(frozen=True)
class Snapshot:
    """Rows of runs, and the ids of those under way whose process is gone."""

    rows: Sequence[sqlite3.Row]
    gone: frozenset[str]
    step_times: Mapping[int, float]
    """Seconds a step, by position, where one waits and it is known (scheduler/eta.py)."""

    @classmethod
    def take(
        cls,
        connection: sqlite3.Connection,
        where: str = "1",
        *values: object,
        with_times: bool = False,
    ) -> Snapshot:
        """The rows `where`; what a run wrote just before its process ended is in them.

        `with_times` is for who tells how long runs wait, and not for within a transaction.
        """
        rows = select_runs(connection, where, *values)
        active = [row for row in rows if row["status"] not in OVER]
        gone = frozenset(row["id"] for row in active if heartbeat.is_gone(row))
        if gone:
            rows = select_runs(connection, where, *values)
        waits = with_times and any(row["status"] == "queued" for row in active)
        return cls(rows, gone, eta.step_times(connection, active) if waits else {})

    @property
    def active(self) -> Sequence[sqlite3.Row]:
        """The rows of the runs that have a process, or wait for one."""
        return [r for r in self.rows if r["status"] not in OVER and r["id"] not in self.gone]

    def state(self, row: sqlite3.Row, home: Path) -> State:
        """What is to be said of the run `row`, whose store is in `home`."""
        if row["status"] in OVER:
            return State(row["status"], row["message"], row["ended"])
        if self._can_go_on(row):
            return State("paused", _BROKEN_OFF, None)
        if row["id"] in self.gone:
            elsewhere = heartbeat.is_elsewhere(row)
            message = _LOST if elsewhere else RUNS.why_gone(home, row["id"])
            return State("interrupted", message, row["heartbeat"])
        if silent := heartbeat.why_silent(row):
            if heartbeat.is_forsaken(row):
                silent = f"{silent.removesuffix('.')}; {launcher_client.why_no_launcher(home)}."
            return State(NOT_ANSWERING, silent, None)
        is_queued = row["status"] == "queued"
        message = self._queue_message(row) if is_queued else row["message"]
        return State(row["status"], message, None)

    def _can_go_on(self, row: sqlite3.Row) -> bool:
        """Whether the process of a run that has a state is gone: it was about to go on."""
        is_over = row["status"] in OVER or row["control"] == "stop"
        return row["id"] in self.gone and not is_over and row["state_step"] is not None

    def _queue_message(self, row: sqlite3.Row) -> str:
        if heartbeat.is_elsewhere(row):
            return row["message"] or places.cluster_message(row, self.active)
        place = places.place(row, self.active)
        wait = eta.until_place(row, self.active, self.step_times)
        if place.is_free or wait is None:
            return place.message
        return f"{place.message.removesuffix('.')}, {eta.about(wait)}."

    def settle(self, connection: sqlite3.Connection, home: Path) -> None:
        """Write down that the runs whose process is gone are over: they need no more looks.

        One that has a state, and no record after it, is paused again, and can go on. In a
        transaction of its own, for what the logs say of their ends is read before.
        """
        gone = [row for row in self.rows if row["id"] in self.gone and row["status"] not in OVER]
        ends = [(row, self._can_go_on(row), self.state(row, home)) for row in gone]
        if not ends:
            return
        with transaction(connection):
            for row, can_go_on, state in ends:
                # Unless another process has it by now.
                same = "position = ? AND pid IS ? AND pid_created IS ?"
                which = (row["position"], row["pid"], row["pid_created"])
                if can_go_on:
                    saved_states.pause_again(connection, _BROKEN_OFF, same, *which)
                    continue
                query = f"UPDATE runs SET status = ?, message = ?, ended = ? WHERE {same}"
                connection.execute(f"{query} AND {ACTIVE}", (*state, *which))
