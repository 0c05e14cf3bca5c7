"""Begins the coordinator of a store's folder in a Ray cluster: `python -m resnet_viz.cluster.begin
ADDRESS`. One that is there already goes on.

This process stays as long as the coordinator: with it Ray ends the workers of all its tasks, and to
begin one anew takes seconds.
"""

from __future__ import annotations

import logging
import sys
import time
from contextlib import suppress
from hashlib import sha256

import ray
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from resnet_viz.cluster.messages import HOST
from resnet_viz.cluster.writer import NAMESPACE, Writer
from resnet_viz.scheduler.launcher_client import environment
from resnet_viz.store.database import Store, default_home

_LOOK_SECONDS, _ANSWER_SECONDS = 2.0, 15.0


def main(address: str) -> int:
    """Begin it beside the store, on this machine; the exit status."""
    store = Store(default_home())
    try:
        ray.init(
            address=address, namespace=NAMESPACE, log_to_driver=False, logging_level=logging.ERROR
        )
    except (ConnectionError, ValueError, RuntimeError, TimeoutError) as error:
        where = "on this machine" if address == "auto" else f"at {address}"
        why = f"No Ray cluster was found {where}. Start one with: ray start --head"
        print(f"{why} ({error})", file=sys.stderr)
        with store.writing() as connection:
            change = "UPDATE runs SET status = 'failed', message = ?, ended = heartbeat"
            connection.execute(f"{change} WHERE host = ? AND status = 'queued'", (why, HOST))
        return 1
    home = str(store.home)
    here = ray.get_runtime_context().get_node_id()
    settings = {
        name: value
        for name, value in environment(store.home).items()
        if name in ("PYTHONPATH", "OPENBLAS_NUM_THREADS") or name.startswith("RESNET_VIZ_")
    }
    writer = (
        ray.remote(Writer)
        .options(
            name=sha256(home.encode()).hexdigest(),
            lifetime="detached",
            get_if_exists=True,
            num_cpus=0,
            max_restarts=3,
            max_task_retries=-1,
            scheduling_strategy=NodeAffinitySchedulingStrategy(here, soft=False),
            runtime_env={"env_vars": settings},
        )
        .remote(home)
    )
    with suppress(RayError):  # once it, or the cluster, is gone
        while ray.get(writer.serve.remote(), timeout=_ANSWER_SECONDS):
            time.sleep(_LOOK_SECONDS)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
