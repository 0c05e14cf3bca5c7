"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


def writable(output: Path | None) -> Path | None:
    """-o FILE itself; a file that cannot be written is refused before anything is computed."""
    from resnet_viz.cli.output import check_output

    if output is not None:
        check_output(output)
    return output
