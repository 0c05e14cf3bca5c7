"""Forked worker: a process forked from the launcher, which has imported torch; on Linux alone."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from pathlib import Path
from typing import NoReturn

from resnet_viz.workers import job_worker, lifeline
from resnet_viz.workers.tasks import Task, be_worker, task_of

assert sys.platform == "linux"

_MOST_BYTES = 1024
_THREADS, _NAME = Path("/proc/self/task"), Path("/proc/self/comm")


def threads() -> int:
    """How many this process has: with more than one it must not fork."""
    return sum(1 for _ in _THREADS.iterdir())


class ForkedWorker:
    """A process forked from this one, which has imported torch and run nothing on it.

    Where it has no task yet it does run something: a net's first passes in a process take half as
    long again as later ones. It then waits at a pipe, and goes where the other end does, with this
    process.
    """

    def __init__(self, home: Path, task: Task | None = None) -> None:
        if threads() > 1:
            raise OSError("the launcher has more than one thread, and must not fork")
        reader, self._writer = os.pipe()
        if task:
            self.assign(task)
        launcher = os.getpid()
        try:
            self._pid = os.fork()
            if not self._pid:
                _be_forked(home, reader, launcher, is_spare=task is None)
        except OSError:
            os.close(self._writer)
            raise
        finally:
            os.close(reader)

    def assign(self, task: Task) -> None:
        """Give it its task; OSError if it has ended."""
        os.write(self._writer, task.message)

    def has_ended(self) -> bool:
        """Whether it has; it is reaped then, unless whoever killed it has done so."""
        try:
            has_ended = os.waitpid(self._pid, os.WNOHANG)[0] != 0
        except ChildProcessError:
            has_ended = True
        if has_ended and self._writer >= 0:
            os.close(self._writer)
            self._writer = -1
        return has_ended


def _be_forked(home: Path, reader: int, launcher: int, *, is_spare: bool) -> NoReturn:
    """Be a forked process, and do nothing of what the launcher would have done; of the files that
    were open only `reader` stays so."""
    status = 1
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.closerange(3, reader)
        os.closerange(reader + 1, 256)
        _NAME.write_bytes(b"resnet_viz idle")
        lifeline.tie_to(launcher)
        if is_spare:
            try:
                job_worker.warm()
            except Exception:  # noqa: BLE001  it can work all the same; the next would fail as well
                traceback.print_exc()
        message = os.read(reader, _MOST_BYTES)
        lifeline.untie()
        if message:
            task = task_of(message)
            _NAME.write_bytes(f"resnet_viz {task.kind}".encode())
            status = be_worker(task, home)
    except BaseException:  # noqa: BLE001  as an interpreter does that ends
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)
