"""A net's modules as torchinfo measures them."""

from __future__ import annotations

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.scheduler.jobs.kind import JobRequest, Kind, Report

KIND = Kind(
    "summary",
    "The summary",
    is_shared=True,
    imports=("torchinfo", "resnet_viz.views.summary"),
)


class Request(JobRequest):
    """Which net."""

    config: ResNetConfig


def work(request: Request, report: Report) -> object:
    """What `Summary.from_json` reads."""
    from resnet_viz.views.summary import measure

    return measure(request.config).to_json()
