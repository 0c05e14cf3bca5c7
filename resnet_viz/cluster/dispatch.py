"""Dispatch: the coordinator's loop, which gives each run of the cluster a Ray task in its turn."""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import ray
from ray.exceptions import RayError

from resnet_viz.cluster.messages import HOST
from resnet_viz.cluster.task import work
from resnet_viz.scheduler.places import in_turn
from resnet_viz.scheduler.sweeps import cell_queue
from resnet_viz.store import saved_states
from resnet_viz.store.database import Store, StoreError
from resnet_viz.store.migrations import transaction
from resnet_viz.store.runs_table import ACTIVE, OVER, select_runs

LOOK_SECONDS = 0.05
CARE_SECONDS = 1.0
IDLE_SECONDS = 900.0
GPU_SHARE = 0.5  # both nets of a race on one
MOST_LOSSES = 5
_LATE_SECONDS = 30.0
STARTING = "Starting in the cluster."
_LOST = "Its machine or worker in the cluster was lost. It begins again."
_ENDED = f"Its worker in the cluster was lost {MOST_LOSSES} times (killed, or out of memory)."


class _Task(NamedTuple):
    """A run under way, and what its Ray task is known by; `takes` is "GPU" or "CPU"."""

    id: str
    ref: Any
    takes: str


class Dispatch:
    """The tasks of the runs of one store. It ends, and the coordinator with it, where there was
    nothing to do for long or the store is gone."""

    def __init__(self, store: Store, writer: Any) -> None:
        self._store, self._writer = store, writer
        self._tasks: dict[str, _Task] = {}
        self._losses: Counter[str] = Counter()
        self._over_since: dict[str, float] = {}
        self._busy_at = time.monotonic()
        self._cared_at = 0.0

    def serve(self) -> None:
        """Work until there is nothing to do. What an earlier coordinator began has no worker
        now."""
        with self._store.writing() as connection:
            change = "UPDATE runs SET status = 'queued', message = ? WHERE host = ?"
            connection.execute(f"{change} AND status = 'running'", (_LOST, HOST))
        while self._store.file.exists() and time.monotonic() - self._busy_at < IDLE_SECONDS:
            try:
                with self._store.session() as connection:
                    self._look_for_a_while(connection)
            except (StoreError, sqlite3.Error, RayError) as error:
                print(error, file=sys.stderr, flush=True)
                time.sleep(CARE_SECONDS)
        ray.kill(self._writer, no_restart=True)

    def _look_for_a_while(self, connection: sqlite3.Connection) -> None:
        until, version = time.monotonic() + CARE_SECONDS, -1
        self._care(connection)
        while time.monotonic() < until:
            ended = self._reap(connection)
            newest = int(connection.execute("PRAGMA data_version").fetchone()[0])
            if ended or newest != version:
                version = newest
                cell_queue.fill(connection, self._store, HOST, _places)
                self._begin_due(connection)
            time.sleep(LOOK_SECONDS)

    def _care(self, connection: sqlite3.Connection) -> None:
        """Say of the runs that no worker has that they are not forgotten; end what is over."""
        has_sweeps = cell_queue.renew(connection, HOST)
        if has_sweeps or self._tasks or select_runs(connection, f"host = ? AND {ACTIVE}", HOST):
            self._busy_at = time.monotonic()
        now = time.time()
        change = "UPDATE runs SET heartbeat = ? WHERE host = ? AND status IN ('queued', 'paused')"
        connection.execute(change, (now, HOST))
        connection.execute(
            "UPDATE runs SET status = 'stopped', ended = ? WHERE control = 'stop' AND host = ? "
            f"AND {ACTIVE} AND id NOT IN ({', '.join('?' * len(self._tasks))})",
            (now, HOST, *self._tasks),
        )
        for task in list(self._tasks.values()):
            query = "SELECT status FROM runs WHERE id = ?"
            row = connection.execute(query, (task.id,)).fetchone()
            if row is None or row["status"] in OVER:
                since = self._over_since.setdefault(task.id, time.monotonic())
                if time.monotonic() - since > _LATE_SECONDS:
                    ray.cancel(task.ref, force=True)

    def _reap(self, connection: sqlite3.Connection) -> bool:
        """Take note of the tasks that have ended; whether any has."""
        if not self._tasks:
            return False
        by_ref = {task.ref: task for task in self._tasks.values()}
        ended, _ = ray.wait(list(by_ref), num_returns=len(by_ref), timeout=0)
        for ref in ended:
            task = by_ref[ref]
            del self._tasks[task.id]
            self._over_since.pop(task.id, None)
            try:
                ray.get(ref)
                self._losses.pop(task.id, None)
            except RayError as error:
                self._lost(connection, task.id, error)
        return bool(ended)

    def _lost(self, connection: sqlite3.Connection, run_id: str, error: RayError) -> None:
        """A task came to no end of its own: its run is queued again, or paused again."""
        print(f"{run_id}: {error}", file=sys.stderr, flush=True)
        self._losses[run_id] += 1
        where = f"id = ? AND {ACTIVE}"
        with transaction(connection):
            saved_states.pause_again(connection, _LOST, f"{where} AND control = 'pause'", run_id)
            if self._losses[run_id] >= MOST_LOSSES:
                change = (
                    f"UPDATE runs SET status = 'interrupted', message = ?, ended = ? WHERE {where}"
                )
                connection.execute(change, (_ENDED, time.time(), run_id))
                return
            change = (
                "UPDATE runs SET message = ?, heartbeat = ?, status = CASE control "
                f"WHEN 'pause' THEN 'paused' ELSE 'queued' END WHERE {where}"
            )
            connection.execute(change, (_LOST, time.time(), run_id))

    def _begin_due(self, connection: sqlite3.Connection) -> None:
        rows = select_runs(connection, f"host = ? AND {ACTIVE}", HOST)
        there = ray.cluster_resources()
        places = {"CPU": int(there.get("CPU", 0)), "GPU": int(there.get("GPU", 0) / GPU_SHARE)}
        taken = Counter(task.takes for task in self._tasks.values())
        for row in self._due(rows):
            takes = _takes(row["asked_device"], has_gpu=places["GPU"] > 0)
            # No more, since Ray lends the place of a task that waits for an answer to another. One
            # always, so that who adds machines on demand sees that some are wanted.
            if taken[takes] >= max(1, places[takes]):
                continue
            taken[takes] += 1
            share = GPU_SHARE if takes == "GPU" else 0
            takes_up = {"num_cpus": 1, "num_gpus": share, "max_retries": 0}
            task = ray.remote(work).options(runtime_env=_environment(), **takes_up)
            ref = task.remote(self._writer, row["id"])
            self._tasks[row["id"]] = _Task(row["id"], ref, takes)
            change = "UPDATE runs SET message = ? WHERE id = ? AND status = 'queued'"
            connection.execute(change, (STARTING, row["id"]))

    def _due(self, rows: Sequence[sqlite3.Row]) -> Iterator[sqlite3.Row]:
        """The runs that wait for a task, in their turn; single steps first."""
        stepping = [r for r in rows if r["status"] == "paused" and r["extra_steps"] > 0]
        for row in (*stepping, *in_turn(rows)):
            is_wanted = row["control"] == "run" or row["extra_steps"] > 0
            if row["id"] not in self._tasks and is_wanted:
                yield row


def _places(_: str) -> int:
    """How many runs of sweeps may be queued for a device: the cluster chooses the device itself."""
    there = ray.cluster_resources()
    return max(1, int(there.get("CPU", 0)))


def _takes(asked: str, *, has_gpu: bool) -> str:
    return "GPU" if asked == "cuda" or (asked == "auto" and has_gpu) else "CPU"


def _environment() -> dict[str, Any]:
    """What travels to the machines: where the program is, and a user's own quantities."""
    names = ("PYTHONPATH", "OPENBLAS_NUM_THREADS", "RESNET_VIZ_CHECKPOINTS")
    env = {name: os.environ[name] for name in names if name in os.environ}
    folder = os.environ.get("RESNET_VIZ_QUANTITIES")
    if not folder:
        return {"env_vars": env}
    return {"env_vars": env | {"RESNET_VIZ_QUANTITIES": "."}, "working_dir": folder}
