"""The launcher of a store's folder, as seen by whoever needs one, and its workers' last words."""

from __future__ import annotations

import os
import shutil
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

from resnet_viz.arch.config import shorten
from resnet_viz.lab import lock
from resnet_viz.lab.store import Store

ERROR_MARK = "error: "
LAUNCHER = "launcher"
WHY_GONE = "The worker process ended without a word (killed, or out of memory)."
_LITTLE_BYTES = 64 * 1024
_KILL_AFTER_SECONDS = 0.1
_PACKAGE = Path(__file__).resolve().parents[1]
# What a worker does depends on these: a launcher with others is replaced.
_SETTINGS = (
    "RESNET_VIZ_SLOTS",
    "RESNET_VIZ_DATA",
    "RESNET_VIZ_CHECKPOINTS",
    "CUDA_VISIBLE_DEVICES",
)


def log_file(home: Path, id: str) -> Path:  # noqa: A002
    """Where the standard error of a run's, or a job's, process goes."""
    return home / "logs" / f"{id}.log"


def why_gone(home: Path, id: str, otherwise: str = WHY_GONE) -> str:  # noqa: A002
    """Why the process of a run or job ended, where it could not write that to the store."""
    try:
        lines = log_file(home, id).read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    errors = [line.removeprefix(ERROR_MARK) for line in lines if line.startswith(ERROR_MARK)]
    if errors:
        return errors[-1]
    with suppress(OSError):
        if shutil.disk_usage(home).free < _LITTLE_BYTES:  # its words did not fit there either
            return f"The worker process ended: there is no space left on the disk with {home}."
    return otherwise


def why_no_launcher(home: Path) -> str:
    """Why runs wait in nobody's care: in words that end a sentence."""
    one = None if lock.is_free(home) else lock.holder(home)
    if one is not None and one.process is not None:
        return f"its process {one.pid} is there (suspended?)"
    try:
        lines = log_file(home, LAUNCHER).read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    said = [line.strip() for line in lines if line.strip()]
    return f"it ended with {shorten(said[-1], 300)}" if said else "there is none"


def remove_empty(log: Path) -> None:
    """Delete a log with nothing in it."""
    with suppress(OSError):
        if not log.stat().st_size:
            log.unlink()


def ensure_launcher(store: Store) -> None:
    """See to it that a launcher is at work in the store's folder; it is not waited for.

    One that runs other code than this process, or with other settings, is replaced; its workers
    go on. Where none can be started, the runs that wait have failed.
    """
    try:
        if not lock.is_free(store.home):
            one = lock.holder(store.home)
            if one is None or one.kind == kind():
                return
            dismiss_launcher(store.home)
        process = _spawn(store.home)
    except OSError as error:
        fail_waiting(store, f"The worker process cannot be started: {error}")
        return
    log = log_file(store.home, LAUNCHER)
    threading.Thread(target=_reap, args=(process, log), daemon=True).start()


def dismiss_launcher(home: Path) -> None:
    """End the launcher of a folder, if there is one; its workers go on."""
    if lock.is_free(home):
        return
    one = lock.holder(home)
    if one is not None and (process := one.process):
        end_processes([process])


def fail_waiting(store: Store, message: str) -> None:
    """Write down why the runs and jobs without a worker will get none."""
    with store.writing() as connection:
        for table in ("runs", "jobs"):
            query = (
                f"UPDATE {table} SET status = 'failed', message = ?, ended = ? "
                "WHERE pid IS NULL AND status IN ('queued', 'paused')"
            )
            connection.execute(query, (message, time.time()))


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
        _signal(process, "terminate")
    _, left = psutil.wait_procs(there, timeout=_KILL_AFTER_SECONDS)
    for process in left:
        _signal(process, "kill")


def _signal(process: psutil.Process, what: str) -> None:
    with suppress(psutil.NoSuchProcess):
        getattr(process, what)()


def _spawn(home: Path) -> subprocess.Popen[bytes]:
    log = log_file(home, LAUNCHER)
    log.parent.mkdir(exist_ok=True)
    with log.open("ab") as stderr:
        return subprocess.Popen(
            # -P: a file in the folder such as random.py is not to be imported
            [sys.executable, "-P", "-m", "resnet_viz.lab.launcher", kind()],
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
