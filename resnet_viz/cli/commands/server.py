"""app: hand over to Streamlit."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import typer

import resnet_viz

PACKAGE = Path(resnet_viz.__file__).resolve().parent


def serve(options: Sequence[str]) -> None:
    """Run `streamlit run app.py` with Streamlit's own `options` in this process's place."""
    if find_spec("streamlit") is None:
        raise ModuleNotFoundError(name="streamlit")
    command = (sys.executable, "-m", "streamlit", "run", str(script()), *options)
    if os.name == "posix":
        os.execv(command[0], command)  # signals then reach Streamlit itself
    else:
        raise typer.Exit(subprocess.run(command, check=False).returncode)


def script() -> Path:
    """The app's script: a clone's own, with its settings, or the one in the package."""
    clone = PACKAGE.parent
    is_clone = (clone / "pyproject.toml").is_file() and (clone / "app.py").is_file()
    return (clone if is_clone else PACKAGE / "app") / "app.py"
