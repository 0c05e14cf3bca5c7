"""A run's weights at a step, measured; the result is kept with the run."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from resnet_viz.measurements import measurement
from resnet_viz.scheduler.jobs.kind import JobRequest, Kind, Report
from resnet_viz.store.database import Store, default_home

KIND = Kind(
    "measure",
    "The measurement",
    limit_seconds=3600.0,
    is_shared=True,
    imports=("resnet_viz.workers.measure_run",),
)


class Request(JobRequest):
    """Which run, as which step begins, which measurement, and those of its settings that differ."""

    run_id: str
    step: Annotated[int, Field(ge=0)]
    measurement: str
    settings: dict[str, int | float | str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _known(self) -> Self:
        measurement(self.measurement).checked(self.settings)
        return self


def work(request: Request, report: Report) -> object:
    """The seconds it took; `Lab.measured` has what was found."""
    from resnet_viz.workers.measure_run import measure_run

    result = measure_run(
        Store(default_home()),
        request.run_id,
        request.step,
        request.measurement,
        settings=request.settings,
        report=report,
    )
    return {"seconds": result.seconds}
