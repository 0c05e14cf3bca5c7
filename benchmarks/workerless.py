"""A race without workers: its records are written as they would be, without their work."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler import launcher_client
from resnet_viz.scheduler.heartbeat import born
from resnet_viz.store.database import Store


def race_without_workers(home: Path, specs: Sequence[RunSpec]) -> tuple[Lab, str]:
    """A race that is under way in an empty lab, its runs at positions from 1; its lab and its id.

    A process that sleeps stands for all workers: stopping the race ends it.
    """
    start, launcher_client.ensure_launcher = launcher_client.ensure_launcher, lambda store: None
    try:
        lab = Lab(home)
        race_id = lab.race(specs)
    finally:
        launcher_client.ensure_launcher = start
    worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with Store(home).writing() as connection:
        connection.execute(
            "UPDATE runs SET status = 'running', started = ?, device = 'cpu', pid = ?, "
            "pid_created = ?",
            (time.time(), worker.pid, born(psutil.Process(worker.pid))),
        )
    return lab, race_id
