"""race: several nets trained at the same time, followed from the terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from resnet_viz.cli.errors import CommandFailedError, InputError, input_errors
from resnet_viz.cli.output import finite, print_json, print_lines, print_note, print_table
from resnet_viz.cluster.engine import chosen_engine
from resnet_viz.data.dataset import check_enough, remark_sentences
from resnet_viz.data.registry import dataset_info
from resnet_viz.experiments.devices import expected_device
from resnet_viz.experiments.race_spec import RaceSpec
from resnet_viz.experiments.run_spec import DEFAULT_BATCH, RunSpec
from resnet_viz.experiments.starting_point import Entry
from resnet_viz.lab.lab import Lab
from resnet_viz.quantities import quantity
from resnet_viz.quantities.records import History, StepRecord
from resnet_viz.scheduler.device_query import free_bytes
from resnet_viz.scheduler.engine import Engine
from resnet_viz.scheduler.memory_fit import check_fit
from resnet_viz.store.run import Run
from resnet_viz.text import distinct, printable

POLL_SECONDS = 0.2
RESULT_NOTE = "first layer, last layer: its gradient norm; a -> b: at the first and the last step"


@dataclass
class _Contestant:
    """One net on its way: its run as last seen, and the records read so far."""

    run: Run
    name: str
    task: TaskID
    records: list[StepRecord] = field(default_factory=list)


def run(
    nets: Sequence[Entry],
    names: Sequence[str],
    given: Mapping[str, object],
    seeds: Sequence[int] | None = None,
    *,
    engine: str | None = None,
    as_json: bool,
) -> None:
    """Race the nets to the end; whatever ends this early also stops their training.

    Args:
        nets: the contestants.
        names: what to call them, one for each; or none.
        given: values of `RunSpec`'s fields that they share; None where the user gave none.
        seeds: train each net from each of these; None: from the one that is given.
        engine: what trains the nets, by its name; None: as RESNET_VIZ_ENGINE says.
        as_json: a JSON line for each record, instead of a table at the end.

    Raises:
        InputError: for settings that no run can have, and nets that do not fit into memory.
        CommandFailedError: where a net did not get to its last step.
    """
    with input_errors():
        trained_by = chosen_engine(engine)
    specs = _specs(nets, names, given, seeds, trained_by)
    if not trained_by.host:
        _check_memory(specs)
    lab = Lab(engine=trained_by)
    try:
        with input_errors():
            race_id = lab.race(specs)
    finally:
        if lab.notice:
            print_note(lab.notice)
    try:
        contestants = _follow(lab, race_id, as_json=as_json)
    finally:
        if not all(run.is_over for run in lab.race_runs(race_id)):
            lab.stop(race_id)
    if not as_json:
        _print_results(contestants)
        _tell(contestants)
    if unfinished := [one.run for one in contestants if one.run.status != "finished"]:
        raise CommandFailedError("; ".join(map(_why, unfinished)))


def _specs(
    nets: Sequence[Entry],
    names: Sequence[str],
    given: Mapping[str, object],
    seeds: Sequence[int] | None,
    engine: Engine,
) -> Sequence[RunSpec]:
    if seeds is not None and given["seed"] is not None:
        raise InputError("--seed and --seeds cannot both be given; allowed: one of them")
    if names and len(names) != len(nets):
        raise InputError(f"--name is given {len(names)} times; allowed: once for each CONFIG")
    shared = {field: value for field, value in given.items() if value is not None}
    called = distinct(names or [net.name for net in nets])
    with input_errors():
        contestants = [
            RunSpec.model_validate(
                {"config": net.config, "name": name} | shared | dict(net.training)
            )
            for net, name in zip(nets, called, strict=True)
        ]
        seeds = [contestants[0].seed] if seeds is None else seeds
        race = {"contestants": contestants, "seeds": seeds}
        specs = RaceSpec.model_validate(race).runs()
        engine.check(specs)
        if engine.host:  # its machines have the images
            return specs
        _look_through_folder(specs[0], is_batch_given="batch_size" in shared)
        return specs


def _look_through_folder(spec: RunSpec, *, is_batch_given: bool) -> None:
    """Notes of what is left out of a folder; a ValueError where the rest is too little."""
    info = dataset_info(spec.dataset)
    if info.train is not None:
        return
    part = info.open("train", spec.adapted.image_size)
    for sentence in remark_sentences(spec.dataset, (part,)):
        print_note(sentence)
    check_enough(spec.dataset, len(part.labels), spec.subset, spec.batch_size)
    if spec.batch_size != DEFAULT_BATCH and not is_batch_given:
        print_note(
            f"batch size {spec.batch_size}, because there are {len(part.labels)} images to train "
            "on; --batch-size sets another"
        )


def _check_memory(specs: Sequence[RunSpec]) -> None:
    """Refuses a device that is not there, and what would run out of memory where that is known."""
    with input_errors():
        available = free_bytes(specs[0].device)
    if available is None:
        return
    device = expected_device(specs[0].device)
    fit = check_fit(specs, available, device)
    if not fit.fits:
        offer = "; add --activation-checkpointing" if fit.fits_checkpointed else ""
        raise InputError(f"training on {device} {fit.sentence.removesuffix('.')}{offer}")


def _follow(lab: Lab, race_id: str, *, as_json: bool) -> list[_Contestant]:
    with terminal_progress() as progress:
        runs = lab.race_runs(race_id)
        has_seeds = len({run.seed for run in runs}) > 1
        contestants = [_enter(progress, run, has_seeds=has_seeds) for run in runs]
        while True:
            # Status first: a run that is over by now has all its records in the store.
            for contestant in contestants:
                contestant.run = lab.get(contestant.run.id)
            for contestant in contestants:
                fresh = _fresh(lab, contestant)
                if as_json:
                    _print_records(contestant.run, fresh)
                contestant.records.extend(fresh)
                _advance(progress, contestant)
            if all(contestant.run.is_over for contestant in contestants):
                return contestants
            time.sleep(POLL_SECONDS)


def _fresh(lab: Lab, contestant: _Contestant) -> Sequence[StepRecord]:
    """The records since the last look; the last of all once it has what is measured at the end."""
    run = contestant.run
    until = run.steps if run.is_over else run.steps - 1
    since = len(contestant.records)
    return lab.records(run.id, since, until) if since < until else ()


def terminal_progress() -> Progress:
    """Bars on standard error, a task each, with how many are done and a word on its state."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[state]}", markup=False),
    )
    # Redirected standard output would end up on standard error, with the progress.
    return Progress(*columns, console=Console(stderr=True), redirect_stdout=False)


def _enter(progress: Progress, run: Run, *, has_seeds: bool) -> _Contestant:
    name = f"{run.name}, seed {run.seed}" if has_seeds else run.name
    task = progress.add_task(printable(name), total=run.steps, state="")
    return _Contestant(run, name, task)


def _advance(progress: Progress, contestant: _Contestant) -> None:
    run, records = contestant.run, contestant.records
    is_ending = run.status == "running" and run.steps_done == run.steps
    pace = "measuring the end" if is_ending else _pace(records)
    state = run.status if run.status != "running" else pace
    detail = f"{state}: {run.message}" if run.message and not run.is_over else state
    progress.update(contestant.task, completed=len(records), state=detail)


def _pace(records: Sequence[StepRecord]) -> str:
    if not records:
        return "starting"
    last = records[-1]
    return f"loss {last.loss:.3f}, {len(records) / max(last.seconds, 1e-9):.1f} steps/s"


def _print_records(run: Run, records: Iterable[StepRecord]) -> None:
    """One JSON line a record, with each quantity that was taken; what is not finite is null, and
    a code is in words.

    A net's first line has "layer_names", too, and "quantities": along what each is.
    """
    for record in records:
        names: dict[str, object] = {}
        if record.step == 0:
            held = {name: asdict(along) for name, along in run.quantities.items()}
            names = {"layer_names": run.layer_names, "quantities": held}
        line = {
            "net": run.name,
            "seed": run.seed,
            "step": record.step,
            "loss": finite(record.loss),
            "accuracy": finite(record.accuracy),
            "seconds": record.seconds,
            **names,
        } | {
            name: [_readable(name, value) for value in values.tolist()]
            for name, values in record.values.items()
        }
        print_json(line, indent=None)
    sys.stdout.flush()


def _readable(name: str, value: float) -> float | str | None:
    words = quantity(name).words
    return words[int(value)] if words and 0 <= value < len(words) else finite(value)


def _print_results(contestants: Sequence[_Contestant]) -> None:
    headings = ("net", "loss", "accuracy", "first layer", "last layer", "s")
    ran = [contestant for contestant in contestants if contestant.records]
    if ran:
        print_table(headings, (tuple(_result(contestant)) for contestant in ran))
        print_lines((RESULT_NOTE,))


def _tell(contestants: Sequence[_Contestant]) -> None:
    """What happened, beside the results."""
    from resnet_viz.cli.race_output import what_happened  # plotly

    runs = [contestant.run for contestant in contestants]
    histories = {one.run.id: History(one.records) for one in contestants}
    for sentence in what_happened(runs, histories):
        print_note(sentence)


def _result(contestant: _Contestant) -> Iterator[object]:
    first, last = contestant.records[0], contestant.records[-1]
    yield contestant.name
    yield f"{first.loss:.3f} -> {last.loss:.3f}"
    yield f"{first.accuracy:.0%} -> {last.accuracy:.0%}"
    yield f"{first.grad_norm[0]:.2g} -> {last.grad_norm[0]:.2g}"
    yield f"{first.grad_norm[-1]:.2g} -> {last.grad_norm[-1]:.2g}"
    yield last.seconds


def _why(run: Run) -> str:
    why = f": {run.message}" if run.message else ""
    return f"{run.name} {run.status} at step {run.steps_done} of {run.steps}{why}"
