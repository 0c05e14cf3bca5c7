"""A net built on a device, run forward and backward, and timed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from pydantic import Field

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.scheduler.jobs.kind import JobRequest, Kind, Report

KIND = Kind("build", "The build", threads=None, imports=("resnet_viz.training.build_benchmark",))


class Request(JobRequest):
    """Which net, where, and how many images at once."""

    config: ResNetConfig
    device: str = "auto"
    batch_size: Annotated[int, Field(ge=1)] = 8


def work(request: Request, report: Report) -> object:
    """The fields of a `BuildReport`."""
    from resnet_viz.training.build_benchmark import measure_build

    return asdict(measure_build(request.config, request.device, request.batch_size))
