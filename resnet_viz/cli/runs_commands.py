"""The commands of `runs`; each imports what it works with only when it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from resnet_viz.cli.options import JsonOption

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Of a run or a race.")]

runs_app = typer.Typer(help="List past and present runs, delete them.")


@runs_app.callback(invoke_without_command=True)
def runs(context: typer.Context, *, as_json: JsonOption = False) -> None:
    """List past and present runs, or delete one: `runs delete ID`."""
    if context.invoked_subcommand is None:
        from resnet_viz.cli import runs as listing

        listing.show_runs(as_json=as_json)
    elif as_json:
        raise typer.BadParameter("--json is for the list alone")


@runs_app.command()
def delete(id: IdArgument) -> None:  # noqa: A002
    """Delete a run, or a race with all its runs, that is over."""
    from resnet_viz.cli import runs as listing

    listing.delete(id)
