"""What nets are before their first step: measurements of new ones, on one batch of images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.measurements import measurement
from resnet_viz.scheduler.jobs.kind import JobRequest, Kind, Report

KIND = Kind(
    "initialisation",
    "The look at new nets",
    is_shared=True,
    imports=("resnet_viz.training.at_initialisation", "resnet_viz.nets.passes"),
)
MOST_NETS = 40


class Request(JobRequest):
    """Which nets (as they are: with channels and size of the images), and what of them.

    `images`: the digits, resized to each net's size, or Gaussian ones of that size.
    """

    configs: Annotated[tuple[ResNetConfig, ...], Field(min_length=1, max_length=MOST_NETS)]
    measurements: tuple[str, ...] = ("gradients",)
    images: Literal["digits", "gaussian"] = "digits"
    batch_size: Annotated[int, Field(ge=2, le=1024)] = 64
    points: Annotated[int, Field(ge=3, le=256)] = 64
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0

    @model_validator(mode="after")
    def _known(self) -> Request:
        for name in self.measurements:
            measurement(name)
        return self


def work(request: Request, report: Report) -> object:
    """For each net: measurement -> array -> numbers, nested lists; NaN where one has no meaning."""
    from resnet_viz.training.at_initialisation import batch_of, look_at

    found: list[dict[str, Mapping[str, Any]]] = []
    for index, config in enumerate(request.configs):
        if len(request.configs) > 1:
            report(index / len(request.configs), f"Net {index + 1} of {len(request.configs)}")
        batch = batch_of(config, request.images, request.batch_size, request.seed)
        found.append({})
        names, seed = request.measurements, request.seed
        for name, arrays in look_at(config, *batch, names, seed=seed, points=request.points):
            found[-1][name] = arrays
            if name != names[-1]:
                report.found(found)
    return found
