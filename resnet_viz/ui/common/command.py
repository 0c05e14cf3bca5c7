"""The command line run from a page, in a process of its own; no torch, no Streamlit.

Whatever happens to that process, running out of memory included, the app goes on: it is ended
when it takes too long, and gives way to the server wherever both want the processor.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from resnet_viz.arch.config import ResNetConfig

LONGEST_SECONDS = 600.0
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
    try:
        status, out, err = _run([sys.executable, "-m", "resnet_viz", *arguments], tick)
    except TimeoutError:
        raise RuntimeError(
            f"The {arguments[0]} process was ended after {LONGEST_SECONDS / 60:.0f} minutes, the "
            "most that a page may take; choose a smaller batch, net or image, or use the command "
            "line."
        ) from None
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
    """Exit status, standard output and standard error; TimeoutError if it took too long."""
    began = time.monotonic()
    with subprocess.Popen(
        command,
        cwd=_PACKAGE_FOLDER,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            _give_way(process.pid)
            while time.monotonic() - began < LONGEST_SECONDS:
                try:
                    out, err = process.communicate(timeout=0.2)
                    return process.returncode, out, err
                except subprocess.TimeoutExpired:
                    tick()
            raise TimeoutError
        finally:
            process.kill()


def _give_way(pid: int) -> None:
    """A lower priority: alone on the machine it is as fast, but pages go before it."""
    with suppress(psutil.Error):  # it may have ended already
        psutil.Process(pid).nice(psutil.BELOW_NORMAL_PRIORITY_CLASS if psutil.WINDOWS else 10)
