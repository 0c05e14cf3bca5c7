"""The study notebook's program, run with some of its faults mended, and the paper's net beside."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from resnet_viz.experiments.student_notebook.program import Fault
from resnet_viz.scheduler.jobs.kind import JobRequest, Kind, Report

KIND = Kind(
    "student_notebook",
    "The program",
    limit_seconds=300.0,
    is_shared=True,
    imports=("resnet_viz.training.student_notebook.trial",),
)
Program = tuple[Fault, ...] | Literal["paper"]
"""The faults that are mended, or the paper's net."""


class Request(JobRequest):
    """Which programs, each trained for so many steps."""

    programs: Annotated[tuple[Program, ...], Field(min_length=1, max_length=20)]
    steps: Annotated[int, Field(ge=1, le=100)] = 30


def work(request: Request, report: Report) -> object:
    """For each program what `try_program` says of it, as far as they are done."""
    from resnet_viz.training.student_notebook.trial import try_paper, try_program

    done: list[object] = []
    for program in request.programs:
        report(len(done) / len(request.programs))
        if program == "paper":
            done.append(try_paper(request.steps))
        else:
            done.append(try_program(program, request.steps))
        report.found(done)
    return done
