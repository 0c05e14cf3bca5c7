"""weights: a file of weights held against a net."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.cli.errors import CommandFailedError, InputError, input_errors
from resnet_viz.cli.output import print_json, print_lines
from resnet_viz.lab.memory import check_room


def check_weights(config: ResNetConfig, file: Path, output: Path | None, *, as_json: bool) -> None:
    """Report which keys of `file` fit the net; with `output`, save them under our names.

    Raises:
        CommandFailedError: where some do not fit; the report has been printed.
    """
    from resnet_viz.nets.network import build_resnet
    from resnet_viz.nets.weight_files import check_ending
    from resnet_viz.nets.weights import load_weights, save_weights

    if output is not None:
        with input_errors():
            check_ending(output)
    with input_errors():
        check_room(config, copies=2)  # the net's and the file's
    network = build_resnet(config)
    with input_errors():
        report = load_weights(network, file, partial=True)
    if as_json:
        print_json({"fits": report.fits} | asdict(report))
    else:
        print_lines((str(report),))
    if not report.fits:
        raise CommandFailedError(f"{str(file)!r} does not fit this net as it is")
    if output is not None:
        try:
            with input_errors():
                save_weights(network, output)
        except OSError as error:
            raise CommandFailedError(f"cannot write {str(output)!r}: {error.strerror}") from error


def download(name: str, folder: Path) -> Path:
    """The file of torchvision's published weights of the net of that name."""
    from resnet_viz.nets.download import download_torchvision

    with input_errors():
        return download_torchvision(name, folder)


def one_source(file: Path | None, folder: Path | None) -> None:
    """Refuse a call that names neither a file nor a folder to download to, or both."""
    if (file is None) == (folder is None):
        raise InputError("give either a FILE of weights or --download FOLDER")
