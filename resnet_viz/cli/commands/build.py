"""build and quantities: one net measured on a device, and what is measured in training."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from resnet_viz.cli.errors import input_errors
from resnet_viz.cli.inputs import Net
from resnet_viz.cli.output import print_json, print_lines, print_table
from resnet_viz.quantities import quantities
from resnet_viz.quantities.points import place

if TYPE_CHECKING:
    from resnet_viz.training.build_benchmark import BuildReport


def show_build(net: Net, *, device: str, batch_size: int, as_json: bool) -> None:
    """What building the net and one forward and backward pass took, measured."""
    from resnet_viz.training.build_benchmark import measure_build

    with input_errors():
        report = measure_build(net.config, device=device, batch_size=batch_size)
    if as_json:
        return print_json({"name": net.name, **asdict(report)})
    return print_lines(_report_lines(net.name, report))


def _report_lines(name: str, report: BuildReport) -> tuple[str, ...]:
    shape = " x ".join(str(size) for size in report.output_shape)
    return (
        f"{name} on {report.device}",
        f"output         {shape}",
        f"parameters     {report.params:,}",
        f"build          {report.build_seconds:.2f} s",
        f"forward        {report.forward_ms:.1f} ms (batch of {report.batch_size})",
        f"backward       {report.backward_ms:.1f} ms",
        f"images         {report.images_per_second:,.1f} a second, forward and backward",
        f"peak memory    {report.peak_memory_bytes / 1e6:,.1f} MB",
    )


def show_quantities(*, as_json: bool) -> None:
    """Every quantity of the registry: along what it is, when it is taken, what it says."""
    with input_errors():
        placed = [(about, *place(about)) for about in quantities().values()]
    if as_json:
        texts = ("name", "title", "unit", "scale", "sentence", "source")
        return print_json(
            [
                {text: getattr(about, text) for text in texts} | {"axis": axis, "taken": taken}
                for about, axis, taken in placed
            ]
        )
    return print_table(
        ("name", "of each", "taken at", "what", "source"),
        ((a.name, axis, taken, f"{a.title}: {a.sentence}", a.source) for a, axis, taken in placed),
    )
