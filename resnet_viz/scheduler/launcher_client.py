"""Launcher client: begins, replaces and ends the launcher of a store's folder."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import psutil

from resnet_viz.scheduler import launcher_lock
from resnet_viz.scheduler.task_table import TABLES
from resnet_viz.store.database import Store
from resnet_viz.store.paths import log_file, log_lines, remove_empty
from resnet_viz.text import shorten

LAUNCHER = "launcher"
_KILL_AFTER_SECONDS = 0.1
_GONE_SECONDS = 5.0
REPLACED_FILE = "launcher.replaced"
REPLACE_SECONDS = 60.0
"""None is replaced sooner after the last that was: to import torch takes long on a busy machine."""
_PACKAGE = Path(__file__).resolve().parents[1]
# What a worker does depends on these: a launcher with others is replaced once it is idle.
_SETTINGS = (
    "RESNET_VIZ_SLOTS",
    "RESNET_VIZ_DATA",
    "RESNET_VIZ_CHECKPOINTS",
    "RESNET_VIZ_QUANTITIES",
    "RESNET_VIZ_FORK",
    "RESNET_VIZ_PARK",
    "CUDA_VISIBLE_DEVICES",
)


def why_no_launcher(home: Path) -> str:
    """Why runs wait in nobody's care: in words that end a sentence."""
    holder = launcher_lock.current(home)
    if holder is not None and holder.protocol < launcher_lock.PROTOCOL:
        return (
            f"an older resnet_viz is using this folder (process {holder.pid}): stop it, or set "
            "RESNET_VIZ_HOME"
        )
    if holder is not None and holder.process is not None:
        return f"its process {holder.pid} is there (suspended?)"
    lines = reversed(log_lines(home, LAUNCHER))
    last = next((line.strip() for line in lines if line.strip()), "")
    return f"it ended with {shorten(last, 300)}" if last else "there is none"


def ensure_launcher(store: Store) -> None:
    """See to it that a launcher is at work in the store's folder; it is not waited for.

    One of an older protocol is replaced; its workers go on. Any other that is there stays, and is
    used. Where none can be started, the runs that wait have failed.
    """
    try:
        if not launcher_lock.is_free(store.home):
            holder = launcher_lock.holder(store.home)
            if (
                holder is None
                or holder.protocol >= launcher_lock.PROTOCOL
                or not _dismiss(store.home, holder)
            ):
                return
        process = _spawn(store.home)
    except OSError as error:
        fail_waiting(store, f"The worker process cannot be started: {error}")
        return
    log = log_file(store.home, LAUNCHER)
    threading.Thread(target=_reap, args=(process, log), daemon=True).start()


def make_way(store: Store) -> None:
    """End a launcher of other code, or with other settings, that is idle.

    For who is about to queue something: from then on it is not idle, and stays.
    """
    if not store.file.exists():
        return
    with suppress(OSError):  # who queues something is told
        holder = launcher_lock.current(store.home)
        is_equal = holder is not None and holder.protocol == launcher_lock.PROTOCOL
        if holder is not None and is_equal and holder.kind != kind() and _is_idle(store):
            _dismiss(store.home, holder)


def dismiss_launcher(home: Path) -> None:
    """End the launcher of a folder, if there is one; its workers go on."""
    if (holder := launcher_lock.current(home)) and (process := holder.process):
        end_processes([process])


def _dismiss(home: Path, holder: launcher_lock.Holder) -> bool:
    """End a launcher for another to take its place, unless that happened a moment ago; whether it
    is gone."""
    mark, process = home / REPLACED_FILE, holder.process
    if process is None:  # it is just going, or of another computer or container
        return False
    with suppress(FileNotFoundError):
        if abs(time.time() - mark.stat().st_mtime) < REPLACE_SECONDS:
            return False
    mark.touch()
    try:
        end_processes([process])
        process.wait(_GONE_SECONDS)
    except psutil.Error:  # it is another user's, or does not go
        return False
    return True


def _is_idle(store: Store) -> bool:
    """Whether no run or job is under way, or waits, in the care of the store's launcher."""
    where = "host = '' AND status IN ('queued', 'running', 'working')"
    with store.session() as connection:
        return not any(table.has(connection, where) for table in TABLES)


def fail_waiting(store: Store, message: str) -> None:
    """Write down why the runs and jobs that wait for a worker will get none."""
    with store.writing() as connection:
        for table in TABLES:
            table.end_waiting(connection, "failed", message)


@lru_cache(maxsize=1)
def _code() -> str:
    """Which Python and which state of the package this process runs."""
    newest = max(file.stat().st_mtime_ns for file in _PACKAGE.rglob("*.py"))
    return f"{sys.prefix} {_PACKAGE} {newest}"


def kind() -> str:
    """What tells launchers apart: the code they run and the settings it depends on."""
    settings = "\n".join(f"{name}={os.environ.get(name)}" for name in _SETTINGS)
    return sha256(f"{_code()}\n{settings}".encode()).hexdigest()


def end_processes(processes: Iterable[psutil.Process]) -> None:
    """Terminate, and kill what does not go."""
    there = list(processes)
    for process in there:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, left = psutil.wait_procs(there, timeout=_KILL_AFTER_SECONDS)
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def _spawn(home: Path) -> subprocess.Popen[bytes]:
    log = log_file(home, LAUNCHER)
    log.parent.mkdir(exist_ok=True)
    with log.open("ab") as stderr:
        return subprocess.Popen(
            # -P: a file in the folder such as random.py is not to be imported
            [sys.executable, "-P", "-m", "resnet_viz.workers.launcher", kind()],
            stdin=subprocess.DEVNULL,
            stdout=stderr,
            stderr=stderr,
            cwd=home,
            env=environment(home),
            start_new_session=True,
        )


def environment(home: Path) -> dict[str, str]:
    """For a process of the folder `home`, whose current folder is another than ours."""
    paths = filter(None, (str(_PACKAGE.parent), os.environ.get("PYTHONPATH")))
    return os.environ | {
        "RESNET_VIZ_HOME": str(home),
        "PYTHONPATH": os.pathsep.join(paths),
        "OPENBLAS_NUM_THREADS": "1",  # numpy would begin as many threads as there are cores
        "PYTORCH_NVML_BASED_CUDA_CHECK": "1",  # whether there is a GPU: without beginning to use it
    }


def _reap(process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait, so that no zombie stays; an empty log is of no use."""
    process.wait()
    remove_empty(log)
