"""A lesson's student notebook: its program as the reader has mended it, and others beside it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import inf, nan
from typing import Any

import numpy as np

from resnet_viz.experiments.student_notebook.program import (
    FAULTS,
    SILENT,
    STOPPING,
    Fault,
    lines_of,
)
from resnet_viz.lab.lab import Lab
from resnet_viz.lessons.facts import UNDECIDED, Facts, Seen, in_words, most
from resnet_viz.lessons.notebook_slot import PROGRAMS, YOURS, NotebookSlot, Program
from resnet_viz.scheduler.jobs.jobs import Job

KIND = "student_notebook"
_LARGE_MAPS = ("only_stride", "made_to_run")
"""These keep large maps to the end, and take about as long as all others together."""
_LAST = 10
"""Of so many steps the loss at the end is the mean."""
_FACTORS = {"smallest_gradient": 1000.0, "slowest": 2.0}
"""By so much a gradient or a time differs from all others where it is told apart from them."""


@dataclass(frozen=True)
class Outcome:
    """What a program did: `stopped_by` an error at `line` ("" and 0 for none), `shapes` are those
    that leave its stages; gradient norms by layer before the first step, None where none arrives;
    losses by step."""

    stopped_by: str
    line: int
    shapes: Mapping[str, Sequence[int]]
    parameters: int
    gradients: Sequence[float | None]
    losses: Sequence[float]
    seconds: float

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Outcome:
        """That of a job's result."""
        error = found["error"]
        return cls(
            f"{error['type']}: {error['message']}" if error else "",
            error["line"] if error else 0,
            found["shapes"],
            found["parameters"],
            found["gradients"],
            found["losses"],
            found["seconds"] or nan,
        )

    @property
    def loss(self) -> float:
        """The loss at the end."""
        return float(np.mean(self.losses[-_LAST:])) if self.losses else nan

    @property
    def ratio(self) -> float:
        """The gradient norm of the first layer over the last one's; 0 where none arrives there."""
        if not self.gradients:
            return nan
        if not self.gradients[0]:
            return 0.0
        if not self.gradients[-1]:
            return nan
        return self.gradients[0] / self.gradients[-1]

    @property
    def size(self) -> str:
        """The size of the maps of conv5; "" if it was not reached."""
        shape = self.shapes.get("conv5")
        return "\N{MULTIPLICATION SIGN}".join(map(str, shape[1:])) if shape else ""


@dataclass(frozen=True)
class Found:
    """What is known of the programs that are done: `mended` are the faults that were mended in the
    reader's when it was run."""

    mended: tuple[Fault, ...]
    outcomes: Mapping[str, Outcome]


def begin(lab: Lab, slot: NotebookSlot, asker: str, mended: Collection[Fault]) -> str:
    """Run the program as it is mended, and all others; the ids of the jobs."""
    yours = tuple(fault for fault in FAULTS if fault in mended)
    asked = [{"programs": part, "steps": slot.steps} for part in ([yours], *_others())]
    return ",".join(lab.submit(KIND, request, asker=asker) for request in asked)


def _others() -> Sequence[Sequence[Program]]:
    """The other programs, as two jobs that take about as long."""
    every = dict.fromkeys(PROGRAMS.values())
    slow = [PROGRAMS[name] for name in _LARGE_MAPS]
    return [program for program in every if program not in slow], slow


def _jobs(lab: Lab, slot: NotebookSlot, ids: str) -> Sequence[Job]:
    """The jobs of the reader's program and of all others.

    Raises:
        ValueError: for ids that are not theirs.
    """
    jobs = [lab.job(job_id) for job_id in ids.split(",")]
    counts = [1, *map(len, _others())]
    if [len(job.request.get("programs", ())) for job in jobs] != counts or any(
        job.request["steps"] != slot.steps for job in jobs
    ):
        raise ValueError("the link's measurement is not this lesson's")
    return jobs


def found(lab: Lab, slot: NotebookSlot, ids: str) -> Found:
    """What is known by now.

    Raises:
        ValueError: for ids that are not those of `begin`.
    """
    jobs = _jobs(lab, slot, ids)
    done = {
        _key(program): Outcome.of(result)
        for job in jobs
        for program, result in zip(job.request["programs"], job.result or (), strict=False)
    }
    (own,) = jobs[0].request["programs"]
    keys = {name: _key(program) for name, program in PROGRAMS.items()} | {YOURS: _key(own)}
    outcomes = {name: done[key] for name, key in keys.items() if key in done}
    return Found(tuple(fault for fault in FAULTS if fault in own), outcomes)


def _key(program: Sequence[str]) -> str:
    return program if isinstance(program, str) else ",".join(program)


def look(lab: Lab, slot: NotebookSlot, ids: str) -> Seen:
    """The programs as they stand.

    Raises:
        ValueError: for ids that are not those of `begin`.
    """
    jobs = _jobs(lab, slot, ids)
    is_over = all(job.is_over for job in jobs)
    problems = [job.message for job in jobs if job.is_over and job.status != "done"]
    if problems:
        return Seen(0.0, is_over, problem=problems[0])
    outcomes = found(lab, slot, ids).outcomes
    share = len(outcomes) / (len(PROGRAMS) + 1)
    return Seen(share, is_over, facts(slot, outcomes) if is_over else None)


def facts(slot: NotebookSlot, outcomes: Mapping[str, Outcome]) -> Facts:
    """The facts of programs that are all done."""
    numbers = {"steps": str(slot.steps)}
    for name, one in outcomes.items():
        numbers |= {
            f"error_{name}": one.stopped_by,
            f"line_{name}": str(one.line or ""),
            f"loss_{name}": in_words(one.loss),
            f"ratio_{name}": in_words(one.ratio, 2),
            f"size_{name}": one.size,
            f"parameters_{name}": f"{one.parameters:,}",
            f"seconds_{name}": in_words(one.seconds, 2),
        }
    alone = {fault: outcomes[f"only_{fault}"] for fault in SILENT}
    at = outcomes["written"].line
    return Facts(
        {
            "first_error": next((one for one in STOPPING if at in lines_of(one)), UNDECIDED),
            "smallest_gradient": _apart(
                {fault: 1 / one.ratio if one.ratio else inf for fault, one in alone.items()},
                "smallest_gradient",
            ),
            "highest_loss": most({fault: _span(one) for fault, one in alone.items()}),
            "slowest": _apart({fault: one.seconds for fault, one in alone.items()}, "slowest"),
            YOURS: "stops" if outcomes[YOURS].stopped_by else "runs",
        },
        numbers,
    )


def _apart(values: Mapping[str, float], what: str) -> str:
    """The name whose value is above all others' by that factor."""
    half = _FACTORS[what] ** 0.5
    return most({name: (value / half, value * half) for name, value in values.items()})


def _span(one: Outcome) -> tuple[float, float]:
    """The mean loss at the end, with twice its standard error on either side."""
    last = np.array(one.losses[-_LAST:])
    wide = 2 * float(last.std(ddof=1)) / len(last) ** 0.5
    return one.loss - wide, one.loss + wide
