"""The command sweep; it imports what it works with only when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from resnet_viz.cli.options import EngineOption, JsonOption


def sweep(
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="A sweep as JSON, with base and axes.")
    ] = None,
    *,
    axis: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUES",
            help="A field and its values, such as lr=0.1,0.01 or depths=1-1-1,3-3-3, a range of "
            "whole numbers such as steps=40-43, nets by net=resnet20-cifar,plain20-cifar, or "
            "plain=false,true. Repeat for more axes.",
        ),
    ] = None,
    config: Annotated[
        str | None,
        typer.Option(
            metavar="CONFIG",
            help="The net that is varied: a preset or JSON file.",
            show_default="resnet20-cifar",
        ),
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="A setting of all runs, such as steps=80."
        ),
    ] = None,
    seeds: Annotated[
        str | None,
        typer.Option(metavar="N-N", help="Seeds, such as 0-4 or 0,2,7.", show_default="0"),
    ] = None,
    zipped: Annotated[
        bool, typer.Option("--zip", help="Take the axes' values in pairs, not all combinations.")
    ] = False,
    ready: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="A ready sweep: degradation, shortcut-transforms, initialisation or "
            "learning-rate.",
        ),
    ] = None,
    name: Annotated[str, typer.Option(metavar="TEXT", help="What to call the sweep.")] = "",
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write the table as CSV.")
    ] = None,
    parquet: Annotated[
        Path | None, typer.Option("--parquet", metavar="FILE", help="Write the table as Parquet.")
    ] = None,
    listing: Annotated[
        bool, typer.Option("--list", help="List the sweeps in this folder.")
    ] = False,
    dry: Annotated[
        bool, typer.Option("--dry-run", help="Say what it would take, and start nothing.")
    ] = False,
    engine: EngineOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a grid of nets over axes and seeds; the same command again continues where it was."""
    from resnet_viz.cli.commands import sweep as sweeping
    from resnet_viz.cli.errors import InputError
    from resnet_viz.cli.output import check_output

    if listing:
        sweeping.show_sweeps(as_json=as_json)
        return
    for output in filter(None, (csv, parquet)):
        check_output(output)
    if csv and parquet and csv.resolve() == parquet.resolve():
        raise InputError("--csv and --parquet name the same file; give each its own")
    given = sweeping.Given(file, axis or (), config, setting or (), seeds, zipped, ready, name)
    spec = sweeping.read(given)
    if dry:
        sweeping.dry_run(spec, as_json=as_json)
    else:
        sweeping.run(spec, csv, parquet, engine=engine, as_json=as_json)
