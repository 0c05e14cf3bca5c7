"""Cell queue: cells of sweeps become queued runs as places become free.

A waiting cell is a row of its own and no run: it counts in nobody's share and no list has it. The
launcher queues a cell where its device has room and no run of a race waits there. Between sweeps
the higher priority goes first, then the asker, and the sweep, served the longest ago.
"""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from resnet_viz.experiments.devices import expected_device
from resnet_viz.experiments.run_spec import STORED
from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.scheduler import retention
from resnet_viz.scheduler.places import queue_of, slots_on
from resnet_viz.store import sweep_rows
from resnet_viz.store.database import Store
from resnet_viz.store.migrations import transaction
from resnet_viz.store.run import insert, new_id, new_row, race_columns
from resnet_viz.store.runs_table import IS_OVER, select_runs

WAITING = """
SELECT position, id, NULL AS pid, host, 'queued' AS status, heartbeat FROM sweeps
WHERE status = 'running' AND host = ?
"""
"""Sweeps that need their engine, with what tells whether it cares (heartbeat.is_forsaken)."""
_IN_TURN = """
SELECT *, (SELECT max(turn) FROM sweeps AS other WHERE other.asker = sweeps.asker) AS served
FROM sweeps WHERE status = 'running' AND host = ? AND EXISTS
    (SELECT 1 FROM sweep_cells WHERE sweep = position AND sweep_cells.status = 'waiting')
ORDER BY priority DESC, served, turn, position
"""
_NEXT = """
SELECT number, key, run FROM sweep_cells INDEXED BY sweep_cells_waiting
WHERE sweep = ? AND status = 'waiting' ORDER BY number LIMIT 1
"""
_TURN = "UPDATE sweeps SET turn = (SELECT max(turn) + 1 FROM sweeps) WHERE position = ?"
_HAS_ENDED = f"""
SELECT 1 FROM sweep_cells AS c INDEXED BY sweep_cells_under_way JOIN runs AS r ON r.id = c.run
WHERE c.status = 'under way' AND (r.{IS_OVER} OR (
    r.status = 'paused' AND r.sweep <> (SELECT id FROM sweeps WHERE position = c.sweep)
)) LIMIT 1
"""


@lru_cache(maxsize=16)
def read_sweep_spec(text: str) -> SweepSpec:
    """The spec of a sweep from its stored text.

    Raises:
        ValueError: for a text of another version.
    """
    return SweepSpec.model_validate_json(text, context=STORED)


def waiting(connection: sqlite3.Connection, host: str = "") -> Sequence[sqlite3.Row]:
    """The sweeps that need the engine `host`, for who asks whether it cares."""
    return connection.execute(WAITING, (host,)).fetchall()


def renew(connection: sqlite3.Connection, host: str = "") -> bool:
    """Say of an engine's sweeps under way that somebody cares; whether there are any."""
    if connection.execute(f"{WAITING} LIMIT 1", (host,)).fetchone() is None:
        return False
    query = "UPDATE sweeps SET heartbeat = ? WHERE status = 'running' AND host = ?"
    connection.execute(query, (time.time(), host))
    return True


def settle(connection: sqlite3.Connection) -> None:
    """Write down which cells have ended, or wait again, if some do; asked often, it seldom
    writes."""
    if connection.execute(_HAS_ENDED).fetchone() is not None:
        with transaction(connection):
            sweep_rows.settle(connection)


def fill(
    connection: sqlite3.Connection,
    store: Store,
    host: str = "",
    slots: Callable[[str], int] = slots_on,
) -> None:
    """Queue cells where there is room for more: of the sweeps that the engine `host` carries out,
    up to as many on each device as `slots` says."""
    query = "SELECT 1 FROM sweeps WHERE status = 'running' AND host = ? LIMIT 1"
    if connection.execute(query, (host,)).fetchone() is None:
        return
    settle(connection)
    if not _chosen(connection, _Room(connection, host, slots)):
        return
    logs = retention.log_sizes(store.home)
    with transaction(connection):
        room = _Room(connection, host, slots)
        gone: list[retention.Gone] = []
        while chosen := _chosen(connection, room):
            gone += _take(connection, room, *chosen)
        gone += retention.make_room(connection, logs)[0]
        sweep_rows.settle(connection)
    if gone:
        retention.give_back(store, gone)


class _Room:
    """How many more runs of sweeps each device's queue takes, of those of one engine."""

    def __init__(
        self, connection: sqlite3.Connection, host: str, slots: Callable[[str], int]
    ) -> None:
        self.host, self._slots = host, slots
        self._queued: Counter[str] = Counter()
        self._others: set[str] = set()
        for row in select_runs(connection, "status = 'queued' AND host = ?", host):
            if row["sweep"]:
                self._queued[queue_of(row)] += 1
            elif row["control"] != "pause":
                self._others.add(queue_of(row))

    def has(self, device: str) -> bool:
        """Whether one more may be queued there: at most as many as run at once, and none while a
        run of a race waits."""
        return device not in self._others and self._queued[device] < self._slots(device)

    def take(self, device: str) -> None:
        """One more is queued there."""
        self._queued[device] += 1


def _chosen(connection: sqlite3.Connection, room: _Room) -> tuple[sqlite3.Row, sqlite3.Row] | None:
    """The sweep whose turn it is, of those whose next cell has room, and that cell."""
    for sweep in connection.execute(_IN_TURN, (room.host,)).fetchall():
        cell = connection.execute(_NEXT, (sweep["position"],)).fetchone()
        if room.has(_device(sweep["spec"], cell["number"])):
            return sweep, cell
    return None


def _device(text: str, number: int) -> str:
    """The device whose queue a cell is for; "cpu" where the spec cannot be read."""
    try:
        spec = read_sweep_spec(text)
        device = spec.values(number).get("device", spec.base.device)
    except ValueError:
        return "cpu"
    return expected_device(str(device))


def _take(
    connection: sqlite3.Connection, room: _Room, sweep: sqlite3.Row, cell: sqlite3.Row
) -> Sequence[retention.Gone]:
    """Queue a cell's run, unless what it trains has been trained; what was deleted for it."""
    at = sweep["position"], cell["number"]
    if sweep_rows.reuse(connection, *at, cell["key"]):
        return ()
    try:
        spec = read_sweep_spec(sweep["spec"]).cell(cell["number"]).spec
        if spec is None:
            raise ValueError("the combination is refused")
    except ValueError as error:
        query = (
            "UPDATE sweep_cells SET status = 'failed', message = ? WHERE sweep = ? AND number = ?"
        )
        connection.execute(query, (f"The cell cannot be read: {error}", *at))
        return ()
    run_id = new_id()
    of_sweep: Mapping[str, object] = {
        **{column: sweep[column] for column in ("asker", "host")},
        "sweep": sweep["id"],
    }
    insert(connection, "runs", {**new_row(run_id, run_id, 0, spec), **of_sweep})
    insert(connection, "races", race_columns(run_id, [spec.display_name], [spec.seed]))
    sweep_rows.link(connection, *at, run_id)
    connection.execute(_TURN, (sweep["position"],))
    room.take(expected_device(spec.device))
    if not cell["run"]:
        return ()
    return (retention.drop_unused(connection, sweep["id"], cell["run"]),)  # it was broken off
