"""export: a net for other tools."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.cli.errors import InputError, input_errors
from resnet_viz.cli.output import print_text, write_file
from resnet_viz.scheduler.memory_fit import check_room

Format = Literal["torch", "onnx", "json", "markdown", "latex", "csv"]


def export(
    config: ResNetConfig, export_format: Format, output: Path | None, weights: Path | None
) -> None:
    """Write a net in a format to a file, or to standard output where `output` is None.

    `weights` is a file for ONNX, which without one has the weights of a new net with seed 0.
    """
    if export_format == "onnx":
        if output is None:
            raise InputError("--format onnx needs -o FILE: what it writes is not text")
        return _write_onnx(config, output, weights)
    if weights is not None:
        raise InputError(f"--weights needs --format onnx: {export_format} holds no weights")
    text = _text(config, export_format)
    if output is None:
        print_text(text)
    else:
        write_file(output, text.encode())
    return None


def _text(config: ResNetConfig, export_format: Format) -> str:
    from resnet_viz.views import table
    from resnet_viz.views.source.source import to_source

    makers: dict[str, Callable[[], str]] = {
        "torch": lambda: to_source(config),
        "json": lambda: config.model_dump_json(indent=2) + "\n",
        "markdown": lambda: table.to_markdown(table.table1(plan(config))),
        "latex": lambda: table.to_latex(table.table1(plan(config))),
        "csv": lambda: table.to_csv(table.table1(plan(config))),
    }
    return makers[export_format]()


def _write_onnx(config: ResNetConfig, output: Path, weights: Path | None) -> None:
    from resnet_viz.nets.network import build_resnet
    from resnet_viz.nets.onnx import check_size, to_onnx
    from resnet_viz.nets.weights import load_weights

    with input_errors():
        check_size(config)
        check_room(config, copies=4)  # the net, the exporter's own, the message and its bytes
    network = build_resnet(config, seed=0)
    with input_errors():
        if weights is not None:
            load_weights(network, weights)
        data = to_onnx(network)
    write_file(output, data)
