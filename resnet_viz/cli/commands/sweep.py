"""sweep: a grid of nets trained, followed from the terminal; it goes on where it was."""

from __future__ import annotations

import re
import time
from collections.abc import Container, Mapping, Sequence
from dataclasses import asdict
from math import inf
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from resnet_viz.cli.commands.race import POLL_SECONDS, terminal_progress
from resnet_viz.cli.errors import CommandFailedError, InputError, input_errors
from resnet_viz.cli.inputs import read_json, read_net
from resnet_viz.cli.output import print_json, print_lines, print_note, print_table
from resnet_viz.cluster.engine import chosen_engine
from resnet_viz.experiments.ready_sweeps import ready_sweeps
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.sweep_spec import MOST_CELLS, SweepSpec, flat
from resnet_viz.findings.sweeps.records import SweepRecords
from resnet_viz.findings.sweeps.sweep_words import everything
from resnet_viz.lab.lab import Lab
from resnet_viz.lab.sweep_files import WRITERS
from resnet_viz.lab.sweeps import Sweep, frame
from resnet_viz.scheduler.sweeps.expectation import Expected
from resnet_viz.text import byte_size, count, duration, printable, shorten, unknown_name

_RANGE = re.compile(r"(\d{1,10})-(\d{1,10})")
_CONFIG = "resnet20-cifar"
_MOST_REFUSED = 5
T = TypeVar("T")
_OVER = ("finished", "stopped", "failed", "interrupted", "refused")


class Given(NamedTuple):
    """What the user typed."""

    file: str | None
    axes: Sequence[str]
    config: str | None
    settings: Sequence[str]
    seeds: str | None
    zipped: bool
    ready: str | None
    name: str


def read(given: Given) -> SweepSpec:
    """The sweep that is meant.

    Raises:
        InputError: for none, more than one, and what is no sweep.
    """
    ways = (given.file, given.ready, *given.axes[:1])
    if sum(way is not None for way in ways) != 1:
        raise InputError("give one of these: FILE, --ready NAME, or --axis NAME=VALUES")
    if given.ready is not None:
        known = ready_sweeps()
        if given.ready not in known:
            raise InputError(unknown_name("ready sweep", given.ready, tuple(known)))
        return _changed(known[given.ready].spec, given)
    if given.file is not None:
        data = read_json(given.file)
        with input_errors(f"{given.file}: "):
            spec = SweepSpec.model_validate(data)
        return _changed(spec, given)
    with input_errors():
        axes = _distinct("--axis", [_axis(text) for text in given.axes])
        base = {"config": read_net(given.config or _CONFIG).config, **_settings(given, axes)}
        return SweepSpec(
            name=given.name,
            base=RunSpec.model_validate(base),
            axes=axes,
            how="zip" if given.zipped else "product",
            seeds=_seeds(given.seeds or "0"),
        )


def _changed(spec: SweepSpec, given: Given) -> SweepSpec:
    """A sweep that has its nets and axes, with the settings, seeds and name that were typed."""
    if given.config is not None or given.zipped:
        option = "--zip" if given.config is None else "--config"
        raise InputError(f"{option} goes with --axis; leave it out with FILE and --ready")
    with input_errors():
        base = {name: getattr(spec.base, name) for name in RunSpec.model_fields}
        return SweepSpec(
            name=given.name or spec.name,
            base=RunSpec.model_validate({**base, **_settings(given, spec.axes)}),
            axes=spec.axes,
            how=spec.how,
            seeds=spec.seeds if given.seeds is None else _seeds(given.seeds),
        )


def _settings(given: Given, axes: Container[str]) -> dict[str, Any]:
    """The settings that were typed; each must count in all runs."""
    settings = _distinct("--set", [_assigned("--set", text) for text in given.settings])
    for name in settings:
        if name in axes:
            raise InputError(f"{name} is an axis; leave out --set {name}")
        if name in ("seed", "name", "config"):
            option = "--seeds" if name == "seed" else f"--{name}"
            raise InputError(f"--set {name} is not allowed; use {option}")
    return {name: _value(text) for name, text in settings.items()}


def _distinct(option: str, pairs: Sequence[tuple[str, T]]) -> dict[str, T]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise InputError(f"{option} has a name twice; give each once")
    return found


def _assigned(option: str, text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise InputError(f"{option} = {shorten(text)} is not allowed; allowed: NAME=VALUE")
    return name.strip().replace("-", "_"), value.strip()


def _axis(text: str) -> tuple[str, tuple[Any, ...]]:
    name, values = _assigned("--axis", text)
    parts = [part.strip() for part in values.split(",")]
    whole = name not in ("depths", "widths") and len(parts) == 1
    if whole and (between := _between(parts[0])):
        return name, between
    if name == "net":
        return name, tuple(p if p in _presets() else read_net(p).config for p in parts)
    return name, tuple(map(_value, parts))


def _presets() -> Mapping[str, object]:
    from resnet_viz.arch.presets import PRESETS

    return PRESETS


def _between(text: str) -> tuple[int, ...] | None:
    """The whole numbers of a range such as "0-4"; None for another text."""
    if not (found := _RANGE.fullmatch(text)):
        return None
    first, last = map(int, found.groups())
    if last < first:
        raise InputError(f"{text} is not a range; allowed: the smaller number first, as in 0-4")
    if last - first >= MOST_CELLS:
        raise InputError(f"{text} has too many numbers; allowed: at most {MOST_CELLS:,}")
    return tuple(range(first, last + 1))


def _value(text: str) -> Any:
    """A value as JSON would have it; "3-3-3" is three numbers, and any other text a word."""
    if re.fullmatch(r"\d+(-\d+)+", text):
        return tuple(map(int, text.split("-")))
    if text.lower() in (words := {"true": True, "false": False, "null": None, "none": "none"}):
        return words[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _seeds(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() or _RANGE.fullmatch(part) for part in parts):
        raise InputError(f"--seeds = {shorten(text)} is not allowed; allowed: such as 0-4 or 0,2,7")
    return tuple(seed for part in parts for seed in (_between(part) or (int(part),)))


def say_expected(spec: SweepSpec, *, as_json: bool) -> Expected:
    """What the sweep takes, and which cells are refused and why, before anything starts."""
    with input_errors():
        expected = Lab().expected_sweep(spec)
    if as_json:
        refused = [{"number": cell.number, "why": cell.why} for cell in expected.refused]
        print_json({**asdict(expected), "refused": refused})
        return expected
    left = expected.cells - expected.done - len(expected.refused)
    basis = "from runs on this computer" if expected.is_measured else "a rough guess"
    print_note(
        f"{count(expected.cells, 'cell')}, {expected.done} already trained; the other {left} take "
        f"about {duration(expected.seconds)} ({basis}) and {byte_size(expected.bytes)}"
    )
    for cell in expected.refused[:_MOST_REFUSED]:
        values = ", ".join(f"{axis} {flat(axis, value)}" for axis, value in cell.values.items())
        print_note(f"refused: {values}: {cell.why}")
    if (more := len(expected.refused) - _MOST_REFUSED) > 0:
        print_note(f"{count(more, 'more cell')} refused")
    return expected


def dry_run(spec: SweepSpec, *, as_json: bool) -> None:
    """Say what the sweep takes, and start nothing.

    Raises:
        InputError: for a sweep of which nothing can be trained.
    """
    expected = say_expected(spec, as_json=as_json)
    if len(expected.refused) == expected.cells:
        raise InputError(f"no cell can be trained: {expected.refused[0].why}")


def run(
    spec: SweepSpec,
    csv: Path | None,
    parquet: Path | None,
    *,
    engine: str | None = None,
    as_json: bool,
) -> None:
    """Train the sweep and follow it to its end. Ctrl-C pauses it; the same command resumes it.

    Raises:
        InputError: for a sweep of which nothing can be trained.
        CommandFailedError: where cells failed, or somebody stopped the sweep.
    """
    if not as_json:
        say_expected(spec, as_json=False)
    with input_errors():
        lab = Lab(engine=chosen_engine(engine))
        sweep_id = lab.sweep(spec)
    try:
        sweep = _follow(lab, sweep_id)
    except KeyboardInterrupt:
        lab.pause(sweep_id)
        print_note("paused; the same command continues it")
        raise
    table = frame(sweep)
    for file, ending in ((csv, ".csv"), (parquet, ".parquet")):
        if file is not None:
            WRITERS[ending](table, file)
    if as_json:
        print_json({"id": sweep.id, "status": sweep.status, "cells": _rows(sweep)})
    else:
        shown = [name for name in table.columns if name not in _NOT_SHOWN]
        values = table[shown].astype(object).where(table[shown].notna(), "")
        print_table(shown, values.to_numpy().tolist())
        histories, _ = SweepRecords(lab).of(sweep.cells, seconds=inf)
        print_lines(("", *map(printable, everything(sweep, histories))))
    if unfinished := [cell for cell in sweep.cells if cell.status in ("failed", "interrupted")]:
        said = f"{len(unfinished)} of {count(len(sweep.cells), 'cell')} did not finish"
        raise CommandFailedError(f"{said}: {unfinished[0].message}")
    if sweep.status != "finished":
        raise CommandFailedError(f"the sweep was {sweep.status}; the same command continues it")


_NOT_SHOWN = {"run_id", "train_loss_se", "train_images", "eval_loss_se", "eval_images"}


def _rows(sweep: Sweep) -> Sequence[Mapping[str, object]]:
    return [
        {
            **{axis: flat(axis, value) for axis, value in cell.values.items()},
            **{"run": cell.run_id, "status": cell.status, "steps_done": cell.steps_done},
            **{"message": cell.message, "seconds": cell.seconds, **cell.end},
        }
        for cell in sweep.cells
    ]


def _follow(lab: Lab, sweep_id: str) -> Sweep:
    with terminal_progress() as progress:
        sweep = lab.get_sweep(sweep_id)
        task = progress.add_task("cells", total=len(sweep.cells), state="")
        while True:
            over = sum(cell.status in _OVER for cell in sweep.cells)
            left = sweep.seconds_left
            state = f"about {duration(left)} left" if left else sweep.status
            progress.update(task, completed=over, state=state)
            if sweep.status in ("finished", "stopped"):
                return sweep
            time.sleep(POLL_SECONDS)
            sweep = lab.get_sweep(sweep_id)


def show_sweeps(*, as_json: bool) -> None:
    """List the sweeps in the folder, the newest first."""
    sweeps = Lab().sweeps()
    if as_json:
        print_json(
            [
                {"id": one.id, "name": one.name, "status": one.status, **{"cells": one.counts}}
                for one in sweeps
            ]
        )
        return
    rows = [(one.id, one.name, one.status, one.over, one.runs) for one in sweeps]
    print_table(("id", "name", "status", "over", "runs"), rows)
