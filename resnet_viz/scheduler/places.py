"""Whose turn it is: as many runs at once as there are cores, or two on an accelerator.

Races take turns, so that nobody waits for all of another's runs: a turn is the contestants of one
seed, which go side by side.

The launcher begins a worker when its run's turn has come, and the worker looks again as it takes
its place. What "auto" will turn out to be is known (column `device`) as soon as a run has begun.
"""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

from resnet_viz.experiments.devices import cores, expected_device
from resnet_viz.scheduler.heartbeat import is_gone

SLOTS_VARIABLE = "RESNET_VIZ_SLOTS"
_ACCELERATOR_SLOTS = 2  # both contestants of a race side by side


@dataclass(frozen=True, slots=True)
class Place:
    """A run's place in the queue of its device; `is_new`: it has not run before."""

    device: str
    slots: int
    running: int
    waiting: int
    is_new: bool = True

    @property
    def is_free(self) -> bool:
        """Whether the run's turn has come."""
        return self.running + self.waiting < self.slots

    @property
    def message(self) -> str:
        """For the user: what the run waits for."""
        if self.is_free:
            return "Starting." if self.is_new else "Goes on in a moment."
        wanted = "a free core" if self.device == "cpu" else f"a free place on {self.device}"
        return f"Waits for {wanted}: {self.running} running, {self.waiting} waiting ahead of it."


def place(row: sqlite3.Row, active: Sequence[sqlite3.Row], slots: int | None = None) -> Place:
    """Where the queued run `row` stands among the `active` (queued, running and paused) runs.

    A paused run lends its place to others, and is among the next when it is resumed. One whose
    worker does not answer keeps its place. `slots` overrides how many run at once.
    """
    running, earlier = ahead(row, active)
    count = slots_on(queue_of(row)) if slots is None else slots
    return Place(queue_of(row), count, len(running), len(earlier), row["started"] is None)


def has_place(row: sqlite3.Row, active: Sequence[sqlite3.Row], slots: int | None = None) -> bool:
    """Whether `row`'s turn has come, where workers may be gone: they count for nothing.

    No more processes are looked at than needed: each waiting run asks this many times a second.
    """
    count = slots_on(queue_of(row)) if slots is None else slots
    present = (other for part in ahead(row, active) for other in part if not is_gone(other))
    return len(list(islice(present, count))) < count


def in_turn(active: Sequence[sqlite3.Row]) -> Sequence[sqlite3.Row]:
    """The queued runs of `active`, in the order in which they get places.

    First those that have begun, or whose worker has; then the others of a turn that has begun;
    then a turn of each race and run by itself, then the next. Of these, those that never had a
    turn go first, by age, and then those whose last began the longest ago. Runs of sweeps fill
    what is left.
    """
    turns: dict[tuple[object, object], list[sqlite3.Row]] = {}
    for row in sorted(active, key=lambda row: row["position"]):
        if row["status"] == "queued":
            turns.setdefault((row["race_id"] or row["id"], row["seed"]), []).append(row)
    earlier: Counter[object] = Counter()
    ranks: dict[str, tuple[float, ...]] = {}
    for (race, _), rows in turns.items():
        own = [row["started"] is not None or row["pid"] is not None for row in rows]
        is_begun = any(own) or rows[0]["seed_started"] is not None
        last, age = rows[0]["race_started"] or 0.0, rows[0]["position"]
        after = 3.0 if rows[0]["sweep"] else 2.0
        turn = (1.0,) if is_begun else (after, earlier[race], last, age)
        for row, has_begun in zip(rows, own, strict=True):
            ranks[row["id"]] = ((0.0,) if has_begun else turn) + (row["position"],)
        earlier[race] += not is_begun
    queued = (row for rows in turns.values() for row in rows)
    return sorted(queued, key=lambda row: ranks[row["id"]])


def ahead(
    row: sqlite3.Row, active: Sequence[sqlite3.Row]
) -> tuple[Sequence[sqlite3.Row], Sequence[sqlite3.Row]]:
    """Of those in the same queue: the runs that have a place, and those whose turn is earlier."""
    device = queue_of(row)
    same = [r for r in active if queue_of(r) == device and r["host"] == row["host"]]
    running = [r for r in same if r["status"] == "running" and r["id"] != row["id"]]
    earlier = takewhile(lambda other: other["id"] != row["id"], in_turn(same))
    return running, list(earlier)


def cluster_message(row: sqlite3.Row, active: Sequence[sqlite3.Row]) -> str:
    """For the user: what a run of a cluster waits for, which itself knows its free places."""
    waiting = [r for r in active if r["host"] == row["host"] and not r["message"]]
    earlier = list(takewhile(lambda other: other["id"] != row["id"], in_turn(waiting)))
    return f"Waits for a free place in the cluster: {len(earlier)} ahead."


def slots_on(device: str) -> int:
    """How many runs at once `device` takes; RESNET_VIZ_SLOTS overrides it."""
    if (given := os.environ.get(SLOTS_VARIABLE, "")).isdecimal():
        return max(1, int(given))
    return cores() if device == "cpu" else _ACCELERATOR_SLOTS


def queue_of(row: sqlite3.Row) -> str:
    """The device whose queue a run is in: "cpu", "mps" or "cuda:N"."""
    return str(row["device"]) or expected_device(str(row["asked_device"]))
