"""A data set fetched, or looked through image by image."""

from __future__ import annotations

from resnet_viz.data.dataset import Split
from resnet_viz.data.registry import dataset_info
from resnet_viz.scheduler.jobs.kind import JobRequest, Kind, Report

KIND = Kind("data", "The look at the data")
_PARTS: tuple[Split, ...] = ("train", "test")


class Request(JobRequest):
    """Which data set, and whether it is to be downloaded where it is not there."""

    name: str
    download: bool = False


def work(request: Request, report: Report) -> object:
    """How many classes and images were found, the files that cannot be read, and what else is
    left out.
    """
    dataset = dataset_info(request.name)
    if request.download and not dataset.place:
        report(0.0, f"Downloading {dataset.title}")
        dataset.download()
    dataset.check_there()
    report(0.0, "Reading the images")
    parts = {split: dataset.open(split) for split in _PARTS}
    counts = {split: len(part.labels) for split, part in parts.items()}
    bad = [file for part in parts.values() for file in part.unreadable]
    remarks = list(dict.fromkeys(remark for part in parts.values() for remark in part.remarks))
    found: dict[str, object] = {"classes": dataset.count_classes()}
    found |= {"unreadable": bad, "remarks": remarks}
    return found | counts
