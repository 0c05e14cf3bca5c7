"""The launchers that tests have begun, those that have not taken their lock yet included."""

from __future__ import annotations

from pathlib import Path

import psutil


def launchers_in(folder: Path) -> list[psutil.Process]:
    """The launchers, and the workers forked from them, of stores in `folder` or below."""
    return [process for process in psutil.process_iter() if _is_one(process, folder)]


def _is_one(process: psutil.Process, folder: Path) -> bool:
    try:
        is_one = "resnet_viz.lab.launcher" in process.cmdline()
        return is_one and Path(process.environ().get("RESNET_VIZ_HOME", "")).is_relative_to(folder)
    except psutil.Error:
        return False
