"""app: hand over to Streamlit."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

import resnet_viz
from resnet_viz.cli.errors import CommandFailedError

APP = Path(resnet_viz.__file__).resolve().parents[1] / "app.py"


def serve(options: Sequence[str]) -> None:
    """Run `streamlit run app.py` with Streamlit's own `options` in this process's place.

    Raises:
        CommandFailedError: where the package was installed without its app.
    """
    if not APP.is_file():
        raise CommandFailedError(f"the app is not at {APP}; run this command in a clone")
    command = (sys.executable, "-m", "streamlit", "run", str(APP), *options)
    if os.name == "posix":
        os.execv(command[0], command)  # signals then reach Streamlit itself
    else:
        raise typer.Exit(subprocess.run(command, check=False).returncode)
