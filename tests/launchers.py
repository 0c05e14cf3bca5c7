"""The launchers that tests have begun, those that have not taken their lock yet included."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import psutil


def launchers_in(folder: Path) -> list[psutil.Process]:
    """The launchers, and the workers forked from them, of stores in `folder` or below."""
    return [process for process in psutil.process_iter() if _is_one(process, folder)]


def end_launchers(folder: Path) -> None:
    """Kill them, and wait until they are gone: a killed process may take a while to go."""
    while processes := launchers_in(folder):
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes, timeout=30)


def _is_one(process: psutil.Process, folder: Path) -> bool:
    try:
        is_one = "resnet_viz.lab.launcher" in process.cmdline()
        return is_one and Path(process.environ().get("RESNET_VIZ_HOME", "")).is_relative_to(folder)
    except psutil.Error:
        return False
