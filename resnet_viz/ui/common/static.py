"""Plotly's script, put where Streamlit serves it: no CDN, and no copy in the repository."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

import plotly

PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


def provide_plotly(folder: Path) -> bool:
    """Puts plotly.min.js into `folder` unless it is there already; True if it is there now.

    Safe with several servers at once: the file appears whole or not at all. A folder that
    cannot be written is no error; the charts then fall back on Streamlit's own.
    """
    target = folder / PLOTLY.name
    if not is_current(target):
        with contextlib.suppress(OSError):
            folder.mkdir(exist_ok=True)
            _copy(target)
    return is_current(target)


def is_current(target: Path) -> bool:
    """Whether `target` is the script of the plotly that is installed (judged by its size)."""
    with contextlib.suppress(OSError):
        return target.stat().st_size == PLOTLY.stat().st_size
    return False


def _copy(target: Path) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".plotly-")
    os.close(handle)
    try:
        shutil.copyfile(PLOTLY, name)
        Path(name).chmod(0o644)
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)
