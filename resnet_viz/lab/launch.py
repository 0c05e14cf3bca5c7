"""Worker processes: started without a shell, outliving whoever starts them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

from resnet_viz.lab.liveness import born
from resnet_viz.lab.store import Store, StoreError

ERROR_MARK = "error: "
_KILL_AFTER_SECONDS = 0.1


def log_file(home: Path, run_id: str) -> Path:
    """Where the standard error of a run's worker goes."""
    return home / "logs" / f"{run_id}.log"


def last_words(home: Path, run_id: str) -> str:
    """The last error that a worker wrote when it could not write to the store; "" if none."""
    try:
        lines = log_file(home, run_id).read_text(errors="replace").splitlines()
    except OSError:
        return ""
    errors = [line.removeprefix(ERROR_MARK) for line in lines if line.startswith(ERROR_MARK)]
    return errors[-1] if errors else ""


def start_worker(store: Store, run_id: str) -> None:
    """Start the worker of a run that is in the store, and note its process there."""
    try:
        process = _spawn(store.home, run_id)
        birth = born(psutil.Process(process.pid))
    except (OSError, psutil.Error) as error:
        _fail(store, run_id, f"The worker process cannot be started: {error}")
        return
    reaper = threading.Thread(target=_reap, args=(process, log_file(store.home, run_id)))
    reaper.daemon = True
    reaper.start()
    note_process(store, run_id, process.pid, birth)


def note_process(store: Store, run_id: str, pid: int, birth: float) -> None:
    """Write down which process works on a run; its number alone may be given out again."""
    with store.writing() as connection:
        query = "UPDATE runs SET pid = ?, pid_created = ?, heartbeat = ? WHERE id = ?"
        connection.execute(query, (pid, birth, time.time(), run_id))


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


def _spawn(home: Path, run_id: str) -> subprocess.Popen[bytes]:
    log = log_file(home, run_id)
    log.parent.mkdir(exist_ok=True)
    with log.open("wb") as stderr:
        return subprocess.Popen(
            # -P: a file in the folder such as random.py is not to be imported
            [sys.executable, "-P", "-m", "resnet_viz.lab.worker", run_id],
            stdin=subprocess.DEVNULL,
            stdout=stderr,
            stderr=stderr,
            cwd=home,
            env=_environment(home),
            start_new_session=True,
        )


def _environment(home: Path) -> dict[str, str]:
    package_parent = str(Path(__file__).resolve().parents[2])
    paths = filter(None, (package_parent, os.environ.get("PYTHONPATH")))
    return os.environ | {"RESNET_VIZ_HOME": str(home), "PYTHONPATH": os.pathsep.join(paths)}


def _reap(process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait, so that no zombie stays; an empty log is of no use."""
    process.wait()
    with suppress(OSError):
        if not log.stat().st_size:
            log.unlink()


def _fail(store: Store, run_id: str, message: str) -> None:
    with store.writing() as connection:
        query = "UPDATE runs SET status = 'failed', message = ?, ended = ? WHERE id = ?"
        if not connection.execute(query, (message, time.time(), run_id)).rowcount:
            raise StoreError(message)
