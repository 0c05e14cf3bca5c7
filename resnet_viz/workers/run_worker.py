"""One run in a process of its own, its records written as they come.

The launcher begins it when the run's turn has come; torch has been imported by then.
"""

from __future__ import annotations

import gc
import os
import sqlite3
import threading
import time
from importlib import import_module
from pathlib import Path

from resnet_viz.data.registry import datasets
from resnet_viz.scheduler.heartbeat import HEARTBEAT_SECONDS
from resnet_viz.scheduler.task_table import RUNS
from resnet_viz.store.database import Store, StoreError, WalFile, default_home
from resnet_viz.workers.run_loop.local_sink import LocalSink
from resnet_viz.workers.run_loop.loop import RunLoop


class Worker(RunLoop):
    """One run, from the queue to its end; `connection` is the main thread's own."""

    def __init__(self, connection: sqlite3.Connection, run_id: str, home: Path) -> None:
        super().__init__(LocalSink(connection, run_id, home))


def _beat(store: Store, run_id: str) -> None:
    """Say every half second that this process lives, on connections of its own."""
    wal = WalFile(store.home)
    while True:
        if wal.is_replaced():  # the main thread saves what it can: nobody may write before that
            time.sleep(HEARTBEAT_SECONDS)
            continue
        try:
            with store.writing() as connection:
                query = "UPDATE runs SET heartbeat = ? WHERE id = ?"
                if not connection.execute(query, (time.time(), run_id)).rowcount:
                    os._exit(1)  # the store was set aside: nobody can see this run any more
        except StoreError:  # the main thread meets the same trouble, and says so
            if not store.file.exists():
                os._exit(1)  # except here: it can go on writing to a file that was deleted
        time.sleep(HEARTBEAT_SECONDS)


def load() -> None:
    """Import what a run needs, so that processes forked from this one begin at once."""
    gc.disable()  # all of it stays: looking through it again and again takes a tenth of the time
    import_module("resnet_viz.training.loop")
    import_module("resnet_viz.tensor_stats.norms")
    import_module("resnet_viz.workers.checkpoint_writer")
    import_module("safetensors.torch")
    import_module("torch._dynamo")  # which the first torch.optim.Optimizer would
    datasets()["digits"].open("train")
    gc.enable()


def main(run_id: str) -> None:
    """Work on one run, unless somebody does.

    Raises:
        StoreError: where the store cannot be used.
    """
    store = Store(default_home())
    with store.session() as connection:
        if RUNS.take_up(connection, run_id):
            threading.Thread(target=_beat, args=(store, run_id), daemon=True).start()
            Worker(connection, run_id, store.home).run()
