"""The command line run from a page, in a process of its own; no torch, no Streamlit.

Whatever happens to that process, running out of memory included, the app goes on.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from resnet_viz.arch.config import ResNetConfig

_PACKAGE_FOLDER = Path(__file__).parents[3]


@contextmanager
def config_file(config: ResNetConfig) -> Iterator[Path]:
    """The config as a JSON file in a folder of its own; the folder goes afterwards."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "config.json"
        path.write_text(config.model_dump_json(), encoding="utf-8")
        yield path


def run_command(
    arguments: Sequence[str], tick: Callable[[], None], *, reports_failure: bool = False
) -> str:
    """What `python -m resnet_viz` with `arguments` prints; `tick` is called meanwhile.

    Whatever `tick` raises ends the process, so that a reload of the page leaves none behind.
    `reports_failure`: a command that fails and prints a report has done its work.

    Raises:
        RuntimeError: one sentence that says why the command failed.
    """
    status, out, err = _run([sys.executable, "-m", "resnet_viz", *arguments], tick)
    if status < 0:
        raise RuntimeError(
            f"The {arguments[0]} process was ended by signal {-status}, most likely because memory "
            "ran out; choose a smaller batch, net or image."
        )
    if status and not (reports_failure and status == 1 and out.strip()):
        lines = err.strip().splitlines() or ["it gave no reason"]
        raise RuntimeError(lines[-1].removeprefix("error: "))
    return out


def _run(command: list[str], tick: Callable[[], None]) -> tuple[int, str, str]:
    process = subprocess.Popen(
        command,
        cwd=_PACKAGE_FOLDER,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        while True:
            try:
                out, err = process.communicate(timeout=0.2)
                return process.returncode, out, err
            except subprocess.TimeoutExpired:
                tick()
    finally:
        process.kill()
