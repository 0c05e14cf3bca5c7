"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

ConfigArgument = Annotated[
    str, typer.Argument(metavar="CONFIG", help="A preset's name or the path of a JSON file.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
EngineOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="What trains the nets: local, ray, or ray://HOST:PORT. Default: as "
        "RESNET_VIZ_ENGINE says, else local.",
    ),
]


def output_option(help_text: str | None = None, *, metavar: str = "FILE") -> Any:
    """The option -o FILE; what cannot be written is refused before anything is computed."""
    return typer.Option("--output", "-o", metavar=metavar, help=help_text, callback=_writable)


def _writable(output: Path | None) -> Path | None:
    from resnet_viz.cli.output import check_output

    if output is not None:
        check_output(output)
    return output
