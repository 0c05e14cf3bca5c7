"""graph --style poster and block: figures for print, in the manner of the papers."""

from __future__ import annotations

from pathlib import Path

from resnet_viz.arch.relatives import twin
from resnet_viz.cli.errors import InputError, input_errors
from resnet_viz.cli.inputs import Net, shown_path
from resnet_viz.cli.output import write_file
from resnet_viz.views.poster.figures import Varied
from resnet_viz.views.poster.poster import WRITERS, Poster, block_poster, poster


def write_poster(net: Net, output: Path, *, has_twin: bool, fold: bool | None) -> None:
    """The net in a column, beside its twin unless there is to be none; the plain one is left."""
    _check_ending(output)
    config = net.config
    with input_errors():
        nets = [config, twin(config)] if has_twin else [config]
        nets.sort(key=lambda one: one.shortcut != "none")
        _write(poster(*nets, fold=fold), output)


def write_block(
    net: Net, output: Path, block: str | None, vary: Varied | None, *, operations: bool
) -> None:
    """One block of the net, or its variants."""
    _check_ending(output)
    if block and vary:
        raise InputError("--block and --vary cannot be combined: omit one of them")
    with input_errors():
        _write(block_poster(net.config, block, vary=vary, operations=operations or None), output)


def _check_ending(output: Path) -> None:
    if output.suffix.lower() not in WRITERS:
        *first, last = WRITERS
        raise InputError(
            f"-o {shown_path(str(output))}: allowed are files that end in {', '.join(first)} or "
            f"{last} with --style poster and --style block"
        )


def _write(made: Poster, output: Path) -> None:
    write_file(output, made.encoded(output.suffix))
