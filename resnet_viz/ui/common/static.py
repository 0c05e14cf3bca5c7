"""The charts' scripts, put where Streamlit serves them: no CDN, and no copy in the repository."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from hashlib import blake2b
from pathlib import Path

import plotly

PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
LIVE_CHART, CHART_FILES = (
    Path(__file__).with_name(name) for name in ("live_chart.js", "chart_files.js")
)
SERVED = (PLOTLY, LIVE_CHART, CHART_FILES)


def provide_scripts(folder: Path) -> bool:
    """Puts plotly's script and the chart's into `folder` unless they are there already; True if
    they are there now.

    Safe with several servers at once: a file appears whole or not at all. A folder that
    cannot be written is no error; the charts then fall back on Streamlit's own.
    """
    for file in SERVED:
        if not is_current(folder / file.name) or not _is_same(file, folder / file.name):
            with contextlib.suppress(OSError):
                folder.mkdir(exist_ok=True)
                _copy(file, folder / file.name)
    return all(is_current(folder / file.name) for file in SERVED)


def is_current(target: Path) -> bool:
    """Whether `target` is the script of its name that is installed, judged by its size."""
    (file,) = [file for file in SERVED if file.name == target.name]
    with contextlib.suppress(OSError):
        return target.stat().st_size == file.stat().st_size
    return False


def _is_same(file: Path, target: Path) -> bool:
    """Judged by what is in it, where that is quick: plotly's script has five megabytes."""
    return file == PLOTLY or file.read_bytes() == target.read_bytes()


def version_of(*files: Path) -> str:
    """A word that changes with what is in `files`."""
    whole = b"".join(file.read_bytes() for file in files)
    return blake2b(whole, digest_size=6).hexdigest()


def _copy(file: Path, target: Path) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".script-")
    os.close(handle)
    try:
        shutil.copyfile(file, name)
        Path(name).chmod(0o644)
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)
