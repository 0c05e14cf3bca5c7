"""The charts' scripts, put where Streamlit serves them: no CDN, and no copy in the repository."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType

import plotly

from resnet_viz.figures.style import LEGEND_ROOM

_HERE = Path(__file__).parent
PLOTLY, LIVE_CHART, CHART_FILES = "plotly.min.js", "live_chart.js", "chart_files.js"
_PARTS = (
    *(_HERE / f"{name}.js" for name in ("live_chart", "chart_data", "chart_looks")),
    *(_HERE / f"{name}.js" for name in ("chart_moving", "chart_pointing")),
    LEGEND_ROOM,
)
SERVED: Mapping[str, Sequence[Path]] = MappingProxyType(
    {
        PLOTLY: (Path(plotly.__file__).parent / "package_data" / PLOTLY,),
        LIVE_CHART: _PARTS,
        CHART_FILES: (_HERE / CHART_FILES,),
    }
)
"""The scripts by name, and the files that each is made of, one after the other."""


def provide_scripts(folder: Path) -> bool:
    """Puts plotly's script and the chart's into `folder` unless they are there already; True if
    they are there now.

    Safe with several servers at once: a file appears whole or not at all. A folder that
    cannot be written is no error; the charts then fall back on Streamlit's own.
    """
    for name in SERVED:
        if not is_current(folder / name) or not _is_same(folder / name):
            with contextlib.suppress(OSError):
                folder.mkdir(exist_ok=True)
                _write(folder / name)
    return all(is_current(folder / name) for name in SERVED)


def is_current(target: Path) -> bool:
    """Whether `target` is the script of its name that is installed, judged by its size."""
    with contextlib.suppress(OSError):
        sizes = [file.stat().st_size for file in SERVED[target.name]]
        return target.stat().st_size == sum(sizes)
    return False


def script(name: str) -> bytes:
    """The script of that name."""
    return b"".join(file.read_bytes() for file in SERVED[name])


def version_of(*names: str) -> str:
    """A word that changes with what is in these scripts."""
    return blake2b(b"".join(map(script, names)), digest_size=6).hexdigest()


def _is_same(target: Path) -> bool:
    """Judged by what is in it, where that is quick: plotly's script has five megabytes."""
    return target.name == PLOTLY or script(target.name) == target.read_bytes()


def _write(target: Path) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".script-")
    os.close(handle)
    try:
        Path(name).write_bytes(script(target.name))
        Path(name).chmod(0o644)
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)
