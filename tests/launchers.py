"""The launchers that tests have begun, those that have not taken their lock yet included; and an
end for whatever tests have begun, also where their own process is killed.

`python -m tests.launchers NUMBER MARK` waits until the process with that number has ended, and
then kills all that have the mark in their environment, which processes inherit.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

MARK = "RESNET_VIZ_TESTS"
_ROOT = Path(__file__).parents[1]
_LOOK_SECONDS = 0.2
_QUIET_LOOKS = 5
"""After so many at which nothing was left: a process that is just being made is not seen yet."""


def launchers_in(folder: Path) -> list[psutil.Process]:
    """The launchers, and the workers forked from them, of stores in `folder` or below."""
    return _those(lambda process: _is_launcher(process, folder))


def end_launchers(folder: Path) -> None:
    """Kill them, and wait until they are gone: a killed process may take a while to go."""
    while processes := launchers_in(folder):
        _kill(processes)


def end_all_with_this_process() -> None:
    """Have all that this process begins from now on killed once it has ended, however it does."""
    os.environ[MARK] = uuid.uuid4().hex
    subprocess.Popen(
        [sys.executable, "-m", "tests.launchers", str(os.getpid()), os.environ[MARK]],
        cwd=_ROOT,
        env={name: value for name, value in os.environ.items() if name != MARK},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # what is sent to the tests' group is not for it
    )


def marked(mark: str) -> list[psutil.Process]:
    """The processes that were begun with `mark` in their environment."""
    return _those(lambda process: process.environ().get(MARK) == mark)


def _end_after(number: int, mark: str) -> None:
    with suppress(psutil.NoSuchProcess):
        tests = psutil.Process(number)
        while tests.is_running() and tests.status() != psutil.STATUS_ZOMBIE:
            time.sleep(_LOOK_SECONDS)
    quiet = 0
    while quiet < _QUIET_LOOKS:
        processes = marked(mark)
        _kill(processes)
        quiet = 0 if processes else quiet + 1
        time.sleep(_LOOK_SECONDS)


def _those(are: Callable[[psutil.Process], bool]) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):  # it has ended, or is another user's
            if are(process):
                found.append(process)
    return found


def _is_launcher(process: psutil.Process, folder: Path) -> bool:
    is_one = {"resnet_viz.workers.launcher", "resnet_viz.workers.spawned_worker"} & set(
        process.cmdline()
    )
    return bool(is_one) and Path(process.environ().get("RESNET_VIZ_HOME", "")).is_relative_to(
        folder
    )


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=30)


if __name__ == "__main__":
    _end_after(int(sys.argv[1]), sys.argv[2])
