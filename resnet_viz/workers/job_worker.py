"""One job in a process of its own, begun by the launcher."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from importlib import import_module
from pathlib import Path

from resnet_viz.arch.config import explain, revise
from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.measurements import measurements
from resnet_viz.scheduler.jobs import job_table
from resnet_viz.scheduler.jobs.kind import Kind
from resnet_viz.scheduler.jobs.registry import kind_of, kinds
from resnet_viz.scheduler.task_table import JOBS, SMALLER
from resnet_viz.store import header
from resnet_viz.store.database import Store, StoreError, default_home
from resnet_viz.training.error_messages import is_out_of_memory
from resnet_viz.training.malloc import give_back

NICENESS = 5
"""More than a run's: alone on the machine a job is as fast, but training goes before it."""
_REPORT_SECONDS = 0.2
_SPARE_SECONDS = 60


def load() -> None:
    """Import what jobs need most, so that processes forked from this one begin at once."""
    for name in dict.fromkeys(name for kind in kinds().values() for name in kind.imports):
        import_module(name)
    measurements()  # the modules of a folder, which each process would read anew


def warm() -> None:
    """Do what takes longest the first time, in a process that will do a job or a run: the passes
    and a training step of a small net, with kernels that torch makes for its shapes. All settings
    are left as they were.
    """
    import torch  # noqa: PLC0415

    from resnet_viz.training.at_initialisation import batch_of, look_at  # noqa: PLC0415
    from resnet_viz.training.loop import train  # noqa: PLC0415

    config = revise(preset("resnet20-cifar"), depths=(1, 1, 1), in_channels=1, image_size=8)
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # more would have to be begun, and stay
    with torch.random.fork_rng(devices=[]):
        for _ in look_at(config, *batch_of(config, "digits", 64, 0), ("gradients", "variance")):
            pass
        spec = RunSpec(config=config, steps=2, device="cpu")
        header.write(spec.quantities)
        next(iter(train(spec)))
    torch.set_flush_denormal(False)
    torch.set_num_threads(before)
    give_back()


def main(job_id: str) -> None:
    """Do one job, unless somebody does.

    Raises:
        StoreError: where the store cannot be used.
    """
    store = Store(default_home())
    with store.session() as connection:
        if not JOBS.take_up(connection, job_id):
            return
        row = job_table.select_jobs(connection, "id = ?", job_id)[0]
    status, message, result = _outcome(store, row)
    with store.session() as connection:
        job_table.finish(connection, job_id, status, message=message, result=result)


def _outcome(store: Store, row: sqlite3.Row) -> tuple[str, str, str | None]:
    """Status, message and result of the work."""
    try:
        kind = kind_of(row["kind"])
        _settle(kind)
        request = kind.request.model_validate_json(row["request"])
        done = kind.work(request, Progress(store, row["id"]))
        return "done", "", json.dumps(done)
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001  whatever the work raises is the job's result
        return "failed", _sentence(error), None


def _settle(kind: Kind) -> None:
    """Give way to runs and pages, and to nobody for longer than allowed."""
    if hasattr(os, "nice"):  # not on Windows
        os.nice(NICENESS)
    if hasattr(signal, "alarm"):  # where no launcher is left to end it
        signal.alarm(int(kind.limit_seconds) + _SPARE_SECONDS)
    if kind.threads is not None:
        import torch  # noqa: PLC0415

        torch.set_num_threads(kind.threads)


def _sentence(error: Exception) -> str:
    if type(error).__module__.startswith("resnet_viz."):
        return str(error)
    if is_out_of_memory(error):
        return f"Out of memory; {SMALLER}."
    if isinstance(error, ValueError) and str(error):
        return explain(error)
    # The first line: torch adds hints and traces below it.
    message, name = str(error).strip().partition("\n")[0], type(error).__name__
    return f"{name}: {message}" if message else name


class Progress:
    """The `Report` of a job, written to its row: how far it is, a few times a second at most."""

    def __init__(self, store: Store, job_id: str) -> None:
        self._store, self._id = store, job_id
        self._written, self._words = 0.0, ""

    @property
    def folder(self) -> Path:
        """Where the job's files are, made if there are none yet."""
        folder = job_table.folder_of(self._store.home, self._id)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def __call__(self, share: float, words: str = "") -> None:
        """Write it down, unless that was done a moment ago and nothing new is said."""
        now = time.monotonic()
        if words in ("", self._words) and now - self._written < _REPORT_SECONDS:
            return
        self._written, self._words = now, words or self._words
        self._write("progress = ?, words = ?", min(1.0, max(0.0, share)), self._words)

    def found(self, result: object) -> None:
        """Write it down at once, unless the job is over."""
        self._write("result = ?", json.dumps(result))

    def _write(self, change: str, *values: object) -> None:
        with self._store.writing() as connection:
            query = f"UPDATE jobs SET {change} WHERE id = ? AND {JOBS.busy}"
            connection.execute(query, (*values, self._id))
