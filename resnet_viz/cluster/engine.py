"""Engine of a Ray cluster: its runs are begun by a coordinator beside the store.

ray is not imported here: the coordinator (writer.py) has a process of its own.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec

from resnet_viz.cluster.messages import HOST
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.scheduler import launcher_client, launcher_lock
from resnet_viz.scheduler.engine import Engine, ThisMachine
from resnet_viz.scheduler.task_table import RUNS
from resnet_viz.store.database import Store
from resnet_viz.store.paths import log_file

VARIABLE = "RESNET_VIZ_ENGINE"
LOCK = "cluster.lock"
"""The file in the store's folder that the coordinator holds locked."""
LOG = "cluster"
_SCHEME = "ray://"


class RayEngine:
    """The cluster at `address`, HOST:PORT; "auto" is the one that this machine belongs to."""

    host = HOST

    def __init__(self, address: str = "auto") -> None:
        self.address = address

    def check(self, specs: Sequence[RunSpec]) -> None:
        """ValueError for what cannot run in any cluster; a machine looks at the rest when it
        begins a run."""
        if find_spec("ray") is None:
            raise ValueError(
                'a cluster needs ray, which is not installed: pip install "resnet-viz[cluster]"'
            )
        for spec in specs:
            if spec.device.startswith("cuda:") or spec.device == "mps":
                raise ValueError(
                    f"device = '{spec.device}' has no meaning in a cluster, which chooses the "
                    "machine and the GPU itself; allowed: auto, cpu, cuda"
                )

    def prepare(self, store: Store) -> None:
        """A launcher of other code may not take up what is queued: it takes none of a cluster's."""

    def start(self, store: Store) -> None:
        """See to it that there is a coordinator, and a launcher where other runs wait for one."""
        with store.session() as connection:
            if RUNS.has(connection, RUNS.waiting):
                launcher_client.ensure_launcher(store)
        if not launcher_lock.is_free(store.home, LOCK):
            return
        log = log_file(store.home, LOG)
        log.parent.mkdir(exist_ok=True)
        with log.open("ab") as stream:
            subprocess.Popen(
                [sys.executable, "-P", "-m", "resnet_viz.cluster.begin", self.address],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                cwd=store.home,
                env=launcher_client.environment(store.home),
                start_new_session=True,
            )

    def end(self, rows: Sequence[sqlite3.Row]) -> None:
        """The coordinator ends the tasks of runs that are over."""


def chosen_engine(name: str | None = None) -> Engine:
    """The engine by its name: "" or "local" is this machine, "ray" the cluster that it belongs to,
    "ray://HOST:PORT" one by its address. None: as RESNET_VIZ_ENGINE says.

    Raises:
        ValueError: for any other name.
    """
    name = os.environ.get(VARIABLE, "") if name is None else name
    if name in ("", "local"):
        return ThisMachine()
    if name == HOST:
        return RayEngine()
    if name.startswith(_SCHEME) and ":" in name.removeprefix(_SCHEME):
        return RayEngine(name.removeprefix(_SCHEME))
    raise ValueError(
        f"the engine {name!r} is not known; allowed: local, ray, or ray://HOST:PORT with the "
        "address that `ray start` shows"
    )
