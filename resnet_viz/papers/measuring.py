"""Measuring an exhibit: what is submitted to a lab, by the page, the command and the benchmark."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.lab.sweeps import Cell
from resnet_viz.papers.exhibit import Exhibit, New, Part, Trained
from resnet_viz.papers.reading import Results, judged, left_to_measure, numbers_of
from resnet_viz.papers.statements import Judged, Numbers
from resnet_viz.text import count

POLL_SECONDS = 0.3
Say = Callable[[str], None]


def request_of(part: New, seed: int) -> Mapping[str, Any]:
    """The request of a job of the kind "initialisation" that measures new nets from one seed."""
    return {
        "configs": [config.model_dump() for config in part.nets.values()],
        "measurements": [part.measurement],
        "images": part.images,
        "batch_size": part.batch_size,
        "points": part.points,
        "seed": seed,
    }


def results_of(part: New, found: Sequence[Mapping[str, Any]]) -> Results:
    """What such a job found, by the names of the nets."""
    named = zip(part.nets, found, strict=True)
    return {name: of_net[part.measurement] for name, of_net in named}


def measure(lab: Lab, part: Trained, runs: Sequence[str], *, asker: str = "") -> Sequence[str]:
    """Submit a job per trained run, which measures its last weights; the jobs' ids.

    Raises:
        StoreError, ValueError: as `Lab.submit`.
    """
    return tuple(
        lab.submit(
            "measure",
            {"run_id": run, "step": lab.get(run).steps_done, "measurement": part.measurement},
            asker=asker,
        )
        for run in runs
    )


def is_under_way(lab: Lab, part: Trained) -> bool:
    """Whether jobs that measure trained nets are not over."""
    return bool(part.measurement) and bool(lab.jobs_under_way("measure"))


def complete(lab: Lab, exhibit: Exhibit, say: Say) -> Sequence[Judged]:
    """Train and measure whatever an exhibit lacks, to the end; its statements, judged.

    `say` is told what is done. What is there already is not done again.

    Raises:
        StoreError, ValueError: as `Lab.sweep` and `Lab.submit`.
        RuntimeError: where a job fails.
    """
    rows: list[Judged] = []
    for part in exhibit.parts:
        rows += judged(part, completed(lab, part, say))
    return tuple(rows)


def completed(lab: Lab, part: Part, say: Say) -> Numbers:
    """Train and measure whatever a part lacks, to the end; its numbers.

    Raises:
        StoreError, ValueError, RuntimeError: as `complete`.
    """
    if isinstance(part, Trained):
        cells = trained(lab, part.sweep, say)
        if runs := left_to_measure(lab, part, cells):
            say(f"measuring {count(len(runs), 'trained net')}: {part.measurement}")
            for job in measure(lab, part, runs):
                _wait(lab, job)
    results = _new_nets(lab, part, say) if isinstance(part, New) else ()
    return numbers_of(lab, part, results)


def new_results(lab: Lab, exhibit: Exhibit, say: Say) -> Sequence[Judged]:
    """The statements of an exhibit by what is there; only new nets, which take seconds, are
    measured for it."""
    rows: list[Judged] = []
    for part in exhibit.parts:
        results = _new_nets(lab, part, say) if isinstance(part, New) else ()
        rows += judged(part, numbers_of(lab, part, results))
    return tuple(rows)


def trained(lab: Lab, sweep: SweepSpec, say: Say) -> Sequence[Cell]:
    """The cells of a sweep, trained to their ends.

    Raises:
        StoreError, ValueError: as `Lab.sweep`.
    """
    expected = lab.expected_sweep(sweep)
    left = expected.cells - expected.done - len(expected.refused)
    if left:
        say(f"training {count(left, 'run')}: {sweep.name}")
        sweep_id = lab.sweep(sweep)
        try:
            while lab.get_sweep(sweep_id).status == "running":
                time.sleep(POLL_SECONDS)
        except KeyboardInterrupt:
            lab.pause(sweep_id)
            raise
    return lab.sweep_cells(sweep)


def _new_nets(lab: Lab, part: New, say: Say) -> Sequence[Results]:
    say(f"measuring {count(len(part.nets), 'new net')}, {count(len(part.seeds), 'seed')} each")
    jobs = [lab.submit("initialisation", request_of(part, seed)) for seed in part.seeds]
    return [results_of(part, _wait(lab, job)) for job in jobs]


def _wait(lab: Lab, job_id: str) -> Any:
    """The result of a job once it is over."""
    while not (job := lab.job(job_id)).is_over:
        time.sleep(POLL_SECONDS)
    if job.status != "done":
        raise RuntimeError(job.message or "the job was cancelled")
    return job.result
