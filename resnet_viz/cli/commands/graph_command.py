"""graph: a net's shortcut graph, or a figure for print, in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from resnet_viz.cli.options import ConfigArgument, output_option


def graph(
    config: ConfigArgument,
    *,
    output: Annotated[
        Path,
        output_option(
            "Ends in .dot, .svg or .html; with --style poster or block in .svg, .pdf, .png or .tex."
        ),
    ],
    style: Annotated[
        Literal["graph", "poster", "block"],
        typer.Option(
            help="The shortcut graph, or figures for print: a poster shows the net beside its "
            "plain twin, one box per layer; block shows one block with its equations."
        ),
    ] = "graph",
    expand: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="graph: show the inside of a block, such as stages.0.1."),
    ] = None,
    close: Annotated[
        list[int] | None,
        typer.Option(metavar="STAGE", help="graph: draw a stage as one box, such as 2."),
    ] = None,
    block: Annotated[
        str | None,
        typer.Option(metavar="ID", help="block: which one, such as stages.1.0."),
    ] = None,
    vary: Annotated[
        Literal["block", "shortcut_transform", "activation_order"] | None,
        typer.Option(help="block: each value of this field beside each other."),
    ] = None,
    operations: Annotated[
        bool, typer.Option("--operations", help="block: give norms and activations boxes, too.")
    ] = False,
    twin: Annotated[
        bool, typer.Option("--twin/--no-twin", help="poster: draw the twin beside the net.")
    ] = True,
    fold: Annotated[
        bool | None,
        typer.Option(
            "--fold/--no-fold",
            help="Draw more than three alike blocks in a row as one. A poster of more than 70 "
            "layers does so unless told otherwise.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write a net's shortcut graph, or a figure for print, to FILE.

    CONFIG may also name any net of torchvision or timm, such as torchvision:resnet50 or
    timm:vit_tiny_patch16_224, for the graph.
    """
    from resnet_viz.cli import inputs
    from resnet_viz.cli.commands import architecture, poster
    from resnet_viz.cli.errors import InputError

    _check_options(
        style,
        {
            "graph": {"--expand": expand, "--close": close},
            "poster": {"--no-twin": not twin},
            "block": {"--block": block, "--vary": vary, "--operations": operations},
        },
    )
    if inputs.is_of_library(config):
        if style != "graph":
            raise InputError(f"--style {style} draws configurations only, not {config}")
        has_options = bool(expand or close) or fold is not None
        architecture.write_found_graph(config, output, has_options=has_options)
        return
    net = inputs.read_net(config)
    if style == "poster":
        poster.write_poster(net, output, has_twin=twin, fold=fold)
    elif style == "block":
        poster.write_block(net, output, block, vary, operations=operations)
    else:
        architecture.write_graph(net.config, output, expand or (), close or (), fold=bool(fold))


def _check_options(style: str, options: dict[str, dict[str, object]]) -> None:
    """Refuse options that belong to another style."""
    from resnet_viz.cli.errors import InputError

    for other, own in options.items():
        for name, value in own.items():
            if value and other != style:
                raise InputError(f"{name} needs --style {other}, not {style}")
