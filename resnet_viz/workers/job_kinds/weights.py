"""A file of weights, handed in or torchvision's, held against a net."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Self

from pydantic import model_validator

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.scheduler.jobs.kind import JobRequest, Kind, Report
from resnet_viz.scheduler.memory_fit import check_room
from resnet_viz.store.database import default_home

KIND = Kind("weights", "The check of the weights", imports=("resnet_viz.nets.weights",))
_COPIES = 2  # the net's and the file's


class Request(JobRequest):
    """Which net, and either a `file` in the job's folder or torchvision's `published` weights."""

    config: ResNetConfig
    file: str = ""
    published: str = ""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.file) == bool(self.published):
            raise ValueError("either file or published names the weights")
        if self.file in (".", "..") or {"/", "\\"} & set(self.file):
            raise ValueError(f"file = {self.file!r} is not a name in the job's folder")
        return self


def work(request: Request, report: Report) -> object:
    """The fields of a `WeightReport`, whether all keys fit, and of which other net they are."""
    from resnet_viz.nets.network import build_resnet
    from resnet_viz.nets.weights import load_weights

    if request.published:
        from resnet_viz.nets.stored_weights.download import download_torchvision

        report(0.0, f"Fetching torchvision's {request.published}")
        file = download_torchvision(request.published, default_home() / "weights")
    else:
        file = report.folder / request.file
    check_room(request.config, copies=_COPIES)
    weight_report = load_weights(build_resnet(request.config), file, partial=True)
    other = None if weight_report.fits else _net_of(file)
    return {"fits": weight_report.fits, "net": other} | asdict(weight_report)


def _net_of(file: Path) -> str | None:
    """The configuration of the net that the file is of, as JSON; None where it cannot be said."""
    try:
        return ResNetConfig.from_checkpoint(file).model_dump_json()
    except ValueError:
        return None
