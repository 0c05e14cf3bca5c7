"""Lock holder: the process that keeps others from writing to a store, as the system reports it.

SQLite's locks are POSIX record locks, and the system names the process that has one. A process
that opens and closes a file loses all locks that it has on it itself, so another one asks.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil

from resnet_viz.text import shorten

_SECONDS = 10
# struct flock, and the bytes that SQLite locks to write: wal.c (WAL_WRITE_LOCK), os.h (RESERVED).
_ASK = """
import fcntl, struct, sys
for name, place in ((sys.argv[1] + "-shm", 120), (sys.argv[1], 0x40000001)):
    try:
        with open(name, "rb") as file:
            if sys.platform == "darwin":
                form, asked = "qqihh", (place, 1, 0, fcntl.F_RDLCK, 0)
            else:
                form, asked = "hhqqi4x", (fcntl.F_RDLCK, 0, place, 1, 0)
            lock = struct.unpack(form, fcntl.fcntl(file, fcntl.F_GETLK, struct.pack(form, *asked)))
            mac = sys.platform == "darwin"
            kind, pid = (lock[3], lock[2]) if mac else (lock[0], lock[4])
            if kind != fcntl.F_UNLCK and pid > 0:
                print(pid)
                break
    except OSError:
        pass
"""


def holder(file: Path) -> str:
    """The process that holds the store `file`, and what it does, in words; "" if unknown."""
    if sys.platform == "win32":
        return ""
    command = [sys.executable, "-I", "-S", "-c", _ASK, str(file)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True)
        process = psutil.Process(int(done.stdout))
        words = shorten(" ".join(process.cmdline()[1:]) or process.name(), 100)
        is_stopped = process.status() == psutil.STATUS_STOPPED
    except (OSError, subprocess.SubprocessError, ValueError, psutil.Error):
        return ""
    end = ", which is suspended: let it go on, or end it" if is_stopped else ""
    return f"process {process.pid} ({words}){end}"
