"""build and runs: one net measured on a device, and the list of training runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from resnet_viz.cli.errors import input_errors
from resnet_viz.cli.inputs import Net
from resnet_viz.cli.output import print_json, print_lines, print_note, print_table
from resnet_viz.lab.runs import Lab, Run

if TYPE_CHECKING:
    from resnet_viz.lab.build import BuildReport


def show_build(net: Net, *, device: str, batch_size: int, as_json: bool) -> None:
    """What building the net and one forward and backward pass took, measured."""
    from resnet_viz.lab.build import measure_build

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


def show_runs(*, as_json: bool) -> None:
    """Past and present runs, as the store has them."""
    lab = Lab()
    if lab.notice:
        print_note(lab.notice)
    runs = lab.list()
    if as_json:
        return print_json([_run_record(run) for run in runs])
    return _print_runs(runs)


def _run_record(run: Run) -> dict[str, object]:
    fields = {name: getattr(run, name) for name in run.__dataclass_fields__ if name != "spec"}
    return fields | {"steps": run.spec.steps, "spec": run.spec.model_dump(mode="json")}


def _print_runs(runs: Sequence[Run]) -> None:
    if not runs:
        return print_lines(("no runs yet",))
    headings = ("run", "net", "status", "step", "started", "message")
    rows = (
        (
            run.id,
            run.name,
            run.status,
            f"{run.steps_done}/{run.spec.steps}",
            _clock(run.started),
            run.message,
        )
        for run in runs
    )
    return print_table(headings, rows)


def _clock(seconds: float | None) -> str:
    """Local time of `seconds` since the epoch."""
    if seconds is None:
        return ""
    return datetime.fromtimestamp(seconds).astimezone().strftime("%m-%d %H:%M")
