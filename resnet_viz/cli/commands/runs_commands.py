"""The commands of `runs`; each imports what it works with only when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from resnet_viz.cli.options import JsonOption, output_option

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Of a run or a race.")]
runs_app = typer.Typer(
    help="List past and present runs; stop, name, note, delete, export, import and report them."
)


@runs_app.callback(invoke_without_command=True)
def runs(context: typer.Context, *, as_json: JsonOption = False) -> None:
    """List past and present runs; stop, delete, export, import and report them."""
    if context.invoked_subcommand is None:
        from resnet_viz.cli.commands import runs as listing

        listing.show_runs(as_json=as_json)
    elif as_json:
        raise typer.BadParameter("--json is for the list alone")


@runs_app.command()
def show(id: IdArgument, as_json: JsonOption = False) -> None:
    """Say what happened in a run or a race, computed from its records."""
    from resnet_viz.cli.commands import runs as listing

    listing.show(id, as_json=as_json)


@runs_app.command()
def stop(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Of runs or races.")],
) -> None:
    """Stop runs or races that are waiting, running or paused; what they measured stays."""
    from resnet_viz.cli.commands import runs as listing

    with listing.open_lab() as lab:
        for one in ids:
            lab.stop(one)


@runs_app.command()
def delete(id: IdArgument) -> None:
    """Delete a run, or a race with all its runs; it must be over."""
    from resnet_viz.cli.commands import runs as listing

    with listing.open_lab() as lab:
        lab.delete(id)


@runs_app.command()
def rename(
    id: IdArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="1 to 200 characters.")],
) -> None:
    """Give a run, or a race, another name."""
    from resnet_viz.cli.commands import runs as listing

    with listing.open_lab() as lab:
        lab.rename(id, name)


@runs_app.command()
def note(
    id: IdArgument,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="Empty text deletes the note.")],
) -> None:
    """Keep a note with a run or a race; it replaces an earlier one."""
    from resnet_viz.cli.commands import runs as listing

    with listing.open_lab() as lab:
        lab.note(id, text)


@runs_app.command()
def export(
    id: IdArgument,
    output: Annotated[
        Path | None,
        output_option(".csv or .parquet: a table. Any other: the complete race, for import."),
    ] = None,
    quantity: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="In a table only these; see the command quantities."),
    ] = None,
    tensorboard: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write TensorBoard's files, too.")
    ] = None,
) -> None:
    """Write the measurements of a race, or of a single run, to a file."""
    from resnet_viz.cli.commands import runs as listing

    listing.export(id, output, quantity or (), tensorboard)


@runs_app.command()
def report(
    id: IdArgument,
    output: Annotated[Path, output_option(metavar="FILE.html")],
) -> None:
    """Write a report of a race: one HTML file that replays it without a server, and prints."""
    from resnet_viz.cli.commands import runs as listing

    listing.report(id, output)


@runs_app.command()
def film(
    id: IdArgument,
    output: Annotated[Path, output_option(metavar="FILE.(mp4|webp|gif|html)")],
    *,
    size: Annotated[str, typer.Option(help="960x540, 1280x720 or 1920x1080.")] = "1280x720",
    theme: Annotated[str, typer.Option(help="light or dark.")] = "light",
    speed: Annotated[
        float, typer.Option(help="0.5, 1, 2 or 4; at 1 the race takes 12 seconds.")
    ] = 1.0,
    quantity: Annotated[str, typer.Option(metavar="NAME", help="Default: grad_norm.")] = "",
) -> None:
    """Write the stage of a race as a film, or as one small HTML page that plays it."""
    from resnet_viz.cli.commands import film as filming
    from resnet_viz.cli.errors import input_errors
    from resnet_viz.stage.film.film import Film

    with input_errors():
        wanted = Film(size, theme, speed)
    filming.write(id, output, wanted, quantity)


@runs_app.command()
def recover() -> None:
    """Bring back the runs that can still be read from a damaged store."""
    from resnet_viz.cli.commands import runs as listing

    listing.recover()


@runs_app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What runs export wrote.")],
) -> None:
    """Import a race from a file, and print its id here; nobody can steer it."""
    from resnet_viz.cli.commands import runs as listing
    from resnet_viz.cli.output import print_lines

    with listing.open_lab() as lab:
        race_id = lab.import_(file)
    print_lines((race_id,))
