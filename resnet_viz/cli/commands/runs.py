"""runs: the runs in the store, listed, summarised, taken away and recovered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from resnet_viz.cli.errors import InputError, input_errors
from resnet_viz.cli.output import print_json, print_lines, print_note, print_table
from resnet_viz.lab.lab import Lab
from resnet_viz.lab.race_feed import MOST_STEPS, Look
from resnet_viz.lab.sweeps import SweepSummary
from resnet_viz.lab.unreadable import curve_of, runs_of, sentences_of
from resnet_viz.store.run import COLUMNS, Run, UnreadableRun
from resnet_viz.store.runs_table import local_time
from resnet_viz.text import byte_size, count, number, printable

UNREADABLE = "unreadable"
_LOSSES = 10
"""Of so many steps the loss is told where no more can be."""


@contextmanager
def open_lab() -> Iterator[Lab]:
    """The lab for a command; what it refuses of what the user gave is an input error."""
    lab = Lab()
    if lab.notice:
        print_note(lab.notice)
    with input_errors():
        yield lab


def show_runs(*, as_json: bool) -> None:
    """Past and present runs, as the store has them, the newest first, and what they take."""
    with open_lab() as lab:
        runs, sweeps = lab.everything(), lab.sweeps()
    if as_json:
        return print_json([_run_record(run) for run in sorted(runs, key=_created, reverse=True)])
    if not runs and not sweeps:
        return print_lines(("no runs yet",))
    headings = ("run", "net", "status", "step", "size", "started", "race", "message")
    newest_first = sorted((*runs, *sweeps), key=_created, reverse=True)
    rows = [
        _sweep_row(one) if isinstance(one, SweepSummary) else _run_row(one) for one in newest_first
    ]
    print_table(headings, rows)
    parts = [count(len(runs), "run"), *([count(len(sweeps), "sweep")] if sweeps else ())]
    total = f"{', '.join(parts)}, {byte_size(lab.bytes)}"
    return print_lines((f"{total} in {printable(str(lab.home))}",))


def show(id: str, *, as_json: bool = False) -> None:
    """What happened in a race, or in a run, so far; as JSON, the claims that it is made of."""
    from resnet_viz.cli.race_output import claim_record, claims_of, history_of, what_happened

    with open_lab() as lab:
        known = runs_of(lab, [id])
        bad = [run for run in known if isinstance(run, UnreadableRun)]
        runs = [run for run in known if isinstance(run, Run)] if bad else runs_by(lab, id)
        histories = {run.id: history_of(lab, run) for run in runs}
        if as_json:
            for run in bad:
                print_note(" ".join(sentences_of(run)))
            claims = claims_of(runs, histories) if runs else ()
            return print_json([claim_record(claim) for claim in claims])
        lines = [line for run in bad for line in _known(lab, run)]
        lines += what_happened(runs, histories) if runs else ()
    return print_lines(map(printable, lines or ("Not every net has done a step yet.",)))


def _known(lab: Lab, run: UnreadableRun) -> Iterator[str]:
    """What is known of a run that cannot be read, and its loss at some of its steps."""
    from resnet_viz.findings.contestant import spread

    yield from sentences_of(run)
    history = curve_of(lab, run)
    if len(history):
        rows = spread(len(history), _LOSSES)
        steps, losses = history.steps[rows], history.loss[rows]
        by_step = (
            f"{number(loss)} at step {step:,}" for step, loss in zip(steps, losses, strict=True)
        )
        yield f"Its loss: {', '.join(by_step)}."


def export(
    id: str, output: Path | None, quantities: Sequence[str], tensorboard: Path | None
) -> None:
    """Write a race, or a run: all of it, a table of it, or TensorBoard's files.

    Raises:
        InputError: for options that do not go together, an unknown id or quantity.
    """
    from resnet_viz.lab import export_table, export_tensorboard

    is_table = output is not None and output.suffix.lower() in export_table.WRITERS
    if output is None and tensorboard is None:
        raise InputError("nothing to write; give -o FILE or --tensorboard FOLDER")
    if quantities and not is_table and tensorboard is None:
        raise InputError("--quantity is for -o FILE.csv or FILE.parquet and for --tensorboard")
    with open_lab() as lab:
        if output is not None and not is_table:
            lab.export(id, output)
        nets = export_table.nets_of(lab, id, quantities) if is_table or tensorboard else ()
        if output is not None and is_table:
            export_table.write_table(nets, output)
        if tensorboard is not None:
            export_tensorboard.write_events(nets, tensorboard)


def report(id: str, output: Path) -> None:
    """Write the report of a race, or of a run.

    Raises:
        InputError: for an unknown id, and a file that is no .html.
    """
    from resnet_viz.cli.race_output import history_of
    from resnet_viz.report.report import report_of
    from resnet_viz.store.atomic_file import atomic_write

    if output.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"-o {printable(str(output))}: a report is written to a file .html")
    with open_lab() as lab:
        runs = runs_by(lab, id)
        look = Look(runs, {run.id: history_of(lab, run, MOST_STEPS, None) for run in runs})
        with atomic_write(output) as file:
            file.write_text(report_of(look, lab.measured), encoding="utf-8")


def runs_by(lab: Lab, id: str) -> Sequence[Run]:
    """Those of a race, or the one run; ValueError, saying why, for what cannot be read."""
    is_race = any(run.race_id == id for run in lab.everything())
    return lab.race_runs(id) if is_race else [lab.get(id)]


def recover() -> None:
    """Bring back the runs of damaged stores, and say what was lost."""
    with open_lab() as lab:
        done = lab.recover()
    if not done:
        print_lines((f"no damaged store was set aside in {printable(str(lab.home))}",))
    for one in done:
        runs = count(one.runs, "run")
        print_lines((f"{one.file.name}: {runs} with {one.steps:,} steps brought back",))
        print_lines(f"  lost: {printable(part)}" for part in one.lost)


def _run_record(run: Run | UnreadableRun) -> dict[str, object]:
    """All that is known of a run; of one that cannot be read what it would have said is null."""
    if isinstance(run, Run):
        plain = {name: getattr(run, name) for name in _RUN_FIELDS}
        spec = None if run.is_watched else run.spec.model_dump(mode="json")
        return plain | {"steps": run.steps, "spec": spec}
    known = asdict(run) | {"status": UNREADABLE, "message": run.reason}
    if not run.status:
        known |= {"steps": None, "steps_done": None}
    return {name: known.get(name) for name in (*_RUN_FIELDS, "steps", "spec")}


_RUN_FIELDS = tuple(name for name in COLUMNS if name != "steps")


def _run_row(run: Run | UnreadableRun) -> tuple[str, ...]:
    size, race = byte_size(run.bytes), run.race_id or ""
    if isinstance(run, UnreadableRun):
        return run.id, run.name, UNREADABLE, "", size, "", race, run.reason
    step, started = f"{run.steps_done}/{run.steps or '?'}", _clock(run.started)
    return run.id, run.name, run.status, step, size, started, race, run.message


def _sweep_row(sweep: SweepSummary) -> tuple[str, ...]:
    """A sweep as one row: its runs are in no list."""
    size = f"{sweep.over:,}/{count(sweep.runs, 'run')}"
    return sweep.id, f"sweep: {sweep.name}", sweep.status, size, "", _clock(sweep.created), "", ""


def _created(one: Run | UnreadableRun | SweepSummary) -> float:
    return one.created


def _clock(seconds: float | None) -> str:
    """Local time of `seconds` since the epoch; "?" for what no calendar has."""
    if seconds is None:
        return ""
    when = local_time(seconds)
    return when.strftime("%m-%d %H:%M") if when else "?"
