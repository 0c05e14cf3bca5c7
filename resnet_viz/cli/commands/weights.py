"""weights and identify: a file of weights held against a net, or against all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import label, preset_name
from resnet_viz.cli.errors import CommandFailedError, InputError, input_errors
from resnet_viz.cli.output import print_json, print_lines
from resnet_viz.scheduler.memory_fit import check_room
from resnet_viz.text import printable

if TYPE_CHECKING:
    from resnet_viz.nets.weights import State, WeightReport


def check_weights(config: ResNetConfig, file: Path, output: Path | None, *, as_json: bool) -> None:
    """Report which keys of `file` fit the net; with `output`, save those under our names.

    Raises:
        InputError: where the file holds no weights.
        CommandFailedError: where some do not fit; the report has been printed.
    """
    from resnet_viz.nets.network import build_resnet
    from resnet_viz.nets.stored_weights.weight_files import check_ending
    from resnet_viz.nets.weights import fitting_weights

    with input_errors():
        if output is not None:
            check_ending(output)
        check_room(config, copies=2)  # the net's and the file's
    network = build_resnet(config)
    with input_errors():
        state, report = fitting_weights(network, file)
    if as_json:
        print_json({"fits": report.fits} | asdict(report))
    else:
        print_lines(_report_lines(report))
    saved = ""
    if output is not None and state:
        _save(state, config, output)
        saved = (
            f"; the {len(state)} of {len(network.state_dict())} tensors that fit are in {output}"
        )
    if not report.fits:
        raise CommandFailedError(f"{str(file)!r} does not fit this net as it is{saved}")


def identify(file: Path, *, as_json: bool) -> None:
    """Print the net of a file of weights: its name, its cost, and how the file was read.

    Raises:
        InputError: where the file holds no weights, or those of a net that cannot be said.
    """
    from resnet_viz.nets.recognition.recognise import recognise_file

    with input_errors():
        found = recognise_file(file)
    config, network = found.config, plan(found.config)
    if as_json:
        known = {"name": label(config), "preset": preset_name(config), "params": network.params}
        print_json(known | {"config": config.model_dump(), "reading": found.reading})
        return
    print_lines(
        (
            f"{label(config)}: {network.params:,} parameters, {network.depth} layers deep",
            *found.reading,
        )
    )


def _report_lines(report: WeightReport) -> Iterator[str]:
    """The verdict, its causes, how the file was read, and each key that does not fit."""
    yield "every key fits" if report.fits else str(report)
    yield from map(printable, report.reading)
    if not report.fits:
        for kind in ("missing", "unexpected", "mismatched"):
            yield from (printable(f"{kind}: {key}") for key in getattr(report, kind))


def _save(state: State, config: ResNetConfig, output: Path) -> None:
    from resnet_viz.nets.weights import write_weights

    try:
        with input_errors():
            write_weights(state, config, output)
    except OSError as error:
        raise CommandFailedError(f"cannot write {str(output)!r}: {error.strerror}") from error


def download(name: str, folder: Path) -> Path:
    """The file of torchvision's published weights of the net of that name."""
    from resnet_viz.nets.stored_weights.download import download_torchvision

    with input_errors():
        return download_torchvision(name, folder)


def one_source(file: Path | None, folder: Path | None) -> None:
    """Refuse a call that names neither a file nor a folder to download to, or both."""
    if (file is None) == (folder is None):
        raise InputError("give either a FILE of weights or --download FOLDER")
