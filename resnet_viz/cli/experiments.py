"""build and runs: one net measured on a device, and the list of training runs."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import datetime
from typing import TYPE_CHECKING

from resnet_viz.cli.errors import input_errors
from resnet_viz.cli.inputs import Net
from resnet_viz.cli.output import print_json, print_lines, print_note, print_table
from resnet_viz.lab.quantities import quantities
from resnet_viz.lab.quantities.points import place
from resnet_viz.lab.run import Run, UnreadableRun
from resnet_viz.lab.runs import Lab

if TYPE_CHECKING:
    from resnet_viz.lab.build import BuildReport


UNREADABLE = "unreadable"


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


def show_quantities(*, as_json: bool) -> None:
    """Every quantity of the registry: along what it is, when it is taken, what it says."""
    with input_errors():
        found = [(about, *place(about)) for about in quantities().values()]
    if as_json:
        texts = ("name", "title", "unit", "scale", "sentence", "source")
        return print_json(
            [
                {text: getattr(about, text) for text in texts} | {"axis": axis, "taken": taken}
                for about, axis, taken in found
            ]
        )
    headings = ("name", "of each", "taken at", "what", "source")
    return print_table(
        headings,
        ((a.name, axis, taken, f"{a.title}: {a.sentence}", a.source) for a, axis, taken in found),
    )


def show_runs(*, as_json: bool) -> None:
    """Past and present runs, as the store has them, the newest first."""
    lab = Lab()
    if lab.notice:
        print_note(lab.notice)
    runs: list[Run | UnreadableRun] = [*lab.list(), *lab.unreadable()]
    runs.sort(key=lambda run: run.created, reverse=True)
    if as_json:
        return print_json([_run_record(run) for run in runs])
    if not runs:
        return print_lines(("no runs yet",))
    headings = ("run", "net", "status", "step", "started", "message")
    return print_table(headings, map(_run_row, runs))


def _run_record(run: Run | UnreadableRun) -> dict[str, object]:
    """All that is known of a run; of one that cannot be read what it would have said is null."""
    if isinstance(run, Run):
        plain = {name: getattr(run, name) for name in _RUN_FIELDS}
        return plain | {"steps": run.steps, "spec": run.spec.model_dump(mode="json")}
    known = asdict(run) | {"status": UNREADABLE, "message": run.reason}
    return {name: known.get(name) for name in (*_RUN_FIELDS, "steps", "spec")}


_TEXTS = ("spec_text", "header_text", "steps")
_RUN_FIELDS = tuple(field.name for field in fields(Run) if field.name not in _TEXTS)


def _run_row(run: Run | UnreadableRun) -> tuple[str, ...]:
    if isinstance(run, UnreadableRun):
        return run.id, run.name, UNREADABLE, "", "", run.reason
    step, started = f"{run.steps_done}/{run.steps}", _clock(run.started)
    return run.id, run.name, run.status, step, started, run.message


def _clock(seconds: float | None) -> str:
    """Local time of `seconds` since the epoch."""
    if seconds is None:
        return ""
    return datetime.fromtimestamp(seconds).astimezone().strftime("%m-%d %H:%M")
