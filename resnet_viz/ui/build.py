"""Build a net in a process of its own and read what was measured; no torch, no Streamlit.

The process is the command `python -m resnet_viz build`: whatever happens to it, running out of
memory included, the app goes on.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from resnet_viz.arch.config import ResNetConfig

_PACKAGE_FOLDER = Path(__file__).parents[2]


def build_in_process(
    config: ResNetConfig, device: str, batch_size: int, tick: Callable[[], None]
) -> dict[str, object]:
    """The report of the `build` command; `tick` is called a few times a second meanwhile.

    Whatever `tick` raises ends the process, so that a reload of the page leaves none behind.

    Raises:
        RuntimeError: one sentence that says why the build failed.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "config.json"
        path.write_text(config.model_dump_json(), encoding="utf-8")
        options = ["--device", device, "--batch-size", str(batch_size), "--json"]
        command = [sys.executable, "-m", "resnet_viz", "build", str(path), *options]
        return _report(*_run(command, tick))


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


def _report(status: int, out: str, err: str) -> dict[str, object]:
    if status < 0:
        raise RuntimeError(
            f"The build process was ended by signal {-status}, most likely because memory ran "
            "out; choose a smaller batch, net or image."
        )
    if status:
        lines = err.strip().splitlines() or ["it gave no reason"]
        raise RuntimeError(lines[-1].removeprefix("error: "))
    report: dict[str, object] = json.loads(out)
    return report
