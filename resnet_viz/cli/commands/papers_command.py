"""The command papers; it imports what it works with only when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from resnet_viz.cli.options import JsonOption


def papers(
    figure: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FIGURE]...", help="Such as he2015-fig6; all of them if none is given."
        ),
    ] = None,
    *,
    measure: Annotated[
        bool,
        typer.Option("--measure", help="Train and measure what is missing, which takes minutes."),
    ] = False,
    markdown: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write all figures and tables as a Markdown page, too."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Hold figures and tables of the papers against what was measured in this folder."""
    from resnet_viz.cli.commands import papers as command
    from resnet_viz.cli.output import check_output

    if markdown is not None:
        check_output(markdown)
    command.show(figure or (), markdown, measures=measure, as_json=as_json)
